"""PostgreSQL: the passwords of roles. The service account is a superuser, or has CREATEROLE and may administer the
roles it is to change. A new password goes over as a SCRAM verifier made here, so that no log there ever holds it."""

from __future__ import annotations

import asyncio
import os
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import psycopg
from psycopg import sql, waiting

from locum.connectors.base import Account, Privilege, Target, TargetRefused, TargetUnreachable
from locum.connectors.database import COMMAND_TIMEOUT_S, CONNECT_TIMEOUT_S, DatabaseKeeper
from locum.connectors.ssh import one_line
from locum.connectors.values import account_name, password_text
from locum.vault.secret import Secret

MOST_NAME = 63  # bytes; PostgreSQL cuts a longer name off
MOST_STEPS = 400  # reads from the socket for one answer, of which a sane one takes under ten (SEC-23)
# Going down, starting, or a statement stopped by its time; out of resources; connection lost; locks.
_LATER = ("57", "53", "08", "40", "55P03")
_FIND = (
    "SELECT rolcanlogin, coalesce(rolvaliduntil > now(), true), rolsuper, rolcreaterole FROM pg_roles"
    " WHERE rolname = %s"
)

T = TypeVar("T")


class PostgresKeeper(DatabaseKeeper):
    """An open connection of the service account. Make one with `connect`."""

    def __init__(self, target: Target, connection: _Connection) -> None:
        super().__init__(target)
        self.connection = connection

    @classmethod
    @asynccontextmanager
    async def connect(cls, target: Target) -> AsyncIterator[PostgresKeeper]:
        """Sign in to the target as its service account. Raises TargetRefused and TargetUnreachable."""
        password = password_text(target.password) if target.password else ""
        try:
            connection = await _sign_in(target, target.username, password, asked=False)
        except _Denied as error:
            raise TargetRefused(
                f"{target.host}:{target.port} does not let the service account {target.username} in: {error.detail}"
            ) from None
        try:
            yield cls(target, connection)
        finally:
            connection.pgconn.finish()

    async def find(self, login: str) -> Account | None:
        """A role. One that may not log in, or whose password is past its date, counts as disabled."""
        account_name(login, MOST_NAME)
        row = await self.run(lambda: self._row(_FIND, (login,)))
        if row is None:
            return None
        may_log_in, in_date, is_super, makes_roles = row
        privilege = Privilege.POWER_USER if makes_roles else Privilege.USER
        return Account(
            login=login,
            enabled=bool(may_log_in and in_date),
            privilege=Privilege.ADMINISTRATOR if is_super else privilege,
        )

    async def accepts_password(self, login: str, password: Secret) -> bool:
        """By signing in as that role. One that may not log in is told so after its password was found right."""
        text = password_text(password)
        account = await self._must_find(login)
        try:
            connection = await _sign_in(self._target, login, text, asked=True)
        except _Denied as denied:
            if "is not permitted to log in" in denied.detail:
                return True
            if not account.enabled:
                raise TargetRefused(f"the role {login} is disabled or out of date: no way to try it") from None
            if "password authentication failed" in denied.detail or await self._same_denial(login, denied.detail):
                return False
            raise TargetRefused(f"{self._where}: {denied.detail}") from None
        connection.pgconn.finish()
        return True

    async def _same_denial(self, login: str, detail: str) -> bool:
        """Whether the server, which may speak any language, says the same of a password that is surely wrong."""
        try:
            connection = await _sign_in(self._target, login, secrets.token_urlsafe(32), asked=True)
        except _Denied as denied:
            return denied.detail == detail
        connection.pgconn.finish()
        return False

    async def change_password(self, login: str, password: Secret) -> None:
        """Also of the service account itself."""
        await self._must_find(login)
        await self._alter(login, sql.SQL("PASSWORD {}").format(sql.Literal(self.verifier(login, password))))

    def verifier(self, login: str, password: Secret) -> str:
        """What the server keeps of the password, so that the password itself never goes over."""
        text = password_text(password)
        return self.connection.pgconn.encrypt_password(text.encode(), login.encode(), b"scram-sha-256").decode()

    async def set_enabled(self, login: str, enabled: bool) -> None:
        """LOGIN or NOLOGIN. Connections that are open go on."""
        self.keep_way_in(login, enabled)
        await self._must_find(login)
        await self._alter(login, sql.SQL("LOGIN") if enabled else sql.SQL("NOLOGIN"))

    async def _must_find(self, login: str) -> Account:
        account = await self.find(login)
        if account is None:
            raise TargetRefused(f"there is no role {login} on {self._where}")
        return account

    async def _alter(self, login: str, what: sql.Composable) -> None:
        statement = sql.SQL("ALTER ROLE {} ").format(sql.Identifier(login)) + what
        await self.run(lambda: self.connection.execute(statement))

    async def _row(self, query: str, values: tuple[str, ...]) -> tuple[Any, ...] | None:
        return await (await self.connection.execute(query.encode(), values)).fetchone()

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something on the connection. Raises TargetRefused and TargetUnreachable."""
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                return await work()
        except TimeoutError:
            raise TargetUnreachable(f"{self._where} did not answer in time") from None
        except psycopg.Error as error:
            said = one_line(error.diag.message_primary or str(error))
            if error.sqlstate is None or error.sqlstate.startswith(_LATER):
                raise TargetUnreachable(f"{self._where} broke off: {said}") from None
            raise TargetRefused(f"{self._where}: {said}") from None


class _Denied(Exception):
    """The server answered and did not let the role in."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class _Connection(psycopg.AsyncConnection[tuple[Any, ...]]):
    """Reads only so much for one answer, and is closed at once when it is given up."""

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Generator[Any, Any, Self]:
        return _bounded(super()._connect_gen(conninfo))

    async def wait(self, gen: Generator[Any, Any, T], *_: Any, **__: Any) -> T:
        try:
            return await waiting.wait_async(_bounded(gen), self.pgconn.socket, interval=1)
        except asyncio.CancelledError:
            self.pgconn.finish()
            raise


def _bounded(steps: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
    """The same steps, but for a target that never comes to an end."""
    heard = None
    for _ in range(MOST_STEPS):
        try:
            wanted = steps.send(heard)
        except StopIteration as end:
            result: T = end.value
            return result
        heard = yield wanted
    steps.close()
    raise psycopg.OperationalError("the target says far more than it was asked")


async def _sign_in(target: Target, username: str, password: str, *, asked: bool) -> _Connection:
    """A new connection. With `asked`, only one for which the server wanted the password. Raises _Denied,
    TargetRefused and TargetUnreachable."""
    where = f"{target.host}:{target.port}"
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await _Connection.connect(
                autocommit=True,
                prepare_threshold=None,
                host=target.host,
                port=target.port,
                user=username,
                password=password,
                dbname=target.database or "postgres",
                connect_timeout=CONNECT_TIMEOUT_S,
                application_name="locum",
                **_security(target, asked),
            )
    except TimeoutError:
        raise TargetUnreachable(f"can't reach {where}: no answer in time") from None
    except psycopg.OperationalError as error:
        said = one_line(str(error).rpartition("failed: ")[2])
        if "FATAL:" in str(error) and "the database system is" not in said and "connection slots" not in said:
            raise _Denied(said.partition("FATAL:")[2].strip()) from None
        if any(word in said for word in ("certificate", "SSL", "authentication")):
            raise TargetRefused(f"no way to speak to {where}: {said}") from None
        raise TargetUnreachable(f"can't reach {where}: {said}") from None


def _security(target: Target, asked: bool) -> dict[str, Any]:
    """Nothing is taken from the environment or the files of the account that Locum runs as. The password itself is
    shown to a server only that has proved who it is."""
    checked = target.encrypted and not target.trust_server_certificate
    methods = ["scram-sha-256", "md5", *(["password"] if checked else []), *([] if asked else ["none"])]
    mode = "verify-full" if checked else "require"
    return {
        "sslmode": mode if target.encrypted else "disable",
        # One that can't be there: libpq would check against its default file.
        "sslrootcert": _roots() if checked else f"{os.devnull}/none",
        "sslcertmode": "disable",
        "sslcrl": "",
        "gssencmode": "disable",
        "passfile": os.devnull,
        "require_auth": ",".join(methods),
        "options": f"-c search_path=pg_catalog -c statement_timeout={int(COMMAND_TIMEOUT_S * 1000)}",
        "client_encoding": "UTF8",
        "target_session_attrs": "any",
    }


def _roots() -> str:
    """The authorities this machine trusts, in one file: the driver's own copy of OpenSSL looks elsewhere."""
    paths = ssl.get_default_verify_paths()
    bundle = Path(paths.openssl_capath) / "ca-certificates.crt"
    return paths.cafile or (str(bundle) if bundle.exists() else "system")
