"""Rows about many terminals that are open at once, recording on, against `ssh -J` through an OpenSSH jump host."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.measure import Goal, Row, interleave
from bench.ssh import Way, ways
from bench.ssh_rows import PEER, press, typist
from bench.stage import Stage

KEYS_A_SECOND = 2  # of each
SETTLED_S = 3.0  # after which what setting up took is given back


def sessions(stage: Stage) -> list[Row]:
    """What a terminal takes of the middle's memory while nothing passes, and how many in use keep a core busy."""
    ours, theirs = ways(stage)
    many, rounds, seconds = (3, 1, 2) if stage.short else (100, 4, 10)
    with ExitStack() as cleanup:
        open_ours: list[subprocess.Popen[bytes]] = []
        open_theirs: list[subprocess.Popen[bytes]] = []
        memory = interleave(
            1,  # what one more takes lies in what others left: it shows in many together
            lambda: _taken_by(ours, many, open_ours, cleanup),
            lambda: _taken_by(theirs, many, open_theirs, cleanup),
        )
        cores = interleave(
            rounds,
            lambda: _kept_by_a_core(ours, open_ours, seconds),
            lambda: _kept_by_a_core(theirs, open_theirs, seconds),
        )
    return [
        Row(
            "ssh-idle",
            f"memory of an idle terminal, {many} at once",
            PEER,
            "KB",
            *memory,
            goal=Goal("ceiling", 64),
            margin=Goal("ceiling", 20_000),
        ),
        Row(
            "ssh-sessions",
            f"terminals on a core, {many} with {KEYS_A_SECOND} keys a second each",
            PEER,
            "per core",
            *cores,
            goal=Goal("at_least", 1.0),
            margin=Goal("at_least", 0.01),
        ),
    ]


def _taken_by(way: Way, number: int, opened: list[subprocess.Popen[bytes]], cleanup: ExitStack) -> float:
    """KB of the middle's memory for each of so many terminals more."""
    before = _memory_kb(way)
    opened += [cleanup.enter_context(typist(way)) for _ in range(number)]
    time.sleep(SETTLED_S)
    return (_memory_kb(way) - before) / number


def _kept_by_a_core(way: Way, opened: list[subprocess.Popen[bytes]], seconds: int) -> float:
    """How many terminals that are typed in like these one core can carry."""
    before = _processor_s(way)
    started = time.perf_counter()
    for turn in range(seconds * KEYS_A_SECOND):
        for place, terminal in enumerate(opened):
            due = started + (turn + place / len(opened)) / KEYS_A_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            press(terminal)
    return len(opened) * (time.perf_counter() - started) / (_processor_s(way) - before)


def _memory_kb(way: Way) -> float:
    """The share of the middle's processes and all their descendants in the machine's memory."""
    return _sum(way, _share_kb)


def _processor_s(way: Way) -> float:
    """Of the living alone: nothing ends meanwhile."""
    return _sum(way, _own_processor_s)


def _sum(way: Way, of: Callable[[int], float]) -> float:
    found, waiting = set(), list(way.middle)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return sum(of(pid) for pid in found)


def _share_kb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _own_processor_s(pid: int) -> float:
    """From the scheduler's own count, which is finer than the clock's ticks."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
