"""PostgreSQL as a session's target: logins for one session, membership of roles, privileges.

The service account is a superuser, or has CREATEROLE and may give what it is to give (ADMIN on roles, GRANT OPTION on
privileges); without being one it needs pg_signal_backend to end connections of others.

Proof of ownership: the login carries `locum-SESSION_ID` as its comment, set in the transaction that makes it. A role
of that name without it is somebody else's. All changes of one session are made under an advisory lock, so that one
that an earlier Locum began has ended before the next is made.

What `revert` of the account can't know: somebody who could make roles may have made others, or given rights away.
Things that the login owns are data and are not deleted: they go to the role `owned_to`, if the activity names one
that has no power of its own (its owner's rights are what a view or a SECURITY DEFINER function runs with), or the
login stays as a name that nobody can use until a person has decided.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from psycopg import sql

from locum.connectors.base import Logon, Step, Target, TargetRefused
from locum.connectors.database_steps import POSTGRESQL_PRIVILEGES, DatabaseRight, database_right
from locum.connectors.postgresql import MOST_NAME, PostgresKeeper
from locum.connectors.postgresql_kept import KeptLogins
from locum.connectors.postgresql_statements import Missing, Statements, mark_of
from locum.connectors.ssh import one_line

_OURS = "shobj_description(r.oid, 'pg_authid') = %(mark)s"
_FIND = (
    f"SELECT r.oid, r.rolname, coalesce({_OURS}, false) FROM pg_roles r"  # noqa: S608 - a fixed text
    f" WHERE r.rolname = %(login)s OR {_OURS} ORDER BY 3 DESC, r.rolname = %(login)s DESC"
)
_ROLES = "SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = %(oid)s"
_PREPARED = (
    "SELECT database, gid FROM pg_prepared_xacts x JOIN pg_roles r ON r.rolname = x.owner WHERE r.oid = %(oid)s"
)
# dbid 0 are things that all databases share, such as databases.
_USES = (
    "SELECT coalesce(d.datname, current_database()), s.classid, s.objid, s.objsubid, s.deptype = 'o'"
    " FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid"
    " WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = %(oid)s LIMIT 1000"
)
# From where is not told to a service account that may not read all statistics.
_SIGNED_IN = (
    "SELECT coalesce(host(client_addr), '') FROM pg_stat_activity WHERE usename = %(login)s"
    " AND pid <> pg_backend_pid() LIMIT 200"
)
_POWER = (
    "SELECT rolsuper OR rolcreaterole OR rolbypassrls OR rolreplication FROM pg_roles WHERE rolname = %(owned_to)s"
)


class PostgresConnector(Statements):
    """An open connection of the service account. Make one with `connect`."""

    @classmethod
    @asynccontextmanager
    async def connect(cls, target: Target) -> AsyncIterator[PostgresConnector]:
        """Sign in to the target as its service account. Raises TargetRefused and TargetUnreachable."""
        async with PostgresKeeper.connect(target) as server:
            yield cls(target, server)

    async def look(self, step: Step) -> dict[str, str] | None:
        """What a login that stays had before. One for one session alone had nothing."""
        right = database_right(step, MOST_NAME, POSTGRESQL_PRIVILEGES)
        return await KeptLogins(self, step, right).look() if right.kept else None

    async def apply(self, step: Step) -> str:
        """Make sure that the change is there.

        Kinds and parameters: account (login, until, owned_to) for the session alone; own_account (login) and
        managed_account (login, create, delete), which stay; managed_password (login); role (login, role, kept), grant
        (login, on, name, privileges, kept). Those on a login that is not kept only touch one of the same session.
        """
        right = database_right(step, MOST_NAME, POSTGRESQL_PRIVILEGES)
        await self.lock(step)
        if right.kept:
            await KeptLogins(self, step, right).apply()
            return ""
        match step.kind:
            case "account":
                await self._make(step, right)
            case "role":
                _, login = await self._must_own(step, right)
                await self.execute("GRANT {} TO {}", right.role, login)
            case "grant":
                _, login = await self._must_own(step, right)
                await self._grant("GRANT", "TO", right, login)
        return ""

    async def revert(self, step: Step) -> str:
        """Make sure that the change is gone, with the connections it had opened."""
        right = database_right(step, MOST_NAME, POSTGRESQL_PRIVILEGES)
        await self.lock(step)
        if right.kept:
            gone = await KeptLogins(self, step, right).revert()
            if gone is not None:
                await self._remove(*gone, right)
            return ""
        found = await self._find(step, right)
        if found is None:
            return ""
        oid, login = found
        match step.kind:
            case "account":
                await self._remove(oid, login, right)
            case "role":
                if right.role in await self._roles(oid):
                    await self.execute("REVOKE {} FROM {}", right.role, login)
            case "grant":
                await self._grant("REVOKE", "FROM", right, login)
        return ""

    async def logons(self, step: Step) -> list[Logon]:
        """Connections of the login, to any database."""
        right = database_right(step, MOST_NAME, POSTGRESQL_PRIVILEGES)
        login = right.login if right.kept else (await self._must_own(step, right))[1]
        return [Logon(False, one_line(f"database {row[0]}")) for row in await self.rows(_SIGNED_IN, login=login)]

    async def tell(self, step: Step, text: str) -> bool:
        """Clients show nothing that they did not ask for."""
        return False

    # ---- the login

    async def _make(self, step: Step, right: DatabaseRight) -> None:
        if step.secret is None:
            raise TargetRefused("a login needs a password")
        found = await self.rows(_FIND, mark=mark_of(step), login=right.login)
        if found and not found[0][2]:
            raise TargetRefused(f"the role {right.login} exists and is not this session's")
        login = found[0][1] if found else right.login
        verb = sql.SQL("ALTER" if found else "CREATE")
        verifier = sql.Literal(self.server.verifier(login, step.secret))
        until = sql.Literal(right.until.isoformat() if right.until else "infinity")

        async def both() -> None:
            connection = self.server.connection
            async with connection.transaction():
                await connection.execute(
                    sql.SQL("{} ROLE {} LOGIN PASSWORD {} VALID UNTIL {}").format(
                        verb, sql.Identifier(login), verifier, until
                    )
                )
                comment = sql.SQL("COMMENT ON ROLE {} IS {}").format(
                    sql.Identifier(login), sql.Literal(mark_of(step))
                )
                await connection.execute(comment)

        await self.run(both)

    async def _remove(self, oid: int, login: str, right: DatabaseRight) -> None:
        """(1) Shut the login, take its roles; (2) end what it has open; (3) settle what it owns and was given; (4)
        remove it; (5) end who was just signing in. It can be used by nobody after (2)."""
        await self.execute("ALTER ROLE {} NOLOGIN", login)
        for role in await self._roles(oid):
            await self.execute("REVOKE {} FROM {}", role, login)
        if not (
            await self.rows(
                "SELECT rolsuper OR pg_has_role(%(oid)s::oid, 'MEMBER') FROM pg_roles"
                " WHERE rolname = current_user",
                oid=oid,
            )
        )[0][0]:
            await self.execute("GRANT {} TO CURRENT_USER", login)
        await self.end_connections(oid)
        for database, gid in await self.rows(_PREPARED, oid=oid):
            async with self._beside(database) as server:
                await server.statement(sql.SQL("ROLLBACK PREPARED {}").format(sql.Literal(gid)))
        await self._settle(oid, login, right)
        await self.execute("DROP ROLE {}", login)
        await self.end_connections(oid)

    async def _settle(self, oid: int, login: str, right: DatabaseRight) -> None:
        """What is left in each database that knows the role."""
        uses = await self.rows(_USES, oid=oid)
        owned = [use for use in uses if use[4]]
        if owned and right.owned_to is None:
            raise TargetRefused(f"{self.where}: {login} is shut, but owns {await self._describe(owned)}")
        if owned:
            power = await self.rows(_POWER, owned_to=right.owned_to)
            if not power or power[0][0]:
                why = "is a role with power of its own" if power else "is not there"
                raise TargetRefused(
                    f"{self.where}: {login} is shut, but {right.owned_to}, which is to own its things, {why}"
                )
        for database in sorted({use[0] for use in uses}):
            async with self._beside(database) as server:
                await server._give_up(login, right.owned_to if owned else None)

    async def _give_up(self, login: str, owned_to: str | None) -> None:
        async def both() -> None:
            connection = self.server.connection
            async with connection.transaction():
                name = sql.Identifier(login)
                if owned_to is not None:
                    await connection.execute(
                        sql.SQL("REASSIGN OWNED BY {} TO {}").format(name, sql.Identifier(owned_to))
                    )
                # Only privileges are left by now: what is owned was given away, or there was none.
                await connection.execute(sql.SQL("DROP OWNED BY {}").format(name))

        await self.run(both)

    async def _describe(self, owned: list[Any]) -> str:
        """The first few, in the words of the database they are in."""
        said = []
        for database, classid, objid, objsubid, _ in owned[:3]:
            async with self._beside(database) as server:
                what = "SELECT pg_describe_object(%(classid)s, %(objid)s, %(objsubid)s)"
                named = await server.rows(what, classid=classid, objid=objid, objsubid=objsubid)
            said.append(f"{one_line(str(named[0][0]))} in {one_line(database)}")
        return ", ".join(said) + (f" and {len(owned) - 3} more" if len(owned) > 3 else "")

    # ---- privileges

    async def _grant(self, verb: str, to: str, right: DatabaseRight, login: str) -> None:
        on = {
            "database": "DATABASE {}",
            "schema": "SCHEMA {}",
            "tables": "ALL TABLES IN SCHEMA {}",
            "sequences": "ALL SEQUENCES IN SCHEMA {}",
        }[right.on]
        what = ", ".join(right.privileges)
        try:
            await self.execute(f"{verb} {what} ON {on} {to} {{}}", right.name, login)
        except Missing as missing:
            if verb == "GRANT":
                raise TargetRefused(missing.detail) from None  # to take it back, there is nothing left to do

    # ---- the connection

    async def _find(self, step: Step, right: DatabaseRight) -> tuple[int, str] | None:
        """The session's login, whatever somebody renamed it to; None if there is none."""
        found = await self.rows(_FIND, mark=mark_of(step), login=right.login)
        if found and found[0][2]:
            return found[0][0], found[0][1]
        if found and step.applied:
            raise TargetRefused(f"{self.where}: the role {right.login} no longer says that it is this session's")
        return None

    async def _must_own(self, step: Step, right: DatabaseRight) -> tuple[int, str]:
        found = await self._find(step, right)
        if found is None:
            raise TargetRefused(f"the role {right.login} is not this session's")
        return found

    async def _roles(self, oid: int) -> list[str]:
        return [row[0] for row in await self.rows(_ROLES, oid=oid)]

    @asynccontextmanager
    async def _beside(self, database: str) -> AsyncIterator[PostgresConnector]:
        """The same server, in another of its databases."""
        async with PostgresConnector.connect(replace(self.target, database=database)) as other:
            yield other
