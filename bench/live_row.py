"""Rows of the live view: how far a watcher is behind what the person sees."""

from __future__ import annotations

import http.client
import os
import queue
import random
import ssl
import subprocess
import threading
import time

import msgspec
from demo.client import Client

from bench.measure import Goal, Row, percentile
from bench.ssh import into
from bench.ssh_rows import BULK, make_bulk, transferring, typist
from bench.stage import Stage

LIMIT_MS = 500
WITHIN_S = 30.0


def live_lag(stage: Stage) -> list[Row]:
    """From a mark on the person's terminal to its arrival at who watches; the mark is typed, and the target's echo of
    it shown. Quiet, and beside a bulk transfer of another connection, which is recorded too."""
    make_bulk(stage)
    way = into(stage, stage.locum, stage.ssh)
    admin = stage.client()
    rounds, marks = (1, 20) if stage.short else (5, 60)
    quiet, busy = _Lags(), _Lags()
    before = _connections(admin)
    with typist(way) as terminal:
        (connection_id,) = _connections(admin) - before
        person = _Person(terminal, _watch(stage, admin, connection_id))
        for _ in range(rounds):
            quiet.add(*person.marks(marks))
        for _ in range(rounds):
            with transferring(way, f"while cat {BULK}; do :; done"):
                busy.add(*person.marks(marks // 4))
    return [
        *quiet.rows("live-lag", "the live view"),
        *busy.rows("live-lag-busy", "the live view beside a transfer"),
    ]


class _Lags:
    """Milliseconds of every mark, by round: to the watcher after the person, and to the person after the key."""

    def __init__(self) -> None:
        self._watcher: list[list[float]] = []
        self._person: list[list[float]] = []

    def add(self, watcher: list[float], person: list[float]) -> None:
        self._watcher.append(watcher)
        self._person.append(person)

    def rows(self, name: str, what: str) -> list[Row]:
        return [
            Row(
                f"{name}-p{per_cent}",
                f"{what} after the person's terminal, p{per_cent}",
                "the terminal after the key",
                "ms",
                [percentile(samples, per_cent) for samples in self._watcher],
                [percentile(samples, per_cent) for samples in self._person],
                goal=Goal("ceiling", LIMIT_MS),
                margin=Goal("ceiling", 20 * LIMIT_MS),
            )
            for per_cent in (50, 99)
        ]


class _Person:
    """Types marks, and looks when they are where."""

    def __init__(self, terminal: subprocess.Popen[bytes], seen: queue.SimpleQueue[tuple[float, str]]) -> None:
        self._terminal = terminal
        self._seen = seen
        self._typed = 0

    def marks(self, count: int) -> tuple[list[float], list[float]]:
        """The milliseconds of each to the watcher after the person, and to the person after the key."""
        watcher, person = [], []
        for _ in range(count):
            time.sleep(random.uniform(0, 0.2))  # noqa: S311 - anywhere in the rhythm that the server looks in
            self._typed += 1
            mark = f"<{self._typed}>"
            typed, shown, watched = self._typed_at(mark), self._shown_at(mark), self._watched_at(mark)
            person.append((shown - typed) * 1000)
            watcher.append((watched - shown) * 1000)
        return watcher, person

    def _typed_at(self, mark: str) -> float:
        assert self._terminal.stdin is not None
        at = time.perf_counter()
        os.write(self._terminal.stdin.fileno(), mark.encode())
        return at

    def _shown_at(self, mark: str) -> float:
        assert self._terminal.stdout is not None
        shown = b""
        while mark.encode() not in shown:
            more = os.read(self._terminal.stdout.fileno(), 100)
            assert more, "the terminal is closed"
            shown += more
        return time.perf_counter()

    def _watched_at(self, mark: str) -> float:
        watched = ""
        while mark not in watched:
            at, text = self._seen.get(timeout=WITHIN_S)
            watched += text
        return at


def _connections(admin: Client) -> set[str]:
    """Those of active sessions."""
    rows = admin.call("GET", "/api/v1/ActivitySession/SummaryByStatus/Active?take=100")["data"]
    return {one["id"] for row in rows for one in row["proxySessions"]}


def _watch(stage: Stage, admin: Client, connection_id: str) -> queue.SimpleQueue[tuple[float, str]]:
    """What the live view of this connection shows, and when."""
    server = stage.locum
    seen: queue.SimpleQueue[tuple[float, str]] = queue.SimpleQueue()
    host, _, port = server.address.rpartition(":")
    tls = ssl.create_default_context(cafile=str(server.ca))
    line = http.client.HTTPSConnection(host, int(port), timeout=WITHIN_S, context=tls)
    line.request(
        "GET",
        f"/api/locum/v1/Recording/{connection_id}/Live",
        headers={"Authorization": str(admin.authorization)},
    )
    answer = line.getresponse()
    assert answer.status == 200, answer.read()
    answer.readline()  # the head

    def watch() -> None:
        while event := answer.readline():
            at = time.perf_counter()
            _, kind, text = msgspec.json.decode(event)
            if kind == "o":
                seen.put((at, text))

    threading.Thread(target=watch, name="watcher", daemon=True).start()  # it ends with the connection
    return seen
