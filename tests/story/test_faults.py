"""Every fault at every step boundary of a session: it ends, and leaves the target as it was.

A server that can be told to wait at a boundary runs sessions on real targets, one after the other. While it waits the
fault is done, it goes on, and the fault ends. Then: the session ends, by its user's wish or by itself; the target is
as it was, with the access that others have; its ledger is closed; nobody works on it any more; the audit chain
verifies. What kills Locum itself is in test_crash.py, test_database_crash.py and test_actions_crash.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bench.postgres import PostgresServer

from fault_bench import Bench
from fault_targets import FaultTarget, nothing
from installation import Installation
from sudden_death import small_disk

TARGETS = ("linux", "postgresql", "mariadb")
OF_TARGET = ("refuses", "hangs", "restarts")
OF_LOCUM = ("disk full", "clock forward", "clock back")
STORE = ("store restarts",)
BOUNDARIES = 36
LASTS_S = 3.0
SLICE = {
    ("linux", "restarts", 6),
    ("linux", "hangs", 22),
    ("linux", "clock forward", 10),
    ("linux", "clock back", 20),
}


def cases(*faults: str) -> list[Any]:
    return [
        pytest.param(target, fault, at, id=f"{target}-{fault}-{at}", marks=() if chosen else pytest.mark.full)
        for target in TARGETS
        for fault in faults
        for at in range(1, BOUNDARIES + 1)
        for chosen in [(target, fault, at) in SLICE]
    ]


def go_through(bench: Bench, name: str, fault: str, at: int) -> None:
    target = bench.target(name)
    before = target.state()
    session = bench.held_at(name, at)
    undo = bench.fault(target, fault)
    try:
        (bench.hold / "held").unlink()
        time.sleep(0 if undo is nothing else LASTS_S)
    finally:
        undo()
    try:
        ended = bench.finish(session)
    finally:
        (bench.hold / "clock").unlink(missing_ok=True)
    assert ended["status"] in (3, 4)  # Complete, or Failed where no access could be made
    assert target.settled(before)
    bench.until_closed(session)


def _run(made: Bench) -> Iterator[Bench]:
    made.hold.mkdir()
    initialised = made.installation.init()
    assert initialised.returncode == 0, initialised.stderr
    made.start()
    yield made
    assert made.installation.stop() == 0, made.installation.log()[-5000:]
    verified = made.installation.locum("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.fixture(scope="module")
def on_a_small_disk(
    tmp_path_factory: pytest.TempPathFactory, fault_target: Callable[[str], FaultTarget], trusting_targets: None
) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("faults")
    with small_disk(folder / "disk", "64m") as disk:
        yield from _run(Bench(Installation(disk / "data"), folder / "hold", fault_target))


@pytest.fixture(scope="module")
def on_postgresql(
    tmp_path_factory: pytest.TempPathFactory,
    fault_target: Callable[[str], FaultTarget],
    trusting_targets: None,
    postgres: PostgresServer,
) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("faults")
    installation = Installation(folder / "data", database_url=postgres.create())
    yield from _run(Bench(installation, folder / "hold", fault_target, postgres))


@pytest.mark.parametrize(("target", "fault", "at"), cases(*OF_TARGET, *OF_LOCUM))
def test_it_ends_whatever_happens(on_a_small_disk: Bench, target: str, fault: str, at: int) -> None:
    go_through(on_a_small_disk, target, fault, at)


@pytest.mark.parametrize(("target", "fault", "at"), cases(*STORE))
def test_it_ends_when_its_database_restarts(on_postgresql: Bench, target: str, fault: str, at: int) -> None:
    go_through(on_postgresql, target, fault, at)


@pytest.mark.full
@pytest.mark.parametrize("name", TARGETS)
def test_the_list_of_boundaries_is_whole(on_a_small_disk: Bench, name: str) -> None:
    assert len(on_a_small_disk.target(name).boundaries) == BOUNDARIES
    (on_a_small_disk.hold / "at").write_text("1000")
    assert on_a_small_disk.finish(on_a_small_disk.ask(name))["status"] == 3
    assert int((on_a_small_disk.hold / "at").read_text()) == 1000 - BOUNDARIES
    (on_a_small_disk.hold / "at").unlink()
