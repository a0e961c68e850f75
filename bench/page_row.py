"""Row of a filtered and ordered page of a long list, with how its cost grows."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
import uvloop

from bench.load import Line, http_request
from bench.measure import Goal, Row, interleave
from bench.stage import Stage
from locum.kit.db import open_database
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.reads import resources

PAGE = Page(take=50, order_by="ipAddress", filter_text="web-")
PATH = "/api/v1/ManagedResource/Search?take=50&orderBy=ipAddress&filterText=web-"
BLOCK_S = 0.4
KINDS = ("web", "db", "app", "mail", "log", "cache", "build", "proxy", "dns", "files")


def page(stage: Stage) -> list[Row]:
    """ManagedResource/Search: a tenth of the rows match the filter, and the order has no index.

    The peer runs the very statements, with their parameters, from the driver, and encodes the rows with msgspec.
    """
    stage.locum  # noqa: B018 - starts it, and with it the database
    database = stage.data / "locum.db"
    counts = (10_000,) if stage.short else (1_000, 10_000, 100_000)
    extra = {}
    samples: tuple[list[float], list[float]] = ([], [])
    for count in counts:
        add_resources(database, count)
        statements = _statements(database)
        token = stage.token()
        rounds = 3 if stage.short else 6
        samples = interleave(rounds, partial(_ours, stage, token), partial(_theirs, database, statements))
        extra[f"oursAt{count}"], extra[f"theirsAt{count}"] = (sorted(s)[rounds // 2] for s in samples)
    return [
        Row(
            "page",
            f"page of 50 of {counts[-1]:,} rows, filtered and ordered",
            "the same SQL from the driver, msgspec",
            "pages/s",
            *samples,
            goal=Goal("at_least", 0.4),
            margin=Goal("at_least", 0.05),
            extra=extra,
        )
    ]


def add_resources(database: Path, total: int) -> None:
    """Bring the table to `total` rows, straight in the file."""
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with sqlite3.connect(database, timeout=15) as connection:
        (there,) = connection.execute("SELECT count(*) FROM resource").fetchone()
        (platform,) = connection.execute("SELECT id FROM platform WHERE name = 'Linux'").fetchone()
        connection.executemany(
            "INSERT INTO resource (id, type, name, name_key, search_key, ip_address, platform_id, port_ssh,"
            " accept_host_key_on_first_discovery, ssh_trust_action, created_at, modified_at)"
            " VALUES (?, 0, ?, ?, ?, ?, ?, 22, 1, 2, ?, ?)",
            (
                (
                    new_id().hex,
                    name,
                    name,
                    name,
                    f"10.{n * 7919 % 256}.{n // 256 % 256}.{n % 256}",
                    platform,
                    now,
                    now,
                )
                for n in range(there, total)
                if (name := f"{KINDS[n % len(KINDS)]}-{n:06}")
            ),
        )


def _statements(database: Path) -> list[tuple[str, Any]]:
    """What Locum sends to the database for this page."""
    sent: list[tuple[str, Any]] = []
    opened = open_database(f"sqlite:///{database}")

    @sa.event.listens_for(opened.engine, "before_cursor_execute")
    def _keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            sent.append((statement, parameters))

    opened.submit_read(resources.search, PAGE).result()
    opened.close()
    return sent


def _theirs(database: Path, statements: list[tuple[str, Any]]) -> float:
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA query_only=ON")

    def one() -> None:
        found = connection.execute(*statements[0]).fetchall()
        rows = connection.execute(*statements[1]).fetchall()
        assert len(found) == len(rows) == PAGE.take
        msgspec.json.encode({"data": rows, "recordsTotal": found[0][1]})

    try:
        return _per_second(one)
    finally:
        connection.close()


def _per_second(one: Callable[[], None]) -> float:
    one()
    done, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < BLOCK_S or done < 3:
        one()
        done += 1
    return done / spent


def _ours(stage: Stage, token: str) -> float:
    async def pages() -> float:
        content = http_request("GET", PATH, token)
        async with await Line.open(stage.locum.address, stage.locum.ca) as line:
            status, body = await line.ask(content)
            assert status == 200, body
            assert len(msgspec.json.decode(body)["data"]) == PAGE.take
            done, started = 0, time.perf_counter()
            while (spent := time.perf_counter() - started) < BLOCK_S or done < 3:
                await line.ask(content)
                done += 1
            return done / spent

    return uvloop.run(asyncio.wait_for(pages(), 60))
