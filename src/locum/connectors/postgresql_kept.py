"""PostgreSQL logins that stay: managed ones, switched on for sessions, and people's own, given rights for a while.

Each is known by its number (oid) once it was seen. What it had before a session is seen first and stays: what the
session adds is all that is taken away. The role that Locum makes says `locum-managed` as its comment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from psycopg import sql

from locum.connectors.base import FailureReason, Step, TargetRefused, TargetUnreachable
from locum.connectors.database_steps import DatabaseRight, as_found, had_before
from locum.connectors.postgresql_statements import Missing, Statements

MADE = "locum-managed"
MOST_AT_ONCE = 200  # tables in one statement
# One of another session has its mark. Whoever has power, or a role with power, could keep what is given for a while.
_ACCOUNT = (
    "SELECT r.oid, r.rolname, coalesce(shobj_description(r.oid, 'pg_authid'), ''), r.rolsuper, EXISTS (SELECT FROM"
    " pg_roles p WHERE (p.rolsuper OR p.rolcreaterole OR p.rolbypassrls OR p.rolreplication)"
    " AND pg_has_role(r.oid, p.oid, 'MEMBER')) FROM pg_roles r WHERE "
)
_BY_KEY = _ACCOUNT + "r.oid = %(key)s::oid"
_BY_NAME = _ACCOUNT + "r.rolname = %(login)s"
_MEMBER = (
    "SELECT 1 FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid"
    " WHERE m.member = %(oid)s AND g.rolname = %(role)s"
)
_ON = {
    "database": "SELECT x.privilege_type FROM pg_database d, aclexplode(coalesce(datacl, acldefault('d', datdba))) x"
    " WHERE d.datname = %(name)s AND x.grantee = %(oid)s",
    "schema": "SELECT x.privilege_type FROM pg_namespace n, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) x"
    " WHERE n.nspname = %(name)s AND x.grantee = %(oid)s",
}
# What the login owns it has rights on anyway.
_THINGS = (
    "SELECT c.oid, c.relname, ARRAY(SELECT x.privilege_type FROM aclexplode(c.relacl) x WHERE x.grantee = %(oid)s)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = %(name)s AND c.relowner <> %(oid)s AND c.relkind = ANY(%(kinds)s) ORDER BY c.oid"
)
_KINDS = {"tables": ["r", "v", "m", "f", "p"], "sequences": ["S"]}


class KeptLogins:
    """One step on a login that stays."""

    def __init__(self, on: Statements, step: Step, right: DatabaseRight) -> None:
        self._on = on
        self._step = step
        self._right = right
        self._had = had_before(step.found)

    async def look(self) -> dict[str, str]:
        """What the login had before, and its number."""
        right, account = self._right, await self._account()
        if account is None:
            return as_found(set())
        oid = account[0]
        match self._step.kind:
            case "role":
                had = {"member"} if await self._is_member(oid) else set()
            case "grant" if right.on in _KINDS:
                things = await self._things(oid)
                had = {f"{one}:{thing}" for thing, _, has in things for one in has if one in right.privileges}
            case "grant":
                had = await self._has(oid) & set(right.privileges)
            case _:
                had = {"there"}
        return as_found(had, str(oid))

    async def apply(self) -> None:
        """Make sure that the login is on, or has the right."""
        account = await self._account()
        if self._step.kind == "managed_account":
            await self._switch_on(account)
            return
        if account is None:
            if self._step.kind == "managed_password":
                return  # whoever ended it meanwhile did more than that
            raise self._nobody()
        oid, login = account[0], account[1]
        match self._step.kind:
            case "managed_password":
                await self._on.statement(self._alter(login, "PASSWORD {}"))
            case "role":
                if "member" not in self._had:
                    await self._on.execute("GRANT {} TO {}", self._right.role, login)
            case "grant":
                await self._give(oid, login)
            case _:
                self._check(account)

    async def revert(self) -> tuple[int, str] | None:
        """Make sure that it is off, or has the right no longer. Answers the login that is to be deleted now."""
        account = await self._account()
        if account is None or self._step.found is None:  # not looked at, so nothing was done
            return None
        oid, login = account[0], account[1]
        match self._step.kind:
            case "managed_account":
                return await self._switch_off(account)
            case "role":
                if "member" not in self._had and await self._is_member(oid):
                    await self._on.execute("REVOKE {} FROM {}", self._right.role, login)
                    await self._end_connections(oid)  # one may have said SET ROLE
            case "grant":
                await self._take(oid, login)
        return None

    # ---- the login

    async def _account(self) -> tuple[Any, ...] | None:
        """Its oid, name, comment, whether it is a superuser, and whether it has power by any way."""
        key = (self._step.found or {}).get("key")
        if key is not None:
            found = await self._on.rows(_BY_KEY, key=key)
        else:
            found = await self._on.rows(_BY_NAME, login=self._right.login)
        return tuple(found[0]) if found else None

    def _nobody(self) -> TargetRefused:
        return TargetRefused(
            f"{self._on.where}: there is no role {self._right.login}", reason=FailureReason.INVALID_USER_NAME
        )

    def _check(self, account: tuple[Any, ...]) -> None:
        """Raise TargetRefused for a role that nobody is let in by, or given anything."""
        _, login, comment, is_super, has_power = account
        managed = self._step.kind == "managed_account"
        if login == self._on.target.username:
            why = "is Locum's own way in"
        elif comment.startswith("locum-") and comment != MADE:
            why = "is another session's"
        elif is_super or login.startswith("pg_"):
            why = "is a superuser or the system's"
        elif managed and has_power:
            why = "is a role with power of its own"
        elif managed and "there" not in self._had and comment != MADE:
            why = "was made by somebody else a moment ago"
        else:
            return
        raise TargetRefused(f"{self._on.where}: {login} {why}", reason=FailureReason.ACCESS_DENIED)

    async def _switch_on(self, account: tuple[Any, ...] | None) -> None:
        if account is not None:
            self._check(account)
            await self._on.statement(self._alter(account[1], "LOGIN PASSWORD {}"))
            return
        if not self._right.create or self._had:
            raise self._nobody()
        made = self._alter(self._right.login, "LOGIN PASSWORD {}", verb="CREATE")
        comment = sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(self._right.login), sql.Literal(MADE))

        async def both() -> None:
            connection = self._on.server.connection
            async with connection.transaction():
                await connection.execute(made)
                await connection.execute(comment)

        try:
            await self._on.run(both)
        except TargetRefused:
            # Another session may have made it just now.
            account = await self._account()
            if account is None or account[2] != MADE:
                raise
            await self._on.statement(self._alter(account[1], "LOGIN PASSWORD {}"))

    async def _switch_off(self, account: tuple[Any, ...]) -> tuple[int, str] | None:
        oid, login = account[0], account[1]
        try:
            self._check(account)
        except TargetRefused:
            # Never switched on then; but one that became powerful since must be shut all the same.
            if not self._step.applied or login == self._on.target.username:
                return None
        await self._on.execute("ALTER ROLE {} NOLOGIN PASSWORD NULL", login)
        await self._end_connections(oid)
        return (oid, login) if self._right.delete and not self._had and account[2] == MADE else None

    async def _end_connections(self, oid: int) -> None:
        """Twice: somebody may have been just signing in."""
        await self._on.end_connections(oid)
        await asyncio.sleep(0.05)
        await self._on.end_connections(oid)

    def _alter(self, login: str, what: str, verb: str = "ALTER") -> sql.Composed:
        if self._step.secret is None:
            raise TargetRefused("a login needs a password")
        verifier = sql.Literal(self._on.server.verifier(login, self._step.secret))
        return sql.SQL(f"{verb} ROLE {{}} {what}").format(sql.Identifier(login), verifier)

    # ---- rights

    async def _is_member(self, oid: int) -> bool:
        return bool(await self._on.rows(_MEMBER, oid=oid, role=self._right.role))

    async def _has(self, oid: int) -> set[str]:
        return {row[0] for row in await self._on.rows(_ON[self._right.on], oid=oid, name=self._right.name)}

    async def _things(self, oid: int) -> list[Any]:
        kinds = _KINDS[self._right.on]
        return await self._on.rows(_THINGS, oid=oid, name=self._right.name, kinds=kinds)

    async def _give(self, oid: int, login: str) -> None:
        right = self._right
        if right.on not in _KINDS:
            await self._say(
                "GRANT", "TO", [p for p in right.privileges if p not in self._had], [right.name], login
            )
            return
        if not await self._on.rows("SELECT 1 FROM pg_namespace WHERE nspname = %(name)s", name=right.name):
            raise TargetRefused(f"{self._on.where}: there is no schema {right.name}")
        things = await self._things(oid)
        for privileges, names in self._chunks(things, given=False):
            await self._say("GRANT", "TO", privileges, names, login)

    async def _take(self, oid: int, login: str) -> None:
        right = self._right
        try:
            if right.on not in _KINDS:
                has = await self._has(oid)
                gone = [p for p in right.privileges if p in has and p not in self._had]
                await self._say("REVOKE", "FROM", gone, [right.name], login)
                return
            for privileges, names in self._chunks(await self._things(oid), given=True):
                await self._say("REVOKE", "FROM", privileges, names, login)
        except Missing as missing:
            raise TargetUnreachable(missing.detail) from None  # a table went meanwhile: look again

    def _chunks(self, things: list[Any], *, given: bool) -> Iterator[tuple[list[str], list[str]]]:
        """Privileges and the things on which the login has them, or lacks them, and which it had not before."""
        by_privileges: dict[tuple[str, ...], list[str]] = {}
        for thing, name, has in things:
            wanted = tuple(
                one
                for one in self._right.privileges
                if (one in has) == given and not self._had & {one, f"{one}:{thing}"}
            )
            if wanted:
                by_privileges.setdefault(wanted, []).append(name)
        for privileges, names in by_privileges.items():
            for at in range(0, len(names), MOST_AT_ONCE):
                yield list(privileges), names[at : at + MOST_AT_ONCE]

    async def _say(self, verb: str, to: str, privileges: list[str], names: list[str], login: str) -> None:
        """GRANT or REVOKE of privileges, which come from a fixed list, on names, which are quoted."""
        if not privileges:
            return
        on = {"database": "DATABASE", "schema": "SCHEMA", "tables": "TABLE", "sequences": "SEQUENCE"}[
            self._right.on
        ]
        schema = [self._right.name] if self._right.on in _KINDS else []
        things = sql.SQL(", ").join(sql.Identifier(*schema, name) for name in names)
        statement = f"{verb} {', '.join(privileges)} ON {on} {{}} {to} {{}}"
        await self._on.statement(sql.SQL(statement).format(things, sql.Identifier(login)))
