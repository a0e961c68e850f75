"""The connection of a PostgreSQL target's service account, and the statements that logins there are made with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from psycopg import errors, sql

from locum.connectors.base import Step, Target, TargetRefused, TargetUnreachable
from locum.connectors.postgresql import PostgresKeeper
from locum.connectors.ssh import one_line

LOCK_TIMEOUT_S = 5  # less than a lease: whoever waits here must not act after somebody else took over
ROUNDS = 200  # of looking for connections that end, 20 ms each
T = TypeVar("T")

_CONNECTIONS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usesysid = %(oid)s"
    " AND pid <> pg_backend_pid()"
)
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%(mark)s, 0))"
# Whoever has a lock of ours, or waits for it, and is not us.
_STRANGERS = (
    "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND a.usename IS DISTINCT FROM current_user"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(%(mark)s, 0)"
)


class Statements:
    """An open connection of the service account."""

    host_key: str | None = None
    host_key_thumbprint: str | None = None

    def __init__(self, target: Target, server: PostgresKeeper) -> None:
        self.target = target
        self.where = f"{target.host}:{target.port}"
        self.server = server
        self._locked: set[str] = set()

    async def lock(self, step: Step) -> None:
        """Held until the connection ends. What an earlier one had begun for this session is over then.

        Anybody may take such a lock who knows the session's id, as its owner does. So whoever else has it is thrown
        out, or access could be kept by holding up its end.
        """
        if step.marker in self._locked:
            return
        await self.statement(sql.SQL("SET lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT_S * 1000)))
        for _ in range(LOCK_TIMEOUT_S * 50):
            if (await self.rows(_LOCK, mark=mark_of(step)))[0][0]:
                self._locked.add(step.marker)
                return
            await self.rows(_STRANGERS, mark=mark_of(step))
            await asyncio.sleep(0.02)
        raise TargetUnreachable(f"{self.where}: an earlier change of this session is not over yet")

    async def end_connections(self, oid: int) -> None:
        """All that the role has open, until nothing is found."""
        for _ in range(ROUNDS):
            if not (await self.rows(_CONNECTIONS, oid=oid))[0][0]:
                return
            await asyncio.sleep(0.02)
        raise TargetUnreachable(f"{self.where}: connections of the login do not end")

    async def execute(self, statement: str, *names: str) -> None:
        """A fixed statement with quoted names in its places."""
        await self.statement(sql.SQL(statement).format(*map(sql.Identifier, names)))

    async def statement(self, statement: sql.Composed) -> None:
        """One whose names and values are quoted already."""
        await self.run(lambda: self.server.connection.execute(statement))

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """What a fixed query answers."""

        async def fetch() -> list[Any]:
            return await (await self.server.connection.execute(query.encode(), values)).fetchall()

        return await self.run(fetch)

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something on the connection. Raises Missing, TargetRefused and TargetUnreachable."""

        async def known() -> T:
            try:
                for _ in range(ROUNDS):
                    try:
                        return await work()
                    except errors.InternalError_:
                        # "tuple concurrently updated": somebody else gives rights on the same thing right now.
                        await asyncio.sleep(0.02)
                return await work()
            except (errors.UndefinedTable, errors.InvalidSchemaName, errors.InvalidCatalogName) as error:
                raise Missing(f"{self.where}: {one_line(error.diag.message_primary or '')}") from None

        return await self.server.run(known)


class Missing(TargetRefused):
    """What the statement is about is not there."""


def mark_of(step: Step) -> str:
    """What a login that was made for one session has as its comment."""
    return f"locum-{step.marker}"
