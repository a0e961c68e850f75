"""Row of a policy decision: facts from the database, and what follows from them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from bench.measure import Goal, Row, interleave, percentile
from bench.policy_estate import PolicyEstate, fill
from bench.postgres import postgres_server
from bench.stage import Stage
from locum.kit.db import Database, ReadTx, open_database, sqlite_url
from locum.main.migrate import migrate
from locum.main.seed import seed
from locum.policies.decide import Decision, Origin, decide
from locum.policies.facts import Asked, gather

# policies: (people, hosts)
SIZES = {50: (100, 1_000), 500: (1_000, 10_000), 5_000: (10_000, 100_000)}
ASKED = 400


def decision(stage: Stage) -> list[Row]:
    """Who asks, for what and where is drawn anew for each question; every profile has rules of each kind."""
    with postgres_server() as server:
        return [
            _row(stage, "sqlite", lambda name: sqlite_url(stage.folder / f"{name}.db")),
            _row(stage, "postgresql", lambda _name: server.create()),
        ]


def _row(stage: Stage, kind: str, fresh: Callable[[str], str]) -> Row:
    extra: dict[str, float] = {}
    samples: tuple[list[float], list[float]] = ([], [])
    for policies, (people, hosts) in SIZES.items():
        if stage.short and policies > 500:
            continue
        database = open_database(fresh(f"decision-{policies}"))
        migrate(database)
        database.submit_write(seed).result()
        estate = fill(database, people=people, hosts=hosts, policies=policies)
        if database.is_sqlite:
            database.gather_statistics()
        else:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ANALYZE")  # as it does by and by
        questions = Questions(estate)
        samples = interleave(
            3 if stage.short else 5,
            lambda: _p99(database, questions, _decided),  # noqa: B023
            lambda: _p99(database, questions, _nothing),  # noqa: B023
        )
        extra[f"p99At{policies}"] = sorted(samples[0])[len(samples[0]) // 2]
        database.close()
    return Row(
        f"decision-{kind}",
        f"p99 of a policy decision with its statements, {policies:,} policies, {kind}",
        "an empty unit of work on a database thread",
        "ms",
        *samples,
        goal=Goal("ceiling", 10),
        margin=Goal("at_most", 1000),
        extra=extra,
    )


class Questions:
    """Who asks for what, the same ones in each run: half of them what a policy gives, half drawn from all there is."""

    def __init__(self, estate: PolicyEstate) -> None:
        self._estate = estate
        self._dice = random.Random(7)  # noqa: S311 - nothing here is secret

    def next(self) -> Asked:
        """One question."""
        estate, dice = self._estate, self._dice
        person, activity, host = (dice.choice(all_) for all_ in (estate.people, estate.activities, estate.hosts))
        if dice.randrange(2):
            person, activity, host = dice.choice(estate.given)
        return Asked(person, activity, host, answers=(("field1", "x"),), origin=Origin("10.1.2.3"))


def _decided(tx: ReadTx, asked: Asked) -> Decision:
    return decide(gather(tx, asked))


def _nothing(_tx: ReadTx, _asked: Asked) -> None:
    return None


def _p99(database: Database, questions: Questions, ask: Callable[[ReadTx, Asked], object]) -> float:
    took = []
    for _ in range(ASKED):
        asked = questions.next()
        started = time.perf_counter()
        database.submit_read(ask, asked).result()
        took.append((time.perf_counter() - started) * 1000)
    return percentile(took, 99)
