"""Rows of 100,000 credentials, on both databases: a page of a search, and planning what is due."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bench.measure import Goal, Row, interleave, percentile
from bench.postgres import postgres_server
from bench.stage import Stage
from locum.credentials.model import Method, credential, managed_user, schedule
from locum.credentials.schedule import Frequency
from locum.identities.caller import Caller, Role
from locum.identities.roles import permissions_of
from locum.kit.db import Database, Tx, open_database, sqlite_url
from locum.kit.ids import NIL, new_id
from locum.kit.paging import Page
from locum.main.migrate import migrate
from locum.main.seed import seed
from locum.reads.credential_search import Wanted, search
from locum.resources.model import platform, resource
from locum.rotation.due import BATCH, plan_due

KINDS = ("web", "db", "app", "mail", "log", "cache", "build", "proxy", "dns", "files")
# Asked for equally often: the first page, what a tenth of all hold in their own name or in their resource's, what
# nobody holds, orders that lie in another table, and a page far down.
PAGES = (
    Page(take=50),
    Page(take=50, filter_text="web-"),
    Page(take=50, filter_text="proxy."),
    Page(take=50, filter_text="nowhere"),
    Page(take=50, order_by="resource"),
    Page(take=50, order_by="age", descending=True),
    Page(take=50, order_by="nextPasswordChangeDateTimeUtc", filter_text="web-"),
    Page(skip=5000, take=50),
)
ROLES = frozenset({Role.ADMIN})
CALLER = Caller(NIL, "bench", "local", ROLES, permissions_of(ROLES), None)

Statement = tuple[str, Any]


def credentials(stage: Stage) -> list[Row]:
    """The peer sends the very statements, with their parameters, from the driver."""
    with postgres_server() as server:
        return [
            *_rows(stage, "sqlite", lambda name: sqlite_url(stage.folder / f"{name}.db")),
            *_rows(stage, "postgresql", lambda _name: server.create()),
        ]


def _rows(stage: Stage, kind: str, fresh: Callable[[str], str]) -> list[Row]:
    counts = (10_000,) if stage.short else (1_000, 10_000, 100_000)
    rounds = 3 if stage.short else 5
    pages: tuple[list[float], list[float]] = ([], [])
    extra: dict[str, float] = {}
    for count in counts:
        database = open_database(fresh(f"credentials-{count}"))
        migrate(database)
        database.submit_write(seed).result()
        fill(database, count)
        _analyse(database)
        sent = _statements(database)
        pages = interleave(rounds, lambda: _ours(database), lambda: _theirs(database, sent))  # noqa: B023
        extra[f"oursAt{count}"], extra[f"theirsAt{count}"] = (sorted(one)[rounds // 2] for one in pages)
        extra[f"planOf{BATCH}At{count}"] = _plan(database)
        database.close()
    return [
        Row(
            f"credentials-{kind}",
            f"p99 of a page of 50 of {counts[-1]:,} credentials, {kind}",
            "the same SQL from the driver",
            "ms",
            *pages,
            goal=Goal("ceiling", 50),
            margin=Goal("at_most", 20),
            extra=extra,
        )
    ]


def fill(database: Database, count: int) -> None:
    """Credentials, four of five managed, on a tenth as many hosts, changed each hour: one in fifty is due now."""
    for first in range(0, count, 10_000):
        database.submit_write(_add, first, min(first + 10_000, count), count).result()
    database.submit_write(_schedule).result()


def _schedule(tx: Tx) -> None:
    made, name = new_id(), "each hour"
    times = {"created_at": tx.now, "modified_at": tx.now}
    tx.add(
        schedule, id=made, name=name, name_key=name, frequency=Frequency.HOURS, period=1, time_zone="UTC", **times
    )
    tx.run(sa.update(platform).values(rotation_schedule_id=made))


def _add(tx: Tx, first: int, end: int, count: int) -> None:
    linux = tx.scalar(sa.select(platform.c.id).where(platform.c.name == "Linux"))
    hosts = [new_id() for _ in range(first // 10, end // 10)]
    times = {"created_at": tx.now, "modified_at": tx.now}
    named = [f"{KINDS[n % len(KINDS)]}.example-{n * 7919 % count:06}" for n in range(first // 10, end // 10)]
    tx.add_all(
        resource,
        [
            {"id": one, "type": 0, "name": name, "name_key": name, "platform_id": linux, "ip_address": "192.0.2.1",
             "port_ssh": 22, "accept_host_key_on_first_discovery": True, "ssh_trust_action": 2, **times}
            for one, name in zip(hosts, named, strict=True)
        ],
    )  # fmt: skip
    made = [(n, new_id(), f"{KINDS[n % len(KINDS)]}-{n * 7919 % count:06}") for n in range(first, end)]
    tx.add_all(
        credential,
        [
            {"id": one, "username": name, "domain": "", "login_key": f"\x1f{name}", "search_key": name,
             "type": n // 50 % 4, "authentication_method": 0, **times}
            for n, one, name in made
        ],
    )  # fmt: skip
    tx.add_all(managed_user, [_managed(tx, n, one, hosts[n % len(hosts)]) for n, one, _ in made if n // 10 % 5])


def _managed(tx: Tx, n: int, credential_id: UUID, host: UUID) -> dict[str, Any]:
    ago = dt.timedelta(seconds=n * 31 % 1_000_000)
    due = tx.now + (-dt.timedelta(seconds=1) if n % 50 == 13 else dt.timedelta(days=1, seconds=n))
    return {
        "id": new_id(),
        "credential_id": credential_id,
        "resource_id": host,
        "method": Method.AUTOMATIC,
        "status": n % 5,
        "last_changed_at": tx.now - ago,
        "last_verified_at": tx.now - ago / 2,
        "next_change_at": due,
        "created_at": tx.now - ago,
        "modified_at": tx.now,
    }


def _analyse(database: Database) -> None:
    """As the databases do by and by."""
    database.gather_statistics()
    if database.is_sqlite:
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _statements(database: Database) -> list[list[Statement]]:
    """What Locum sends to the database, page by page."""
    sent: list[Statement] = []

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def _keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    found = []
    for page in PAGES:
        sent.clear()
        database.submit_read(search, CALLER, page, Wanted()).result()
        found.append([one for one in sent if one[0].startswith("SELECT")])
    sa.event.remove(database.engine, "before_cursor_execute", _keep)
    return found


def _ours(database: Database) -> float:
    return _p99(lambda page: database.submit_read(search, CALLER, PAGES[page], Wanted()).result())


def _theirs(database: Database, sent: list[list[Statement]]) -> float:
    connection = database.engine.raw_connection()
    cursor = connection.cursor()

    def one(page: int) -> None:
        for statement, parameters in sent[page]:
            cursor.execute(statement, parameters)
            cursor.fetchall()

    try:
        return _p99(one)
    finally:
        connection.close()


def _p99(one: Callable[[int], object]) -> float:
    """Of a dozen of each page, in milliseconds."""
    spent = []
    for _ in range(12):
        for page in range(len(PAGES)):
            started = time.perf_counter()
            one(page)
            spent.append((time.perf_counter() - started) * 1000)
    return percentile(spent, 99)


def _plan(database: Database) -> float:
    """How long a round of planning takes while more is due than one plans, in milliseconds."""
    started = time.perf_counter()
    database.submit_write(plan_due).result()
    return (time.perf_counter() - started) * 1000
