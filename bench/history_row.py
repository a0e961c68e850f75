"""Rows of pages of past sessions, on both databases, with how their cost grows."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from bench.measure import Goal, Row, interleave, percentile
from bench.policy_estate import PolicyEstate, fill
from bench.postgres import postgres_server
from bench.session_estate import add_past_sessions
from bench.stage import Stage
from locum.kit.db import Database, ReadTx, open_database, sqlite_url
from locum.kit.paging import Page
from locum.main.migrate import migrate
from locum.main.seed import seed
from locum.reads.session_search import HISTORICAL, Filter
from locum.reads.sessions import sessions
from locum.sessions.lifecycle import Status

# past sessions: (people, hosts, policies)
SIZES = {10_000: (100, 1_000, 50), 100_000: (1_000, 10_000, 500), 1_000_000: (10_000, 100_000, 5_000)}
Asked = tuple[Filter, Page]


def history(stage: Stage) -> list[Row]:
    """A million sessions take minutes to make, so that they are for the long form."""
    largest = 1_000_000 if stage.storm else 10_000 if stage.short else 100_000
    with postgres_server() as server:
        return [
            _row(stage, "sqlite", largest, lambda name: sqlite_url(stage.folder / f"{name}.db")),
            _row(stage, "postgresql", largest, lambda _name: server.create()),
        ]


def _row(stage: Stage, kind: str, largest: int, fresh: Callable[[str], str]) -> Row:
    extra: dict[str, float] = {}
    samples: tuple[list[float], list[float]] = ([], [])
    for count, (people, hosts, policies) in SIZES.items():
        if count > largest:
            continue
        database = open_database(fresh(f"history-{count}"))
        migrate(database)
        database.submit_write(seed).result()
        estate = fill(database, people=people, hosts=hosts, policies=policies)
        add_past_sessions(database, estate, count)
        if database.is_sqlite:
            database.gather_statistics()
        else:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")  # as it does by and by
        asked = _pages(estate)
        ours = lambda: _p99(database, asked, sessions)  # noqa: B023, E731
        nothing = lambda: _p99(database, asked, _nothing)  # noqa: B023, E731
        samples = interleave(3, ours, nothing)
        extra[f"p99At{count}"] = sorted(samples[0])[1]
        database.close()
    return Row(
        f"history-{kind}",
        f"p99 of a page of 50 of {largest:,} past sessions, {kind}",
        "an empty unit of work on a database thread",
        "ms",
        *samples,
        goal=Goal("ceiling", 100),
        margin=Goal("ceiling", 3000),
        extra=extra,
    )


def _pages(estate: PolicyEstate) -> list[Asked]:
    """All, far down, in one status, of one person or resource, of a month, and by parts of names, notes and tickets."""
    now, page = dt.datetime.now(dt.UTC), Page(take=50)
    return [
        (Filter(HISTORICAL), page),
        (Filter(HISTORICAL), Page(skip=5000, take=50)),
        (Filter(frozenset({Status.COMPLETE})), page),
        (Filter(frozenset({Status.FAILED})), page),
        (Filter(HISTORICAL, owner=estate.people[77]), page),
        (Filter(HISTORICAL, owner=estate.people[0]), page),
        (Filter(HISTORICAL, owner=estate.people[77]), Page(take=50, filter_text="host-0001")),
        (Filter(HISTORICAL, user_names=("person 000077",)), page),
        (Filter(HISTORICAL, resource_names=("host-000077",)), page),
        (Filter(HISTORICAL, since=now - dt.timedelta(days=60), until=now - dt.timedelta(days=30)), page),
        (Filter(HISTORICAL), Page(take=50, filter_text="son 000077")),
        (Filter(HISTORICAL), Page(take=50, filter_text="host-00077")),
        (Filter(HISTORICAL), Page(take=50, filter_text="CHG1002345")),
        (Filter(HISTORICAL), Page(take=50, filter_text="nowhere")),
    ]


def _nothing(_tx: ReadTx, _which: Filter, _page: Page) -> None:
    return None


def _p99(database: Database, asked: list[Asked], ask: Callable[[ReadTx, Filter, Page], object]) -> float:
    took = []
    for _ in range(8):
        for which, page in asked:
            started = time.perf_counter()
            database.submit_read(ask, which, page).result()
            took.append((time.perf_counter() - started) * 1000)
    return percentile(took, 99)
