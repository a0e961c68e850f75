"""Rows of the SSH gateway, recording on, against `ssh -J` through an OpenSSH jump host."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from bench.measure import Goal, Row, interleave, percentile
from bench.ssh import Way, into, ways
from bench.stage import Stage
from demo import hosts

PEER = "ssh -J"
BULK = "/srv/bulk"
ECHO = "stty -icanon -echo && echo go && exec cat"
KEYS = 100
AT_ONCE = 4  # clients
BETWEEN_KEYS_S = 0.003


def set_up(stage: Stage) -> list[Row]:
    """From the start of `ssh` to the first byte of its command's output; Locum checks a password meanwhile."""
    ours, theirs = ways(stage)
    before = ours.processor_s(), theirs.processor_s()
    rounds = 2 if stage.short else 15
    samples = interleave(rounds, lambda: _first_byte(ours), lambda: _first_byte(theirs))
    spent = [
        (way.processor_s() - start) * 1000 / rounds for way, start in zip((ours, theirs), before, strict=True)
    ]
    return [
        Row(
            "ssh-setup",
            "SSH set-up to first byte",
            PEER,
            "ms",
            *samples,
            goal=Goal("at_most", 1.0),
            margin=Goal("at_most", 10.0),
            extra={"oursProcessorMs": spent[0], "theirsProcessorMs": spent[1]},
        )
    ]


def echo(stage: Stage) -> list[Row]:
    """A keystroke's way to the target and back, at a terminal, quiet and beside a bulk transfer."""
    ours, theirs = ways(stage)
    make_bulk(stage)
    rounds = 1 if stage.short else 8
    quiet, busy = _Echoes(), _Echoes()
    with typist(ours) as our_keys, typist(theirs) as their_keys:
        for _ in range(rounds):
            quiet.add(*_in_turn(our_keys, their_keys))
        for _ in range(1 if stage.short else 4):
            busy.add(_beside_bulk(ours, our_keys), _beside_bulk(theirs, their_keys))
    return [*quiet.rows("ssh-echo", "echo of a keystroke"), *busy.rows("ssh-echo-busy", "echo beside a transfer")]


def bulk(stage: Stage) -> list[Row]:
    """`cat` of a file through exec. Per core: by the processor time of the gateway, and of the jump host's sshd."""
    ours, theirs = ways(stage)
    size = make_bulk(stage)
    wall: tuple[list[float], list[float]] = ([], [])
    samples = interleave(
        2 if stage.short else 4, lambda: _transfer(ours, size, wall[0]), lambda: _transfer(theirs, size, wall[1])
    )
    return [
        Row(
            "ssh-bulk",
            f"bulk: cat of {size} MB, per core",
            PEER,
            "MB/processor s",
            *samples,
            goal=Goal("at_least", 1.0),
            margin=Goal("at_least", 0.05),
            extra={"oursMBperS": statistics.median(wall[0]), "theirsMBperS": statistics.median(wall[1])},
        )
    ]


def processes(stage: Stage) -> list[Row]:
    """Four clients at once through a gateway in two processes, and through one in the server's own."""
    part = make_bulk(stage) // 4
    several = into(stage, stage.several, stage.several_ssh)
    one = into(stage, stage.locum, stage.ssh)
    return [
        Row(
            f"ssh-processes-{name}",
            f"four at once, {what}",
            "the gateway in one process",
            unit,
            *interleave(
                2 if stage.short else 5,
                partial(_together, several, command, amount),
                partial(_together, one, command, amount),
            ),
            goal=Goal("at_least", 1.5),
            margin=Goal("at_least", 0.5),
        )
        for name, what, unit, command, amount in (
            ("bulk", f"{part} MB each", "MB/s", f"head -c {part}M {BULK}", part),
            ("setup", "each ssh from its start to its end", "/s", "true", 1),
        )
    ]


def _together(way: Way, command: str, amount: int) -> float:
    """So much a second, where each of them does `amount`."""
    started = time.perf_counter()
    clients = [way.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(AT_ONCE)]
    ended = [client.wait(300) for client in clients]
    assert ended == [0] * AT_ONCE, ended
    return AT_ONCE * amount / (time.perf_counter() - started)


def _first_byte(way: Way) -> float:
    started = time.perf_counter()
    with way.start("echo hello", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = os.read(process.stdout.fileno(), 1)
        spent = time.perf_counter() - started
        assert first == b"h"
    return spent * 1000


class _Echoes:
    """Milliseconds of every keystroke, by round."""

    def __init__(self) -> None:
        self._ours: list[list[float]] = []
        self._theirs: list[list[float]] = []

    def add(self, ours: list[float], theirs: list[float]) -> None:
        self._ours.append(ours)
        self._theirs.append(theirs)

    def rows(self, name: str, what: str) -> list[Row]:
        goals = {50: Goal("within", 0.3), 99: Goal("at_most", 2.0)}
        return [
            Row(
                f"{name}-p{per_cent}",
                f"{what}, p{per_cent}",
                PEER,
                "ms",
                [percentile(samples, per_cent) for samples in self._ours],
                [percentile(samples, per_cent) for samples in self._theirs],
                goal=goal,
                margin=Goal("at_most", 100.0),
            )
            for per_cent, goal in goals.items()
        ]


@contextmanager
def typist(way: Way) -> Iterator[subprocess.Popen[bytes]]:
    """A terminal in which every keystroke comes back from the target's `cat`."""
    with way.start("-tt", ECHO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        try:
            heard = b""
            while b"go" not in heard:
                more = os.read(process.stdout.fileno(), 100)
                assert more, "the terminal did not open"
                heard += more
            time.sleep(0.2)
            yield process
        finally:
            process.kill()


def _in_turn(ours: subprocess.Popen[bytes], theirs: subprocess.Popen[bytes]) -> tuple[list[float], list[float]]:
    samples: tuple[list[float], list[float]] = ([], [])
    for _ in range(KEYS):
        samples[0].append(_timed(ours))
        samples[1].append(_timed(theirs))
    return samples


def _timed(terminal: subprocess.Popen[bytes]) -> float:
    """Milliseconds."""
    time.sleep(BETWEEN_KEYS_S)
    started = time.perf_counter()
    press(terminal)
    return (time.perf_counter() - started) * 1000


def press(terminal: subprocess.Popen[bytes]) -> None:
    """A key, and wait for its echo."""
    assert terminal.stdin is not None
    assert terminal.stdout is not None
    os.write(terminal.stdin.fileno(), b"k")
    os.read(terminal.stdout.fileno(), 1)


def _beside_bulk(way: Way, keys: subprocess.Popen[bytes]) -> list[float]:
    with transferring(way, f"cat {BULK} {BULK} {BULK}"):
        return [_timed(keys) for _ in range(KEYS)]


@contextmanager
def transferring(way: Way, command: str) -> Iterator[None]:
    """Meanwhile, what this command says is transferred the same way."""
    with way.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as transfer:
        try:
            assert transfer.stdout is not None
            os.read(transfer.stdout.fileno(), 1)
            drain = subprocess.Popen(["cat"], stdin=transfer.stdout, stdout=subprocess.DEVNULL)
            yield
            assert transfer.poll() is None, "the transfer ended too soon"
        finally:
            transfer.kill()
            with suppress(UnboundLocalError):
                drain.wait()


def make_bulk(stage: Stage) -> int:
    """A file on the target that everybody there may read; its size in MB."""
    size = 20 if stage.short else 200
    target, _ = stage.hosts
    hosts.run(
        target, f"mkdir -p /srv && [ -e {BULK} ] || head -c {size}M /dev/urandom > {BULK} && chmod 644 {BULK}"
    )
    return size


def _transfer(way: Way, size: int, wall: list[float]) -> float:
    before, started = way.processor_s(), time.perf_counter()
    with way.start(f"cat {BULK}", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        assert process.wait(120) == 0
    wall.append(size / (time.perf_counter() - started))
    time.sleep(0.3)  # until the middle has closed its side, and so handed in its processor time
    return size / (way.processor_s() - before)
