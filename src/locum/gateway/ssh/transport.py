"""The SSH connections of the gateway: asyncssh's, with limits on what a peer can make them hold.

asyncssh ignores that its transport is full and cuts a large read packet by packet, copying the rest each time. So
a peer that does not read, or one that floods with small packets, could cost the process its memory or its time
(SEC-23, SEC-29). Here a full transport stops the reading of the other leg, and both get an upper limit.
"""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, cast

import asyncssh
from asyncssh.constants import MSG_IGNORE
from asyncssh.packet import String

from locum.gateway.ssh.public_key import key_line, verifies
from locum.gateway.ssh.relay import PACKET, REASONS, WINDOW, X11, Offered, Refusal, may_set

SLICE = 64 * 1024
UNSENT_LIMIT = 8 * 1024 * 1024
DEFERRED_LIMIT = 1024
CROWDED = b"Too many connections are waiting to sign in. Try again later.\r\n"

if TYPE_CHECKING:
    from asyncssh.connection import SSHConnection as _Base
else:
    _Base = object


class _Limited(_Base):
    """`on_full(True)` is called when the peer does not take what was written, `on_full(False)` when it does again."""

    on_full: Callable[[bool], None] | None = None
    legacy = False
    _unsent: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._unsent = cast(asyncio.Transport, transport)
        super().connection_made(transport)

    def data_received(self, data: bytes, datatype: Any = None) -> None:
        if self._unsent is None or self._unsent.get_write_buffer_size() > UNSENT_LIMIT:
            self.abort()
            return
        if len(data) <= SLICE:
            super().data_received(data, datatype)
            return
        view = memoryview(data)
        for start in range(0, len(data), SLICE):
            super().data_received(bytes(view[start : start + SLICE]), datatype)

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        if pkttype == MSG_IGNORE and not self.legacy:
            # asyncssh puts an empty one before each packet, against an attack on CBC, which old targets alone speak.
            return
        super().send_packet(pkttype, *args, handler=handler)
        # Packets wait here during a key exchange, which the peer can leave unfinished.
        if len(self._deferred_packets) > DEFERRED_LIMIT:
            self.abort()

    def pause_writing(self) -> None:
        if self.on_full:
            self.on_full(True)

    def resume_writing(self) -> None:
        if self.on_full:
            self.on_full(False)


class Backward(Protocol):
    """Who has the person's client opened what a target opens. Raises ChannelOpenError where that must not be."""

    async def agent(self) -> asyncssh.SSHTCPSession[bytes]: ...
    async def display(self, host: str, port: int) -> asyncssh.SSHTCPSession[bytes]: ...


class TargetConnection(_Limited, asyncssh.SSHClientConnection):
    """The leg to a target. `backward` is asked when the target wants the person's agent or display."""

    backward: Backward | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._with_display: set[object] = set()

    @property
    def offer_came_to_nothing(self) -> bool:
        """The target said which algorithms it offers, and never showed its key."""
        return bool(self._server_kexinit) and self.get_server_host_key() is None

    async def start_session(
        self, factory: Callable[[], Any], command: str | None, *, offered: Offered, **options: Any
    ) -> asyncssh.SSHClientChannel[bytes]:
        """A shell, command or subsystem, which gets the person's agent and display where that is said.

        asyncssh would have an agent and a display of this machine used. Here both are the client's: its request is
        passed on as it came, and what the target opens then goes back to it.
        """
        self._agent_forward_path = "the client's" if offered.agent else None  # read before the first wait
        channel, _ = await self.create_session(
            factory,
            command,
            x11_forwarding="ignore_failure" if offered.x11 else False,
            x11_display=cast(str, offered.x11),
            x11_single_connection=offered.x11 is not None and offered.x11.single,
            **options,
        )
        return channel

    async def attach_x11_listener(
        self, chan: Any, display: Any, auth_path: Any, single_connection: bool
    ) -> tuple[bytes, bytes, int]:
        self._with_display.add(chan)
        return display.protocol, display.cookie, display.screen

    def detach_x11_listener(self, chan: Any) -> None:
        self._with_display.discard(chan)

    def has_display(self, channel: object) -> bool:
        """Whether the target took the person's display for this channel."""
        return channel in self._with_display

    def _process_auth_agent_at_openssh_dot_com_open(self, packet: Any) -> Any:
        packet.check_end()
        return self.create_unix_channel(window=WINDOW, max_pktsize=PACKET), self._back.agent()

    def _process_x11_open(self, packet: Any) -> Any:
        host, port = packet.get_string(), packet.get_uint32()
        packet.check_end()
        channel = self.create_x11_channel(window=WINDOW, max_pktsize=PACKET)
        return channel, self._back.display(host.decode(errors="replace"), port)

    @property
    def _back(self) -> Backward:
        if self.backward is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "nobody asked for that")
        return self.backward


class KeyLogin(Protocol):
    """Who decides on SSH keys. A key is given as "algorithm base64", or None where it is none that is taken."""

    @property
    def code_owed(self) -> bool:
        """Whether a proven key waits for the code that belongs to it."""

    async def key_offered(self, user_name: str, key: str | None) -> bool:
        """Whether it is worth signing with this key. It proves nothing."""

    async def key_proven(self, user_name: str, key: str) -> bool:
        """The signature of the key was verified. True: it is taken as a proof."""


class ServerConnection(_Limited, asyncssh.SSHServerConnection):
    """The leg to a person's client. `lobby` counts it until it is authenticated."""

    key_login: KeyLogin

    def __init__(
        self, loop: asyncio.AbstractEventLoop, options: asyncssh.SSHServerConnectionOptions, lobby: Lobby
    ) -> None:
        super().__init__(loop, options)
        self.on_refused: Callable[[Refusal], None] | None = None
        self._lobby = lobby
        self._address: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._lobby.enter(address, self):
            cast(asyncio.Transport, transport).write(CROWDED)
            transport.close()
            self._cancel_login_timer()
            return
        self._address = address
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None = None) -> None:
        self.leave_lobby()
        super().connection_lost(exc)

    def leave_lobby(self) -> None:
        """It is authenticated, or gone."""
        if self._address is not None:
            self._lobby.leave(self._address, self)
            self._address = None

    async def validate_public_key(self, username: str, key_data: bytes, msg: bytes, signature: bytes) -> bool:
        """asyncssh asks with an empty `msg` whether a key is worth a signature, then with what was signed.

        Its own answer takes certificates, and signatures of any kind the key can make. Here only the key itself
        counts, and it counts as proven only in the call whose signature was verified (SEC-03).
        """
        key = key_line(key_data)
        if not await self.key_login.key_offered(username, key) or key is None:
            return False
        if not msg:
            return True
        if not verifies(key, String(self._session_id) + msg, signature):
            return False
        return await self.key_login.key_proven(username, key)

    async def send_userauth_success(self) -> None:
        """One proof was right. Where a code is owed besides, the client is told so (RFC 4252, section 5.1)."""
        if self.key_login.code_owed:
            self.send_userauth_failure(True)
        else:
            await super().send_userauth_success()

    async def reload_config(self) -> None:
        """There is no configuration by user, so nothing to work out again at sign-in."""

    def send_channel_open_failure(self, send_chan: int, code: int, reason: str, lang: str) -> None:
        if code == asyncssh.OPEN_UNKNOWN_CHANNEL_TYPE:
            if self.on_refused:
                self.on_refused(Refusal("unknown", "unknown"))
            reason = REASONS["unknown"]
        super().send_channel_open_failure(send_chan, code, reason, lang)


class Lobby:
    """Connections that are not authenticated yet: so many in all, so many of one address."""

    def __init__(self, total: int, per_address: int) -> None:
        self._total = total
        self._per_address = per_address
        self._waiting: dict[str, set[ServerConnection]] = {}
        self._count = 0

    def enter(self, address: str, connection: ServerConnection) -> bool:
        """Whether there is room; if so, it is taken."""
        mine = self._waiting.get(address, set())
        if len(mine) >= self._per_address or self._count >= self._total:
            return False
        self._waiting[address] = mine | {connection}
        self._count += 1
        return True

    def leave(self, address: str, connection: ServerConnection) -> None:
        """Give the room back."""
        self._count -= 1
        self._waiting[address].remove(connection)
        if not self._waiting[address]:
            del self._waiting[address]

    def clear(self) -> None:
        """Nobody may wait any more."""
        for waiting in list(self._waiting.values()):
            for connection in list(waiting):
                connection.abort()


class ServerChannel(asyncssh.SSHServerChannel[bytes]):
    """A session channel of bytes that keeps only the environment that may be set, and not without end."""

    def __init__(self, connection: ServerConnection, *, window: int, max_pktsize: int) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(connection, loop, True, False, False, 0, 0, None, "strict", window, max_pktsize)
        self.offered = Offered()

    @property
    def is_closed(self) -> bool:
        """By both sides, which the session is told of in the next turn of the loop."""
        return bool(self._recv_state == "closed")

    def _process_env_request(self, packet: Any) -> bool:
        name, value = packet.get_string(), packet.get_string()
        packet.check_end()
        if not may_set(name, value, len(self._env)):
            return False
        self._env[name] = value
        return True

    # Both are said yes to, and refused with words at the terminal when the rules are known.

    def _process_auth_agent_req_at_openssh_dot_com_request(self, packet: Any) -> bool:  # type: ignore[override] # as for the other requests
        packet.check_end()
        self.offered = replace(self.offered, agent=True)
        return True

    def _process_x11_req_request(self, packet: Any) -> bool:
        single, protocol, cookie = packet.get_boolean(), packet.get_string(), packet.get_string()
        screen = packet.get_uint32()
        packet.check_end()
        try:
            x11 = X11(single, protocol, binascii.a2b_hex(cookie), screen)
        except binascii.Error:
            return False
        self.offered = replace(self.offered, x11=x11)
        return True
