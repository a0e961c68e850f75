"""MariaDB and MySQL: the passwords of accounts. The service account needs CREATE USER on *.* and SELECT on mysql.*.

A login is `user`, which means all accounts of that user name, on whichever hosts, as one; or `user@host`, which means
that one. An account keeps its way to check passwords (its plugin). The driver is imported on first use: it comes with
`locum[mysql]`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from locum.connectors.base import Account, Privilege, Target, TargetRefused
from locum.connectors.database import COMMAND_TIMEOUT_S, DatabaseKeeper
from locum.connectors.ssh import one_line
from locum.connectors.values import account_name, password_text
from locum.vault.secret import Secret

if TYPE_CHECKING:
    from locum.connectors.mariadb_wire import Wire

MOST_NAME = 400  # bytes: a user name of 80 letters, "@", a host
_NATIVE = "mysql_native_password"
_PLUGINS = (_NATIVE, "ed25519", "caching_sha2_password", "sha256_password")
_FIND_MARIADB = (
    "SELECT p.User, p.Host, coalesce(json_value(p.Priv, '$.plugin'), ''),"
    " coalesce(json_value(p.Priv, '$.authentication_string'), ''),"
    " coalesce(json_value(p.Priv, '$.account_locked'), '0') IN ('1', 'true'),"
    " coalesce(json_length(p.Priv, '$.auth_or'), 0) > 1, u.Super_priv = 'Y'"
    " FROM mysql.global_priv p JOIN mysql.user u ON u.User = p.User AND u.Host = p.Host"
    " WHERE NOT coalesce(json_value(p.Priv, '$.is_role'), '0') IN ('1', 'true') AND p.User = %s"
)
_FIND_MYSQL = (
    "SELECT User, Host, plugin, authentication_string, account_locked = 'Y', 0, Super_priv = 'Y'"
    " FROM mysql.user WHERE User = %s"
)
_DENIED = (1045, 1698)
_EXPIRED = (1820, 1862)  # the password is right, and wants to be changed


@dataclass(frozen=True, slots=True)
class _Entry:
    """One account as the server keeps it."""

    user: str
    host: str
    plugin: str
    stored: str
    locked: bool
    several_ways: bool
    is_super: bool


class MariadbKeeper(DatabaseKeeper):
    """An open connection of the service account. Make one with `connect`."""

    def __init__(self, target: Target, wire: Wire) -> None:
        super().__init__(target)
        self.wire = wire

    @classmethod
    @asynccontextmanager
    async def connect(cls, target: Target) -> AsyncIterator[MariadbKeeper]:
        """Sign in to the target as its service account. Raises TargetRefused and TargetUnreachable."""
        try:
            from locum.connectors.mariadb_wire import Denied, Wire
        except ImportError:
            raise TargetRefused("the driver for MariaDB and MySQL is missing: install locum[mysql]") from None
        password = password_text(target.password) if target.password else ""
        try:
            wire = await Wire.open(target, target.username, password)
        except Denied as denied:
            where = f"{target.host}:{target.port}"
            raise TargetRefused(
                f"{where} does not let the service account {target.username} in: {denied.detail}"
            ) from None
        try:
            yield cls(target, wire)
        finally:
            wire.drop()

    async def find(self, login: str) -> Account | None:
        """All accounts of the login as one: enabled if any of them is, as powerful as the most powerful."""
        entries = await self._entries(login)
        if not entries:
            return None
        return Account(
            login=login,
            enabled=any(not entry.locked for entry in entries),
            privilege=Privilege.ADMINISTRATOR if any(entry.is_super for entry in entries) else Privilege.USER,
        )

    async def accepts_password(self, login: str, password: Secret) -> bool:
        """By signing in. What the server keeps of a native password is looked at too: the account may be for other
        hosts than ours, or be several of which only one answers us."""
        text = password_text(password)
        entries = await self._with_passwords(login)
        native = all(entry.plugin == _NATIVE for entry in entries)
        if native and not all(hmac.compare_digest(entry.stored.upper(), native_hash(text)) for entry in entries):
            return False
        return await self._signs_in(entries[0].user, text, known_right=native)

    async def _signs_in(self, user: str, text: str, *, known_right: bool) -> bool:
        from locum.connectors.mariadb_wire import Denied, Wire

        try:
            wire = await Wire.open(self._target, user, text)
        except Denied as denied:
            if denied.code in _EXPIRED or known_right:
                return True
            if denied.code in _DENIED:
                return False
            raise TargetRefused(f"{self._where}: no way to try the password: {denied.detail}") from None
        wire.drop()
        return True

    async def change_password(self, login: str, password: Secret) -> None:
        """A native password goes over as the hash that the server keeps, so that no log there holds it. Others can't:
        they are kept out of the general log where the service account may say so."""
        text = password_text(password)
        entries = await self._with_passwords(login)
        if self.wire.is_mariadb:
            # Else a change that hangs behind a backup's lock would be made whenever that ends, after hours perhaps.
            # MySQL has nothing like it.
            await self.wire.run(f"SET SESSION max_statement_time = {int(COMMAND_TIMEOUT_S)}")
        for entry in entries:
            value = text
            if entry.plugin == _NATIVE:
                value = native_hash(text)
            else:
                with suppress(TargetRefused):
                    await self.wire.run("SET SESSION sql_log_off = 1")
            statement = f"ALTER USER %s@%s IDENTIFIED {self._clause(entry.plugin)}"
            await self.wire.run(statement, entry.user, entry.host, value)

    def _clause(self, plugin: str) -> str:
        if self.wire.is_mariadb:
            return "BY PASSWORD %s" if plugin == _NATIVE else f"VIA {plugin} USING PASSWORD(%s)"
        return f"WITH {plugin} AS %s" if plugin == _NATIVE else f"WITH {plugin} BY %s"

    async def set_enabled(self, login: str, enabled: bool) -> None:
        """ACCOUNT UNLOCK or LOCK. Connections that are open go on."""
        entries = await self._must_find(login)
        self.keep_way_in(entries[0].user, enabled)
        for entry in entries:
            state = "UNLOCK" if enabled else "LOCK"
            await self.wire.run(f"ALTER USER %s@%s ACCOUNT {state}", entry.user, entry.host)

    async def _with_passwords(self, login: str) -> list[_Entry]:
        entries = await self._must_find(login)
        for entry in entries:
            if entry.several_ways or entry.plugin not in _PLUGINS:
                ways = "several ways" if entry.several_ways else one_line(entry.plugin)
                raise TargetRefused(f"{login} signs in by {ways} on {self._where}, not by a password alone")
        return entries

    async def _must_find(self, login: str) -> list[_Entry]:
        entries = await self._entries(login)
        if not entries:
            raise TargetRefused(f"there is no account {login} on {self._where}")
        return entries

    async def _entries(self, login: str) -> list[_Entry]:
        account_name(login, MOST_NAME)
        entries = await self._named(login)
        user, at, host = login.rpartition("@")
        if not entries and at and user:
            entries = [entry for entry in await self._named(user) if entry.host.lower() == host.lower()]
        return entries

    async def _named(self, user: str) -> list[_Entry]:
        query = _FIND_MARIADB if self.wire.is_mariadb else _FIND_MYSQL
        found = [
            _Entry(name, host, plugin or _NATIVE, stored, bool(locked), bool(ways), bool(is_super))
            for name, host, plugin, stored, locked, ways, is_super in await self.wire.run(query, user)
        ]
        return [entry for entry in found if entry.user == user]


def native_hash(text: str) -> str:
    """What mysql_native_password keeps of a password."""
    return "*" + hashlib.sha1(hashlib.sha1(text.encode()).digest()).hexdigest().upper()  # noqa: S324 - its format
