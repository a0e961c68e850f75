"""The SSH gateway of this process: listens, limits who waits at the door, and drains when it is stopped."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncssh

from locum.gateway.ssh.assist import Assistant, assist
from locum.gateway.ssh.connection import ClientConnection, Rooms
from locum.gateway.ssh.gate import SignInSteps
from locum.gateway.ssh.inside import Entering, Inside, InsideServer, inside
from locum.gateway.ssh.login import KeyUse
from locum.gateway.ssh.public_key import USER_SIGNATURES
from locum.gateway.ssh.server import AutoConnect, Begin, ClientServer
from locum.gateway.ssh.transport import Lobby, ServerConnection
from locum.identities.signin import SignedIn
from locum.kit.errors import LocumError, StartError
from locum.kit.ssh_algorithms import ENCRYPTION, KEY_EXCHANGE, MAC
from locum.sessions.connections import Wanted
from locum.vault.secret import Secret

SHUTTING_DOWN = "Locum is shutting down"
CLOSE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the door allows. Times are in seconds."""

    sign_in: float = 60.0
    waiting: int = 200
    waiting_per_address: int = 20
    backlog: int = 256


class SshGateway:
    """`start` listens, `stop` drains. Connections go on while the listener is closed."""

    def __init__(
        self,
        rooms: Rooms,
        signin: SignInSteps,
        *,
        host_key: Secret,
        host: str,
        port: int,
        limits: Limits | None = None,
    ) -> None:
        """`host_key` is an OpenSSH private key. Port 0 takes any; `port` says which after `start`."""
        self.host = host
        self.port = port
        self._rooms = rooms
        self._signin = signin
        self._host_key = host_key
        self._limits = limits or Limits()
        self._lobby = Lobby(self._limits.waiting, self._limits.waiting_per_address)
        # Strangers who crowd the door keep nobody out who is signed in already.
        self._inside_lobby = Lobby(self._limits.waiting, self._limits.waiting)
        self._server: asyncio.Server | None = None
        self._live: dict[asyncio.Task[None], ClientConnection] = {}

    @property
    def connections(self) -> int:
        """How many authenticated client connections there are."""
        return len(self._live)

    async def start(self, listener: socket.socket | None = None) -> None:
        """Listen, on `listener` if one is given that is bound already.

        Raises StartError where the address can't be had or the host key can't be read.
        """
        loop = asyncio.get_running_loop()
        clients = self.clients()
        where: dict[str, Any] = {"sock": listener} if listener else {"host": self.host, "port": self.port}
        try:
            self._server = await loop.create_server(clients, backlog=self._limits.backlog, **where)
        except OSError as error:
            raise StartError(
                f"the SSH gateway can't listen on {self.host}:{self.port}: {error.strerror}"
            ) from None
        self.port = self._server.sockets[0].getsockname()[1]

    def clients(self) -> Callable[[], ServerConnection]:
        """What makes this side of a client's connection, also where it was accepted elsewhere. Raises StartError."""
        # asyncssh reports commands and user names at INFO; the audit log is the place for them.
        asyncssh.set_log_level(logging.WARNING)
        loop, options = asyncio.get_running_loop(), self._options(self._new_server)
        return lambda: ServerConnection(loop, options, self._lobby)

    async def stop(self, drain_timeout: float) -> None:
        """Accept nobody any more, tell those who are connected, give them `drain_timeout` seconds, and end them."""
        if self._server is not None:
            self._server.close()
        self._lobby.clear()
        for connection in list(self._live.values()):
            connection.say(f"{SHUTTING_DOWN}; this connection ends in {drain_timeout:.0f} seconds")
        if self._live:
            await asyncio.wait(set(self._live), timeout=drain_timeout)
        for connection in list(self._live.values()):
            connection.end(SHUTTING_DOWN)
        if self._live:
            await asyncio.wait(set(self._live), timeout=CLOSE_TIMEOUT_S)
        for task in list(self._live):
            task.cancel()

    async def enter(self, entering: Entering) -> Inside:
        """Connect somebody from inside of this process who is signed in already. Raises LocumError."""
        server = InsideServer(entering, *self._of_servers)
        loop = asyncio.get_running_loop()
        options = self._options(lambda: server)
        return await inside(server, lambda: ServerConnection(loop, options, self._inside_lobby), self._key())

    def assist(self, connection_id: UUID, name: str) -> Assistant:
        """Let `name` type in a connection of this process. Raises Conflict."""
        return assist(next((one for one in self._live.values() if one.id == connection_id), None), name)

    def _begin(
        self, ssh: ServerConnection, who: SignedIn, wanted: Wanted | LocumError | None, address: str
    ) -> ClientConnection:
        connection = ClientConnection(self._rooms, ssh, who, wanted, address)
        task = asyncio.get_running_loop().create_task(connection.run())
        self._live[task] = connection
        task.add_done_callback(self._live.pop)
        return connection

    @property
    def _of_servers(self) -> tuple[SignInSteps, KeyUse, AutoConnect, Begin]:
        gate = self._rooms.connections
        return (self._signin, gate.ssh_key_use, gate.auto_connect, self._begin)

    def _new_server(self) -> ClientServer:
        return ClientServer(*self._of_servers)

    def _key(self) -> asyncssh.SSHKey:
        try:
            return asyncssh.import_private_key(self._host_key.reveal())
        except asyncssh.KeyImportError:
            raise StartError("the host key of the SSH gateway can't be read") from None

    def _options(self, new_server: Callable[[], ClientServer]) -> asyncssh.SSHServerConnectionOptions:
        return asyncssh.SSHServerConnectionOptions(
            server_factory=new_server,
            server_host_keys=[self._key()],
            server_version="Locum",
            kex_algs=KEY_EXCHANGE,
            encryption_algs=ENCRYPTION,
            mac_algs=MAC,
            signature_algs=USER_SIGNATURES,
            compression_algs=None,
            public_key_auth=True,
            host_based_auth=False,
            gss_host=None,
            gss_auth=False,
            gss_kex=False,
            x509_trusted_certs=None,
            x509_trusted_cert_paths=[],
            login_timeout=self._limits.sign_in,
            keepalive_interval=30,
            agent_forwarding=False,
            x11_forwarding=False,
            line_editor=False,
            encoding=None,
            config=None,
        )
