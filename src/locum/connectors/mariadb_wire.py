"""The connection to a MariaDB or MySQL server: PyMySQL in a thread of its own, cut off when it takes too long."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import pymysql
from pymysql.connections import Connection
from pymysql.converters import escape_string

from locum.connectors.base import Target, TargetRefused, TargetUnreachable
from locum.connectors.database import COMMAND_TIMEOUT_S, CONNECT_TIMEOUT_S, MOST_OUTPUT
from locum.connectors.ssh import one_line
from locum.connectors.values import without
from locum.vault.secret import Secret

_IN_CLEAR = (b"mysql_clear_password", b"mysql_old_password", b"dialog")
_SHA2 = (b"caching_sha2_password", b"sha256_password")
# Too many connections, going down, network trouble, host or account over its limits: worth trying again.
_LATER = (1040, 1053, 1129, 1158, 1159, 1160, 1161, 1203, 1226)
_NO_SQL = 1064
# What PyMySQL's parsers raise at packets that make no sense.
_NONSENSE = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, struct.error)

T = TypeVar("T")


class Denied(Exception):
    """The server answered and did not let the account in."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Wire:
    """One connection. Make one with `open`; `drop` ends it at once, whatever it is doing."""

    def __init__(self, target: Target, connection: _Connection) -> None:
        self._where = f"{target.host}:{target.port}"
        self._connection = connection
        self._thread = ThreadPoolExecutor(1, "locum-mariadb")
        self.is_mariadb = False

    @classmethod
    async def open(cls, target: Target, username: str, password: str) -> Wire:
        """Sign in. Raises Denied, TargetRefused and TargetUnreachable."""
        wire = cls(target, _Connection(target, username, password))
        try:
            await wire._do(wire._connection.connect, CONNECT_TIMEOUT_S)
        except pymysql.MySQLError as error:
            wire.drop()
            raise wire._sign_in_error(error) from None
        except BaseException:
            wire.drop()
            raise
        wire.is_mariadb = "MariaDB" in wire._connection.server_version
        return wire

    async def run(self, statement: str, *values: str | Secret) -> tuple[Any, ...]:
        """The rows of a fixed statement with `values` in place of each %s. Raises TargetRefused and
        TargetUnreachable, whose words hold no secret among them."""
        hidden = [value.reveal_text() for value in values if isinstance(value, Secret)]
        texts = tuple(value.reveal_text() if isinstance(value, Secret) else value for value in values)
        try:
            return await self._do(lambda: self._connection.rows(statement, texts), COMMAND_TIMEOUT_S)
        except pymysql.MySQLError as error:
            code, said = _said(error, hidden)
            if 2000 <= code < 3000 or code in _LATER:
                raise TargetUnreachable(f"{self._where} broke off: {said}") from None
            raise TargetRefused(f"{self._where}: {said}") from None

    def drop(self) -> None:
        """End the connection. A thread that waits for the server wakes up."""
        self._connection.cut()
        self._thread.submit(self._connection._force_close)
        self._thread.shutdown(wait=False)

    async def _do(self, work: Callable[[], T], seconds: float) -> T:
        done = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(done)
        except (TimeoutError, asyncio.CancelledError) as error:
            self._connection.cut()
            done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            if isinstance(error, TimeoutError):
                raise TargetUnreachable(f"{self._where} did not answer in time") from None
            raise
        except _NONSENSE:
            raise TargetUnreachable(f"{self._where} sends packets that make no sense") from None

    def _sign_in_error(self, error: pymysql.MySQLError) -> Exception:
        code, said = _said(error)
        cause = getattr(error, "original_exception", None)
        if isinstance(cause, ssl.SSLError) or code == 2026:
            return TargetRefused(f"no way to speak to {self._where}: {said}")
        if 2000 <= code < 3000 or code in _LATER:
            return TargetUnreachable(f"can't reach {self._where}: {said}")
        return Denied(code, said)


class _Connection(Connection):
    """Hears only so much for one answer, and shows the password only to a server that may see it."""

    # Of the driver, but not among its published types; uv.lock fixes its version.
    server_version: str
    _auth_plugin_name: str
    _secure: bool
    _force_close: Callable[[], None]

    def __init__(self, target: Target, username: str, password: str) -> None:
        self._heard = 0
        self._cut = False
        self._checked = target.encrypted and not target.trust_server_certificate
        super().__init__(
            host=target.host,
            port=target.port,
            user=username,
            password=password.encode(),  # as text it would go over in Latin-1
            database=target.database,
            charset="utf8mb4",
            sql_mode="",
            # Longer than what we wait for, which ends these too: they are for a thread nobody waits for any more.
            connect_timeout=CONNECT_TIMEOUT_S + 5,
            read_timeout=int(COMMAND_TIMEOUT_S) + 5,
            write_timeout=int(COMMAND_TIMEOUT_S) + 5,
            ssl=_context(target) if target.encrypted else None,
            ssl_disabled=not target.encrypted,
            autocommit=True,
            defer_connect=True,
            program_name="locum",
        )

    def rows(self, statement: str, values: tuple[str, ...]) -> tuple[Any, ...]:
        self._heard = 0
        with self.cursor() as cursor:
            cursor.execute(statement, values or None)
            return tuple(cursor.fetchall())

    def cut(self) -> None:
        """Wake up whoever reads or writes. Not close(): that wakes nobody up."""
        self._cut = True
        if (sock := getattr(self, "_sock", None)) is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _read_bytes(self, num_bytes: int) -> bytes:
        self._heard += num_bytes
        if self._cut or self._heard > MOST_OUTPUT:
            raise pymysql.OperationalError(2013, "the target says far more than it was asked")
        return bytes(super()._read_bytes(num_bytes))  # type: ignore[misc]

    def _get_server_information(self) -> None:
        super()._get_server_information()  # type: ignore[misc]
        # The server asks again, in _process_auth, if the account needs it.
        if not self.ssl and self._auth_plugin_name.encode() in _SHA2:
            self._auth_plugin_name = "mysql_native_password"

    def _process_auth(self, plugin_name: bytes, auth_packet: Any, handler: Any = None) -> Any:
        if (plugin_name in _IN_CLEAR and not self._checked) or (plugin_name in _SHA2 and not self._secure):
            raise TargetRefused(
                f"{self.host}:{self.port} wants the password in clear and has not proved who it is"
            )
        return super()._process_auth(plugin_name, auth_packet, handler)  # type: ignore[misc]


def _context(target: Target) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if target.trust_server_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _said(error: pymysql.MySQLError, hidden: Sequence[str] = ()) -> tuple[int, str]:
    code, said = (*error.args, "", "")[:2]
    if hidden and code == _NO_SQL:  # it quotes the statement, and cuts it off anywhere
        return _NO_SQL, "it does not understand the statement"
    words = without(str(said), *hidden, *map(escape_string, hidden))
    return code if isinstance(code, int) else 2000, one_line(words)
