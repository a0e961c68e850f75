"""MariaDB as a session's target: logins for one session, roles, privileges. MySQL is not built: it is refused.

The service account needs CREATE USER, PROCESS and CONNECTION ADMIN on *.*, SELECT on mysql.*, and what it gives: roles
WITH ADMIN OPTION, privileges WITH GRANT OPTION. With UPDATE on mysql.* too, a role is on as soon as the person signs
in; else they say SET ROLE.

Proof of ownership: the login has a second password hash, made of the session's id, which no password has. It is set
in the one statement that makes the login; whoever may not make users can't take it away. Its first password is the
session's. A login of that name without it is somebody else's. All changes of one session are made under a lock of the
server, so that one that an earlier Locum began has ended before the next is made.

A login owns nothing in MariaDB. Views, routines and events that it defined stay, and no longer run: their definer is
gone. What `revert` can't know: somebody who could make users may have made others.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from locum.connectors.base import Logon, Step, Target, TargetRefused, TargetUnreachable
from locum.connectors.database import COMMAND_TIMEOUT_S
from locum.connectors.database_steps import MARIADB_PRIVILEGES, DatabaseRight, database_right
from locum.connectors.mariadb import MariadbKeeper, native_hash
from locum.connectors.mariadb_kept import KeptLogins, thing_of, what_of
from locum.connectors.ssh import one_line
from locum.connectors.values import password_text

LOCK_TIMEOUT_S = 5  # less than a lease: whoever waits here must not act after somebody else took over
MOST_NAME = 128  # bytes; of a user, a role and, in letters, of a database
ROUNDS = 200  # of looking for connections that end, 20 ms each
_HOST = "%"
_GONE = (1141, 1147, 1269, 1959, 1961)  # no such grant, on a table, user, role

# 1: ours, 0: somebody else's. The name is compared by its bytes.
_FIND = (
    "SELECT User, json_search(coalesce(json_query(Priv, '$.auth_or'), '[]'), 'one', %s) IS NOT NULL"
    " FROM mysql.global_priv WHERE Host = '%%' AND"
    " (BINARY User = %s OR json_search(coalesce(json_query(Priv, '$.auth_or'), '[]'), 'one', %s) IS NOT NULL)"
    " ORDER BY 2 DESC, BINARY User = %s DESC"
)
_CONNECTIONS = "SELECT ID FROM information_schema.PROCESSLIST WHERE BINARY USER = %s AND ID <> CONNECTION_ID()"
_SIGNED_IN = (
    "SELECT HOST FROM information_schema.PROCESSLIST WHERE BINARY USER = %s AND ID <> CONNECTION_ID() LIMIT 200"
)
# Whoever has a lock of ours and is not us.
_STRANGER = (
    "SELECT ID FROM information_schema.PROCESSLIST"
    " WHERE ID = IS_USED_LOCK(%s) AND BINARY USER <> BINARY SUBSTRING_INDEX(USER(), '@', 1)"
)
_MEMBER = "SELECT 1 FROM mysql.roles_mapping WHERE Host = '%%' AND BINARY User = %s AND BINARY Role = %s"


class MariadbConnector:
    """An open connection of the service account. Make one with `connect`."""

    host_key: str | None = None
    host_key_thumbprint: str | None = None

    def __init__(self, target: Target, server: MariadbKeeper) -> None:
        self._target = target
        self._where = f"{target.host}:{target.port}"
        self._wire = server.wire
        self._locked: set[str] = set()

    @classmethod
    @asynccontextmanager
    async def connect(cls, target: Target) -> AsyncIterator[MariadbConnector]:
        """Sign in to the target as its service account. Raises TargetRefused and TargetUnreachable."""
        async with MariadbKeeper.connect(target) as server:
            if not server.wire.is_mariadb:
                raise TargetRefused(f"{target.host}:{target.port} is MySQL: sessions there are not available yet")
            # Else a change that hangs behind a backup's lock would be made whenever that ends, after hours perhaps.
            await server.wire.run(f"SET SESSION max_statement_time = {int(COMMAND_TIMEOUT_S)}")
            yield cls(target, server)

    async def look(self, step: Step) -> dict[str, str] | None:
        """What a login that stays had before. One for one session alone had nothing."""
        right = database_right(step, MOST_NAME, MARIADB_PRIVILEGES)
        return await self._kept(step, right).look() if right.kept else None

    async def apply(self, step: Step) -> str:
        """Make sure that the change is there.

        Kinds and parameters: account (login) for the session alone; own_account (login) and managed_account (login,
        create, delete), which stay; managed_password (login); role (login, role, kept), grant (login, on, name,
        privileges, kept). Those on a login that is not kept only touch one of the same session.
        """
        right = database_right(step, MOST_NAME, MARIADB_PRIVILEGES)
        await self._lock(step)
        if right.kept:
            await self._kept(step, right).apply()
            return ""
        match step.kind:
            case "account":
                await self._make(step, right)
            case "role":
                login = await self._must_own(step, right)
                await self._wire.run("GRANT %s TO %s@%s", right.role, login, _HOST)
                with suppress(TargetRefused):
                    await self._wire.run("SET DEFAULT ROLE %s FOR %s@%s", right.role, login, _HOST)
            case "grant":
                login = await self._must_own(step, right)
                await self._wire.run(f"GRANT {what_of(right)} TO %s@%s", login, _HOST)
        return ""

    async def revert(self, step: Step) -> str:
        """Make sure that the change is gone, with the connections it had opened."""
        right = database_right(step, MOST_NAME, MARIADB_PRIVILEGES)
        await self._lock(step)
        if right.kept:
            await self._kept(step, right).revert()
            return ""
        login = await self._find(step, right)
        if login is None:
            return ""
        match step.kind:
            case "account":
                await self._remove(login)
            case "role":
                if await self._wire.run(_MEMBER, login, right.role):
                    await self._wire.run("REVOKE %s FROM %s@%s", right.role, login, _HOST)
            case "grant":
                await self._revoke(login, right)
        return ""

    async def logons(self, step: Step) -> list[Logon]:
        """Connections of the login."""
        right = database_right(step, MOST_NAME, MARIADB_PRIVILEGES)
        login = right.login if right.kept else await self._must_own(step, right)
        found = [str(row[0]) for row in await self._rows(_SIGNED_IN, login)]
        return [Logon(False, one_line(f"database {host.rpartition(':')[0] or host}")) for host in found]

    async def tell(self, step: Step, text: str) -> bool:
        """Clients show nothing that they did not ask for."""
        return False

    # ---- the login

    async def _make(self, step: Step, right: DatabaseRight) -> None:
        if step.secret is None:
            raise TargetRefused("a login needs a password")
        found = await self._rows(_FIND, _mark(step), right.login, _mark(step), right.login)
        if found and not found[0][1]:
            raise TargetRefused(f"the account {right.login} exists and is not this session's")
        login = found[0][0] if found else right.login
        verb = "ALTER" if found else "CREATE"
        native = "mysql_native_password"
        await self._wire.run(
            f"{verb} USER %s@%s IDENTIFIED VIA {native} USING %s OR {native} USING %s ACCOUNT UNLOCK",
            login,
            _HOST,
            native_hash(password_text(step.secret)),
            _mark(step),
        )

    async def _remove(self, login: str) -> None:
        """Shut the login, end what it has open, remove it, and end who was just signing in."""
        await self._wire.run("ALTER USER %s@%s ACCOUNT LOCK", login, _HOST)
        await self._end_connections(login)
        await self._wire.run("DROP USER %s@%s", login, _HOST)
        await self._end_connections(login)

    def _kept(self, step: Step, right: DatabaseRight) -> KeptLogins:
        return KeptLogins(self._wire, self._target, step, right, self._end_connections)

    async def _end_connections(self, login: str) -> None:
        for _ in range(ROUNDS):
            alive = await self._rows(_CONNECTIONS, login)
            if not alive:
                return
            for (number,) in alive:
                await self._kill(number)
            await asyncio.sleep(0.02)
        raise TargetUnreachable(f"{self._where}: connections of {login} do not end")

    async def _kill(self, number: int) -> None:
        try:
            await self._wire.run(f"KILL CONNECTION {int(number)}")
        except TargetRefused as refusal:
            if "1094" not in refusal.detail and "nknown thread" not in refusal.detail:  # it has gone already
                raise

    async def _revoke(self, login: str, right: DatabaseRight) -> None:
        """Only what is there: MariaDB refuses to take back what was never given."""
        given = [row[0] for row in await self._rows("SHOW GRANTS FOR %s@%s", login, _HOST)]
        if not any(f" ON {thing_of(right, '')} TO " in grant for grant in given):
            return
        await self._wire.run(f"REVOKE {what_of(right)} FROM %s@%s", login, _HOST)

    # ---- the connection

    async def _lock(self, step: Step) -> None:
        """Held until the connection ends. What an earlier one had begun for this session is over then.

        Anybody may take such a lock who knows the session's id, as its owner does. So whoever else has it is thrown
        out, or access could be kept by holding up its end.
        """
        if step.marker in self._locked:
            return
        name = f"locum-{step.marker}"
        for _ in range(LOCK_TIMEOUT_S * 50):
            if (await self._rows("SELECT GET_LOCK(%s, 0)", name))[0][0] == 1:
                self._locked.add(step.marker)
                return
            for (number,) in await self._rows(_STRANGER, name):
                await self._kill(number)
            await asyncio.sleep(0.02)
        raise TargetUnreachable(f"{self._where}: an earlier change of this session is not over yet")

    async def _find(self, step: Step, right: DatabaseRight) -> str | None:
        """The session's login, whatever somebody renamed it to; None if there is none."""
        found = await self._rows(_FIND, _mark(step), right.login, _mark(step), right.login)
        if found and found[0][1]:
            return str(found[0][0])
        if found and step.applied:
            raise TargetRefused(
                f"{self._where}: the account {right.login} no longer says that it is this session's"
            )
        return None

    async def _must_own(self, step: Step, right: DatabaseRight) -> str:
        login = await self._find(step, right)
        if login is None:
            raise TargetRefused(f"the account {right.login} is not this session's")
        return login

    async def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        return list(await self._wire.run(query, *values))


def _mark(step: Step) -> str:
    """Not of 20 bytes, as a password's first hash is: nobody could know what to sign in with."""
    return "*" + hashlib.sha1(f"locum-{step.marker}".encode()).hexdigest().upper()  # noqa: S324 - their format
