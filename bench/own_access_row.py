"""Rows of what people can ask for: their activity cards, and the resources behind them, on both databases."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from bench.measure import Goal, Row, interleave, percentile
from bench.policy_estate import PolicyEstate, fill
from bench.postgres import postgres_server
from bench.session_estate import add_past_sessions
from bench.stage import Stage
from locum.kit.db import Database, ReadTx, open_database, sqlite_url
from locum.kit.paging import Page
from locum.main.migrate import migrate
from locum.main.seed import seed
from locum.reads.own_access import cards
from locum.reads.own_targets import targets

# policies: (people, hosts); everybody is in three groups, each with policies of its own, and so reaches half the hosts
SIZES = {50: (100, 1_000), 500: (1_000, 10_000), 5_000: (10_000, 100_000)}
PAGE = Page(take=50)


def own_access(stage: Stage) -> list[Row]:
    """The large estate takes a minute to make, and a million past sessions some more: they are for the long form."""
    with postgres_server() as server:
        return [
            *_rows(stage, "sqlite", lambda name: sqlite_url(stage.folder / f"{name}.db")),
            *_rows(stage, "postgresql", lambda _name: server.create()),
        ]


def _rows(stage: Stage, kind: str, fresh: Callable[[str], str]) -> list[Row]:
    asked = {"cards": _cards, "resources": _resources}
    extra: dict[str, dict[str, float]] = {what: {} for what in asked}
    samples: dict[str, tuple[list[float], list[float]]] = {}
    for policies, (people, hosts) in SIZES.items():
        if stage.short and policies > 500:
            continue
        database = open_database(fresh(f"own-access-{policies}"))
        estate = _filled(database, people=people, hosts=hosts, policies=policies)
        if stage.storm and policies == max(SIZES):
            add_past_sessions(database, estate, 1_000_000)
        _gather_statistics(database)
        for what, ask in asked.items():
            ours = lambda: _p99(database, estate.people[:20], ask)  # noqa: B023, E731
            nothing = lambda: _p99(database, estate.people[:20], _nothing)  # noqa: B023, E731
            samples[what] = interleave(3, ours, nothing)
            extra[what][f"p99At{policies}"] = sorted(samples[what][0])[1]
        database.close()
    return [
        Row(
            f"own-{what}-{kind}",
            f"p99 of the first page of a person's {what}, {policies:,} policies, {kind}",
            "an empty unit of work on a database thread",
            "ms",
            *samples[what],
            goal=Goal("ceiling", 100),
            margin=Goal("ceiling", 3000),
            extra=extra[what],
        )
        for what in asked
    ]


def _filled(database: Database, *, people: int, hosts: int, policies: int) -> PolicyEstate:
    migrate(database)
    database.submit_write(seed).result()
    return fill(database, people=people, hosts=hosts, policies=policies)


def _gather_statistics(database: Database) -> None:
    if database.is_sqlite:
        database.gather_statistics()
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")  # as it does by and by


def _cards(tx: ReadTx, person: UUID) -> object:
    return cards(tx, PAGE, person, by_policy=False)


def _resources(tx: ReadTx, person: UUID) -> object:
    return targets(tx, PAGE, person)


def _nothing(_tx: ReadTx, _person: UUID) -> None:
    return None


def _p99(database: Database, people: list[UUID], ask: Callable[[ReadTx, UUID], object]) -> float:
    took = []
    for person in people:
        started = time.perf_counter()
        database.submit_read(ask, person).result()
        took.append((time.perf_counter() - started) * 1000)
    return percentile(took, 99)
