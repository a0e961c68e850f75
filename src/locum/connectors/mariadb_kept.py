"""MariaDB logins that stay: managed ones, switched on for sessions, and people's own, given rights for a while.

A login is one account, on whichever host it is for; several of one name are refused. What it had before a session is
seen first and stays: what the session adds is all that is taken away. One that Locum makes is for any host, and while
a session is on it has a second password hash that no password has.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, Any

from locum.connectors.base import FailureReason, Step, Target, TargetRefused
from locum.connectors.database_steps import DatabaseRight, as_found, had_before
from locum.connectors.mariadb import native_hash
from locum.connectors.values import password_text

if TYPE_CHECKING:
    from locum.connectors.mariadb_wire import Wire

_HOST = "%"
_NATIVE = "mysql_native_password"
MADE = "*" + b"locum-managed".hex().upper().ljust(40, "0")  # a hash that no password has
_POWER = "'Y' IN (u.Super_priv, u.Create_user_priv, u.Grant_priv, u.File_priv)"
# Host, ways to sign in, whether it is ours, whether it has power by itself, and by a role.
_ACCOUNT = (
    "SELECT p.Host, coalesce(json_value(p.Priv, '$.plugin'), ''),"  # noqa: S608 - a fixed text
    " coalesce(json_length(p.Priv, '$.auth_or'), 0) > 1,"
    " json_search(coalesce(json_query(p.Priv, '$.auth_or'), '[]'), 'one', %s) IS NOT NULL,"
    f" {_POWER}, EXISTS (SELECT 1 FROM mysql.roles_mapping m JOIN mysql.user u ON u.User = m.Role AND u.Host = ''"
    f" WHERE m.User = p.User AND m.Host = p.Host AND {_POWER})"
    " FROM mysql.global_priv p JOIN mysql.user u ON u.User = p.User AND u.Host = p.Host"
    " WHERE BINARY p.User = %s AND NOT coalesce(json_value(p.Priv, '$.is_role'), '0') IN ('1', 'true')"
)
_MEMBER = "SELECT 1 FROM mysql.roles_mapping WHERE BINARY Host = %s AND BINARY User = %s AND BINARY Role = %s"
_HAS = {
    "database": "SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES"
    " WHERE BINARY GRANTEE = %s AND BINARY TABLE_SCHEMA = %s",
    "server": "SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE BINARY GRANTEE = %s AND %s = '*.*'",
}
_RENAMED = {"SLAVE MONITOR": "REPLICA MONITOR"}
"""What the server calls otherwise than Locum's list of privileges does."""


class KeptLogins:
    """One step on a login that stays. `end_connections` ends all that a user has open."""

    def __init__(
        self,
        wire: Wire,
        target: Target,
        step: Step,
        right: DatabaseRight,
        end_connections: Callable[[str], Awaitable[None]],
    ) -> None:
        self._wire = wire
        self._target = target
        self._where = f"{target.host}:{target.port}"
        self._step = step
        self._right = right
        self._login = right.login
        self._end_connections = end_connections
        self._had = had_before(step.found)

    async def look(self) -> dict[str, str]:
        """What the login had before, and the host it is for."""
        account = await self._account()
        if account is None:
            return as_found(set())
        host = str(account[0])
        match self._step.kind:
            case "role":
                had = {"member"} if await self._is_member(host) else set()
            case "grant":
                had = await self._has(host) & set(self._right.privileges)
            case _:
                had = {"there"}
        return as_found(had, host)

    async def apply(self) -> None:
        """Make sure that the login is on, or has the right. Its default role stays as it is."""
        account = await self._account()
        if self._step.kind == "managed_account":
            await self._switch_on(account)
            return
        if account is None:
            if self._step.kind == "managed_password":
                return  # whoever ended it meanwhile did more than that
            raise self._nobody()
        host = str(account[0])
        match self._step.kind:
            case "managed_password":
                await self._set_password(host, made=bool(account[3]))
            case "role":
                if "member" not in self._had:
                    await self._wire.run("GRANT %s TO %s@%s", self._right.role, self._login, host)
            case "grant":
                wanted = [one for one in self._right.privileges if one not in self._had]
                if wanted:
                    await self._wire.run(f"GRANT {what_of(self._right, wanted)} TO %s@%s", self._login, host)
            case _:
                self._check(account)

    async def revert(self) -> None:
        """Make sure that it is off, or has the right no longer. A connection keeps its role and what it may do in its
        database, so those that are open end with the right."""
        account = await self._account()
        if account is None or self._step.found is None:  # not looked at, so nothing was done
            return
        host = str(account[0])
        match self._step.kind:
            case "managed_account":
                await self._switch_off(account)
            case "role":
                if "member" not in self._had and await self._is_member(host):
                    await self._wire.run("REVOKE %s FROM %s@%s", self._right.role, self._login, host)
                    await self._end_connections(self._login)
            case "grant":
                has = await self._has(host)
                gone = [one for one in self._right.privileges if one in has and one not in self._had]
                if gone:
                    await self._wire.run(f"REVOKE {what_of(self._right, gone)} FROM %s@%s", self._login, host)
                    await self._end_connections(self._login)

    # ---- the login

    async def _account(self) -> tuple[Any, ...] | None:
        """Once it was looked at, the one that was seen, or that Locum has made since."""
        found = [tuple(row) for row in await self._wire.run(_ACCOUNT, MADE, self._login)]
        if self._step.found is not None:
            host = self._step.found.get("key", _HOST)
            return next((row for row in found if row[0] == host), None)
        if len(found) > 1:
            hosts = ", ".join(sorted(str(row[0]) for row in found)[:5])
            raise TargetRefused(f"{self._where}: {self._login} is several accounts there, for {hosts}")
        return found[0] if found else None

    def _nobody(self) -> TargetRefused:
        return TargetRefused(
            f"{self._where}: there is no account {self._login}", reason=FailureReason.INVALID_USER_NAME
        )

    def _check(self, account: tuple[Any, ...]) -> None:
        """Raise TargetRefused for an account that nobody is let in by, or given anything."""
        _, plugin, several, ours, has_power, role_has_power = account
        managed = self._step.kind == "managed_account"
        if self._login == self._target.username:
            why = "is Locum's own way in"
        elif several and not ours:
            why = "is another session's, or signs in by several ways"
        elif has_power or (managed and role_has_power):
            why = "has power of its own"
        elif managed and plugin not in ("", _NATIVE):
            why = "signs in by something else than a native password"
        elif managed and "there" not in self._had and not ours:
            why = "was made by somebody else a moment ago"
        else:
            return
        raise TargetRefused(f"{self._where}: {self._login} {why}", reason=FailureReason.ACCESS_DENIED)

    async def _switch_on(self, account: tuple[Any, ...] | None) -> None:
        if account is not None:
            self._check(account)
            await self._set_password(str(account[0]), made=bool(account[3]), unlock=True)
            return
        if not self._right.create or self._had:
            raise self._nobody()
        try:
            await self._set_password(_HOST, made=True, unlock=True, verb="CREATE")
        except TargetRefused:
            # Another session may have made it just now.
            account = await self._account()
            if account is None or not account[3]:
                raise
            await self._set_password(_HOST, made=True, unlock=True)

    async def _switch_off(self, account: tuple[Any, ...]) -> None:
        """Locked first. Without its mark it is somebody else's, and is not deleted."""
        host = str(account[0])
        try:
            self._check(account)
        except TargetRefused:
            # Never switched on then; but one that became powerful since must be shut all the same.
            if not self._step.applied or self._login == self._target.username:
                return
        await self._wire.run("ALTER USER %s@%s ACCOUNT LOCK", self._login, host)
        await self._end_connections(self._login)
        if self._right.delete and not self._had and account[3]:
            await self._wire.run("DROP USER %s@%s", self._login, host)
        else:
            nobodys = "*" + secrets.token_hex(20).upper()
            await self._wire.run(f"ALTER USER %s@%s IDENTIFIED VIA {_NATIVE} USING %s", self._login, host, nobodys)
        await self._end_connections(self._login)

    async def _set_password(self, host: str, *, made: bool, unlock: bool = False, verb: str = "ALTER") -> None:
        if self._step.secret is None:
            raise TargetRefused("a login needs a password")
        values = [native_hash(password_text(self._step.secret)), *([MADE] if made else [])]
        ways = " OR ".join(f"{_NATIVE} USING %s" for _ in values)
        on = " ACCOUNT UNLOCK" if unlock else ""
        await self._wire.run(f"{verb} USER %s@%s IDENTIFIED VIA {ways}{on}", self._login, host, *values)

    # ---- rights

    async def _is_member(self, host: str) -> bool:
        return bool(await self._wire.run(_MEMBER, host, self._login, self._right.role))

    async def _has(self, host: str) -> set[str]:
        thing = "*.*" if self._right.on == "server" else _pattern(self._right.name)
        grantee = f"'{self._login}'@'{host}'"
        has = {str(row[0]) for row in await self._wire.run(_HAS[self._right.on], grantee, thing)}
        return has | {name for old, name in _RENAMED.items() if old in has}


def what_of(right: DatabaseRight, privileges: Collection[str] | None = None) -> str:
    """Privileges, all of the step's or some, and the thing they are on, for a statement with values."""
    return f"{', '.join(right.privileges if privileges is None else privileges)} ON {thing_of(right, '%')}"


def thing_of(right: DatabaseRight, more: str) -> str:
    """The thing, quoted for SQL. `more` doubles what the driver takes for a place of a value."""
    if right.on == "server":
        return "*.*"
    name = _pattern(right.name).replace("`", "``")
    return f"`{name.replace('%', '%' + more)}`.*"


def _pattern(name: str) -> str:
    """In the place of a database, _ and % are patterns."""
    return name.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
