"""An SSH client that says at sign-in exactly what a test tells it to, and nothing by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncssh
from asyncssh.constants import MSG_USERAUTH_FAILURE, MSG_USERAUTH_REQUEST, MSG_USERAUTH_SUCCESS
from asyncssh.packet import Boolean, SSHPacket, String, UInt32

FAILURE, SUCCESS = MSG_USERAUTH_FAILURE, MSG_USERAUTH_SUCCESS
ASKED = 60  # the key is worth a signature, or a question follows
CHANNEL_OPEN = 90
INFO_RESPONSE = 61


class _Client(asyncssh.SSHClient):
    def __init__(self) -> None:
        self.ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set_result(exc)


class RawClient(asyncssh.SSHClientConnection):
    """`ask` sends one request of a sign-in and gives the answer's message number and content."""

    def __init__(self, loop: asyncio.AbstractEventLoop, options: asyncssh.SSHClientConnectionOptions) -> None:
        super().__init__(loop, options, wait="auth")
        self.begun = asyncio.Event()
        self.answers: asyncio.Queue[tuple[int, SSHPacket]] = asyncio.Queue()
        self.user = ""
        self.owner: _Client | None = None

    def try_next_auth(self, *, next_method: bool = False) -> None:
        self._auth = self  # type: ignore[assignment] # so that messages of every method come here
        self.begun.set()

    def cancel(self) -> None:
        """As what asyncssh takes for the method under way, it is cancelled at the end."""

    def _keep(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        self.answers.put_nowait((pkttype, packet))

    _packet_handlers = asyncssh.SSHClientConnection._packet_handlers | dict.fromkeys(
        (FAILURE, SUCCESS, ASKED), _keep
    )

    async def ask(self, method: str, *args: bytes) -> tuple[int, SSHPacket]:
        self.send_packet(MSG_USERAUTH_REQUEST, *self._head(method), *args)
        return await self.answer()

    async def answer(self) -> tuple[int, SSHPacket]:
        async with asyncio.timeout(10):
            return await self.answers.get()

    async def offer(self, key: Any, algorithm: str | None = None) -> tuple[int, SSHPacket]:
        """Offer a key without a signature."""
        return await self.ask("publickey", *_key(False, key, algorithm))

    async def prove(
        self, key: Any, signer: Any = None, algorithm: str | None = None, signature: bytes | None = None
    ) -> tuple[int, SSHPacket]:
        """Send a key with a signature: its own, one of another `signer`, or the given one."""
        args = _key(True, key, algorithm)
        made = signature or (signer or key).sign(
            self.to_sign(*args), (algorithm or key.algorithm.decode()).encode()
        )
        return await self.ask("publickey", *args, String(made))

    def to_sign(self, *args: bytes) -> bytes:
        """What a signature for these arguments of `publickey` covers."""
        return (
            String(self._session_id) + bytes([MSG_USERAUTH_REQUEST]) + b"".join((*self._head("publickey"), *args))
        )

    def open_channel(self) -> None:
        """Ask for a session channel, signed in or not."""
        self._auth_complete = True
        self.send_packet(CHANNEL_OPEN, String("session"), UInt32(0), UInt32(65536), UInt32(65536))

    async def ended(self) -> str:
        """Wait until the other side ends the connection; its words."""
        assert self.owner is not None
        async with asyncio.timeout(10):
            return str(await self.owner.ended)

    def _head(self, method: str) -> tuple[bytes, ...]:
        return String(self.user), String("ssh-connection"), String(method)


def _key(signed: bool, key: Any, algorithm: str | None) -> tuple[bytes, ...]:
    return Boolean(signed), String(algorithm or key.algorithm), String(key.public_data)


def failure(packet: SSHPacket) -> tuple[list[str], bool]:
    """What a failure says: the methods that may go on, and whether a part was right."""
    return [name.decode() for name in packet.get_namelist()], packet.get_boolean()


def question(packet: SSHPacket) -> str:
    """The question of keyboard-interactive."""
    packet.get_string(), packet.get_string(), packet.get_string(), packet.get_uint32()
    return packet.get_string().decode()


@asynccontextmanager
async def raw_client(port: int, user: str) -> AsyncIterator[RawClient]:
    """A client whose key exchange is over."""
    loop = asyncio.get_running_loop()
    options = asyncssh.SSHClientConnectionOptions(
        host="127.0.0.1",
        port=port,
        username=user,
        known_hosts=None,
        client_keys=None,
        agent_path=None,
        config=None,
    )
    owner = _Client()
    options.protocol_factory = lambda: owner
    options.waiter = loop.create_future()
    _, made = await loop.create_connection(lambda: RawClient(loop, options), "127.0.0.1", port)
    made.user, made.owner = user, owner
    async with asyncio.timeout(10):
        await made.begun.wait()
    try:
        yield made
    finally:
        made.abort()
        await made.wait_closed()
