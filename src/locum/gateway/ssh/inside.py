"""Connections from inside of this process: a browser's terminal is a client of the gateway like any other.

The SSH protocol goes over a pair of sockets that nobody else has an end of. So what holds for people's own clients
(channel rules, command restrictions, recording, locks, limits) holds for browsers, and is written once. Only the
sign-in is not asked for again: the API has checked it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncssh

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh.connection import ClientConnection
from locum.gateway.ssh.relay import PACKET, WINDOW, printable, refuse_subsystem
from locum.gateway.ssh.server import ClientServer
from locum.gateway.ssh.transport import ServerConnection
from locum.identities.signin import SignedIn
from locum.kit.errors import Conflict, Forbidden, LocumError, NotAvailable, NotFound
from locum.sessions.connections import Wanted

TERMINAL = "xterm-256color"
USER_NAME = "browser"
FILES_AT_ONCE = 3
GOODBYE_S = 2.0

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Entering:
    """Who comes in, for what, and the address they are at."""

    who: SignedIn
    wanted: Wanted
    address: str


class InsideServer(ClientServer):
    """The gateway's side. Nothing is asked: who holds the other end was handed somebody who is signed in."""

    def __init__(self, entering: Entering, *of_servers: Any) -> None:
        super().__init__(*of_servers)
        self._entering = entering

    async def begin_auth(self, username: str) -> bool:
        self._the_login.signed_in = self._entering.who
        return False

    @property
    def connection(self) -> ClientConnection:
        """The connection, once the client's side has been told that it is in."""
        assert self._connection is not None
        return self._connection

    def _came_from(self, conn: ServerConnection) -> str:
        return self._entering.address

    def _asked_for(self) -> Wanted:
        return self._entering.wanted


async def inside(
    server: InsideServer, new_connection: Callable[[], ServerConnection], host_key: asyncssh.SSHKey
) -> Inside:
    """Both ends of one connection. Raises NotAvailable where the gateway takes nobody any more."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.create_unix_connection(new_connection, sock=theirs)
    try:
        client = await asyncssh.run_client(
            ours,
            host="gateway",  # a name for messages alone
            username=USER_NAME,
            known_hosts=([host_key.convert_to_public()], [], []),
            client_keys=None,
            agent_path=None,
            password=None,
            preferred_auth="none",
            config=None,
        )
    except (asyncssh.Error, OSError):
        ours.close()
        raise NotAvailable("the SSH gateway takes nobody at the moment") from None
    return Inside(server.connection, client)


class Inside:
    """The client's side: one shell on a terminal, and files beside it where the profile allows."""

    def __init__(self, connection: ClientConnection, client: asyncssh.SSHClientConnection) -> None:
        self._connection = connection
        self._client = client
        self._shell: asyncssh.SSHClientProcess[bytes] | None = None
        self._channels_of_files = 0

    async def start(self, size: Size) -> None:
        """Start the shell: what it says, and what Locum says meanwhile, is there to be read. Raises NotAvailable."""
        try:
            self._shell = await self._client.create_process(
                request_pty=True,
                term_type=TERMINAL,
                term_size=size,
                encoding=None,
                stderr=asyncssh.STDOUT,
                window=WINDOW,
                max_pktsize=PACKET,
            )
        except (asyncssh.Error, OSError):
            raise NotAvailable(self.ended or "the SSH gateway takes nobody at the moment") from None

    @property
    def connection_id(self) -> UUID | None:
        """The id of the connection, once the gate has let it in."""
        return self._connection.id

    @property
    def rules(self) -> ChannelRules:
        """What may pass, once the gate has let it in."""
        return self._connection.rules

    @property
    def ended(self) -> str | None:
        """Why the gateway ended it, if it did."""
        return self._connection.ended

    async def ready(self) -> None:
        """Wait until there is a connection to the target. Raises LocumError with the reason why there is none."""
        await self._connection.target()

    async def read(self) -> bytes:
        """What comes next at the terminal; nothing when its end has come."""
        return await self._running.stdout.read(PACKET)

    async def write(self, data: bytes) -> None:
        """What the person types; waits while it is not taken."""
        try:
            self._running.stdin.write(data)
            await self._running.stdin.drain()
        except (OSError, asyncssh.Error):
            return  # it has ended, which `read` tells

    def resize(self, size: Size) -> None:
        """The terminal is so many columns wide and so many lines high now."""
        self._running.change_terminal_size(*size)

    @contextlib.asynccontextmanager
    async def files(self) -> AsyncIterator[asyncssh.SFTPClient]:
        """The person's way to files on the target, under the rules of the profile. Raises LocumError.

        A channel for each use: what goes wrong in one is not in the way of the next.
        """
        refusal = refuse_subsystem(self.rules, "sftp")
        if refusal is not None:
            self._connection.refused(refusal, tell=False)
            raise Forbidden(refusal.reason, missing="file transfer")
        if self._channels_of_files >= FILES_AT_ONCE:
            raise Conflict(f"not more than {FILES_AT_ONCE} files at once")
        self._channels_of_files += 1
        try:
            async with self._client.start_sftp_client(path_errors="replace") as sftp:
                yield sftp
        except asyncssh.SFTPError as error:
            raise _refusal(error) from None
        except (asyncssh.Error, OSError) as error:
            raise Conflict(
                self.ended or f"the target's files can't be had: {printable(str(error))[:200]}"
            ) from None
        finally:
            self._channels_of_files -= 1

    async def close(self) -> None:
        """Leave, as a client does that is closed."""
        self._client.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self._client.wait_closed()
                return
        self._client.abort()

    @property
    def _running(self) -> asyncssh.SSHClientProcess[bytes]:
        assert self._shell is not None
        return self._shell


def _refusal(error: asyncssh.SFTPError) -> LocumError:
    """What the target, or the gateway in its place, has said no to."""
    words = printable(error.reason)[:200]
    if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
        return NotFound("there is no such file or folder")
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        return Forbidden(words or "the target refuses it", missing="right on the target")
    return Conflict(f"the target says: {words}")
