"""Past sessions of a large shop, made by the database itself: a million takes it half a minute."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from bench.policy_estate import PolicyEstate
from locum.activities.model import connection_profile
from locum.kit.db import Database, Tx

_IDS = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
_AGO = {  # one session each half a minute: a million of them are a year
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || ({n} * 31 + {more}) || ' seconds')",
    "postgresql": "now() - ({n} * 31 + {more}) * interval '1 second'",
}
_INSERT = """
WITH RECURSIVE counted(i) AS (
  SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM counted WHERE i + 1 < {end}
)
INSERT INTO access_session (id, identity_id, policy_id, activity_id, resource_id, profile_id, status, outcome, record,
  ends_with_connection, node, login_name, created_by_name, note, ticket, scheduled_start, scheduled_end, actual_start,
  actual_end, created_at, modified_at, search_key)
SELECT {id}, bench_identity.id, bench_policy.id, bench_activity.id, bench_resource.id, :profile,
  CASE WHEN i % 10 = 3 THEN 4 WHEN i % 20 = 7 THEN 5 ELSE 3 END, CASE WHEN i % 10 = 3 THEN 4 ELSE 3 END, {true},
  {false}, 'bench', 'person-0001', 'person',
  CASE WHEN i % 10 < 3 THEN 'patching of round ' || i % 977 END,
  CASE WHEN i % 5 = 0 THEN 'CHG' || (1000000 + i) END,
  {start}, {over}, {start}, {over}, {start}, {over},
  CASE WHEN i % 5 = 0 THEN 'chg' || (1000000 + i) ELSE '' END
    || CASE WHEN i % 10 < 3 THEN '/patching of round ' || i % 977 ELSE '' END
FROM counted
JOIN bench_identity ON bench_identity.n = CASE WHEN i % 50 = 0 THEN 0 ELSE i * 7919 % :identities END
JOIN bench_resource ON bench_resource.n = i * 104729 % :resources
JOIN bench_activity ON bench_activity.n = i * 13 % :activities
JOIN bench_policy ON bench_policy.n = i * 3571 % :policies
"""
PER_STATEMENT = 50_000


def add_past_sessions(database: Database, estate: PolicyEstate, count: int) -> None:
    """Ended sessions, three of ten with a note and one of five with a ticket; one of fifty is the first person's."""
    for first in range(0, count, PER_STATEMENT):
        database.submit_write(_add, estate, first, min(first + PER_STATEMENT, count)).result()


def _add(tx: Tx, estate: PolicyEstate, first: int, end: int) -> None:
    connection = tx._connection
    for name, ids in _pools(estate).items():
        _number(connection, f"bench_{name}", ids)
    dialect = tx.dialect
    text = _INSERT.format(
        first=first,
        end=end,
        id=_IDS[dialect],
        true="1" if dialect == "sqlite" else "true",
        false="0" if dialect == "sqlite" else "false",
        start=_AGO[dialect].format(n="i", more=3600),
        over=_AGO[dialect].format(n="i", more=1800),
    )
    profile = tx.scalar(sa.select(connection_profile.c.id).where(connection_profile.c.is_default.is_(True)))
    connection.execute(
        sa.text(text).bindparams(sa.bindparam("profile", type_=sa.Uuid)),
        {
            "profile": profile,
            "identities": len(estate.people),
            "resources": len(estate.hosts),
            "activities": len(estate.activities),
            "policies": len(estate.policies),
        },
    )


def _pools(estate: PolicyEstate) -> dict[str, Sequence[UUID]]:
    return {
        "identity": estate.people,
        "resource": estate.hosts,
        "activity": estate.activities,
        "policy": estate.policies,
    }


def _number(connection: sa.Connection, name: str, ids: Sequence[UUID]) -> None:
    """A temporary table that finds an id by its number; it stays for the connection."""
    table = sa.Table(
        name,
        sa.MetaData(),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Uuid),
        prefixes=["TEMPORARY"],
    )
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS temp.{name}")
    else:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS pg_temp.{name}")
    table.create(connection)
    connection.execute(sa.insert(table), [{"n": n, "id": one} for n, one in enumerate(ids)])
