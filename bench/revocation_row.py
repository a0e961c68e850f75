"""Row of many sessions that end in the same second, on many real hosts."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

import uvloop
from demo.client import Client
from demo.hosts import Host

from bench.load import Line, http_request
from bench.measure import Goal, Row, percentile
from bench.session_row import RootShell
from bench.stage import PASSWORD, Stage
from demo import hosts

PERSON = "many"
ASKING = 8  # callers that ask for sessions at once
ACTIVE, COMPLETE = 1, 3
TOO_LONG_S = 900


def revocation(stage: Stage) -> list[Row]:
    """What a host can do is what one open root connection to each makes of the same orders, one after the other."""
    count, each = (50, 40) if stage.storm else (3, 5) if stage.short else (10, 20)
    there = _hosts(stage, count)
    with ExitStack() as cleanup:
        ends = _ours(stage, there, each)
        shells = [cleanup.enter_context(RootShell(stage, host)) for host in there]
        theirs = _theirs(shells, each)
    late = sorted(ends)
    total = count * each
    return [
        Row(
            "revocation",
            f"{total:,} sessions on {count} hosts that end in the same second, taken away",
            "the same orders in one open root connection to each host",
            "sessions/s",
            [total / late[-1]],
            [theirs],
            goal=Goal("at_least", 0.7),
            margin=Goal("at_least", 0.05),
            extra={"lateP50S": percentile(late, 50), "lateP99S": percentile(late, 99), "lost": total - len(late)},
        )
    ]


def _hosts(stage: Stage, count: int) -> list[Host]:
    folder = stage.folder / "many"
    stage.cleanup.callback(hosts.stop, folder)
    names = [f"many{number:02}" for number in range(count)]
    return hosts.start(folder, net=os.getpid() % 60000 + 301, names=names, tied=True)


def _ours(stage: Stage, there: list[Host], each: int) -> list[float]:
    """How long after its end each session was gone, in seconds."""
    admin = stage.client()
    resources = [_resource(admin, host) for host in there]
    person = admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": PERSON}, "localUserPasswordChangeRequest": {"passwordNew": PASSWORD},
    })["id"]  # fmt: skip
    activities = {a["name"]: a["id"] for a in admin.call("GET", "/api/v1/Activity")}
    activity = activities["Linux sudo"]
    admin.call("POST", "/api/v1/AccessControlPolicy", {
        "name": "many", "managedAccountIds": [person], "managedResourceIds": resources, "activityIds": [activity],
    })  # fmt: skip
    token = stage.token(PERSON)
    asked = [{"activityId": activity, "managedResourceId": r} for _ in range(each) for r in resources]
    uvloop.run(_ask(stage, token, asked))
    database = stage.data / "locum.db"
    _until(database, ACTIVE, len(asked))
    _end_all(database)
    _until(database, COMPLETE, len(asked))
    return _late(database)


def _resource(admin: Client, host: Host) -> str:
    credential = admin.call("POST", "/api/v1/Credential", {
        "username": host.account, "domain": host.name, "authenticationMethod": 1,
        "privateKey": Path(host.private_key).read_text(),
    })["id"]  # fmt: skip
    return str(admin.call("POST", "/api/v1/ManagedResource", {
        "name": host.name, "ipAddress": host.address, "serviceAccountId": credential,
        "acceptThumbprintOnFirstDiscovery": True,
    })["id"])  # fmt: skip


async def _ask(stage: Stage, token: str, asked: list[dict[str, str]]) -> None:
    waiting = list(reversed(asked))

    async def caller() -> None:
        async with await Line.open(stage.locum.address, stage.locum.ca) as line:
            while waiting:
                status, body = await line.ask(
                    http_request("POST", "/api/v1/ActivitySession", token, waiting.pop())
                )
                assert status == 201, body

    await asyncio.gather(*(caller() for _ in range(ASKING)))


def _until(database: Path, status: int, count: int) -> None:
    """Wait until so many sessions of this row are there."""
    started = time.monotonic()
    found: list[tuple[int, int]] = []
    while time.monotonic() < started + TOO_LONG_S:
        with closing(sqlite3.connect(database, timeout=15)) as connection:
            found = connection.execute(f"SELECT status, count(*) {_OURS} GROUP BY status").fetchall()
        if dict(found).get(status) == count:
            return
        time.sleep(0.5)
    raise AssertionError(f"sessions by status after {TOO_LONG_S} s: {found}")


_OURS = "FROM access_session WHERE resource_id IN (SELECT id FROM resource WHERE name LIKE 'many%')"


def _end_all(database: Path) -> None:
    """All in the same second, shortly: what they were asked for with would have to be guessed before they are there."""
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=4)
    at = end.strftime("%Y-%m-%d %H:%M:%S.%f")
    with sqlite3.connect(database, timeout=15) as connection:
        ids = [one for (one,) in connection.execute(f"SELECT id {_OURS}")]
        connection.executemany("UPDATE access_session SET scheduled_end = ? WHERE id = ?", [(at, i) for i in ids])
        connection.executemany("UPDATE job SET due_at = ? WHERE subject_id = ?", [(at, i) for i in ids])


def _late(database: Path) -> list[float]:
    spent = "(julianday(actual_end) - julianday(scheduled_end)) * 86400"
    with closing(sqlite3.connect(database, timeout=15)) as connection:
        return [late for (late,) in connection.execute(f"SELECT {spent} {_OURS} AND status = {COMPLETE}")]


def _theirs(shells: list[RootShell], each: int) -> float:
    """Sessions a second, all hosts at once."""
    logins = [(str(uuid4()), f"peer-{uuid4().hex[:8]}") for _ in range(each)]
    with ThreadPoolExecutor(len(shells)) as threads:
        list(threads.map(lambda shell: [shell.give(*one) for one in logins], shells))
        started = time.perf_counter()
        list(threads.map(lambda shell: [shell.take(*one) for one in logins], shells))
        return len(shells) * each / (time.perf_counter() - started)
