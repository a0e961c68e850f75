"""One of two nodes on one database dies in the middle of its work on a session: the other ends it within 30 s."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from bench.postgres import PostgresServer

from fault_bench import HOLDING, Bench, left
from fault_targets import FaultTarget
from installation import Installation

MIDDLES = {"giving": 9, "taking": 25}
"""After the second right was given, and before the second is taken away."""


@pytest.mark.parametrize(
    ("target", "middle"),
    [
        pytest.param(target, middle, marks=() if (target, middle) == ("linux", "taking") else pytest.mark.full)
        for target in ("linux", "postgresql", "mariadb")
        for middle in MIDDLES
    ],
)
def test_the_other_node_ends_it(
    tmp_path: Path,
    postgres: PostgresServer,
    fault_target: Callable[[str], FaultTarget],
    trusting_targets: None,
    target: str,
    middle: str,
) -> None:
    url = postgres.create()
    (tmp_path / "one").mkdir()
    (tmp_path / "other" / "data" / "keys").mkdir(parents=True, mode=0o700)
    one, other = (Installation(tmp_path / name / "data", database_url=url) for name in ("one", "other"))
    assert one.init().returncode == 0
    shutil.copy(one.data / "keys" / "root.key", other.data / "keys" / "root.key")
    assert other.init().returncode == 0
    (tmp_path / "hold").mkdir()
    bench = Bench(one, tmp_path / "hold", fault_target)
    bench.start()
    made = bench.target(target)
    before = made.state()
    session = bench.held_at(target, MIDDLES[middle])
    other.start(HOLDING, {"LOCUM_HOLD": str(tmp_path / "other")})
    one.kill()
    died = time.monotonic()
    bench.installation, bench.client = other, None
    assert bench.finish(session)["status"] == 3
    assert time.monotonic() - died < 30
    assert made.settled(before)
    states, jobs = bench.database(left, UUID(session))
    assert (set(states), jobs) == ({"reverted"}, 0)
    assert other.stop() == 0
    verified = other.locum("audit", "verify")
    assert verified.returncode == 0, verified.stderr
