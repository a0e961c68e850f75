"""The whole life of sessions in any order of events, against a small model of it: nothing is lost.

`make test` plays a few lives, always the same; `make test-full` plays many on both databases, each time others.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from life import Clock, Ids, make_ids
from life_rules import LifeCycle
from locum.kit.db import Database, ReadTx, open_database, sqlite_url


@pytest.fixture
def life_cycle(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> type[LifeCycle]:
    clock = Clock()
    monkeypatch.setattr(ReadTx, "now", property(lambda tx: clock.now))
    first = open_database(database_url)
    with asyncio.Runner() as runner:
        ids = runner.run(make_ids(first, tmp_path))
    first.close()
    copies = tmp_path / "copies"

    def fresh() -> tuple[Database, Ids, Callable[[], None]]:
        if database_url.startswith("postgresql"):
            server = request.getfixturevalue("postgres")
            url = server.create(template=database_url)
            return open_database(url), ids, lambda: server.drop(url)
        copies.mkdir()
        copy = copies / "locum.db"
        shutil.copy(tmp_path / "locum.db", copy)
        return open_database(sqlite_url(copy)), ids, lambda: shutil.rmtree(copies)

    class Here(LifeCycle):
        pass

    Here.fresh, Here.clock = staticmethod(fresh), clock
    return Here


BOUNDED = settings(
    max_examples=12, stateful_step_count=30, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
MANY = settings(
    BOUNDED, max_examples=300, stateful_step_count=60, derandomize=False, print_blob=True, phases=tuple(Phase)
)


def test_a_few_lives(life_cycle: type[LifeCycle]) -> None:
    run_state_machine_as_test(life_cycle, settings=BOUNDED)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_many_lives(life_cycle: type[LifeCycle]) -> None:
    run_state_machine_as_test(life_cycle, settings=MANY)
