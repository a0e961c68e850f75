"""The gateway's side of a client connection before it carries anything: signing in, and what is never let through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncssh

from locum.gateway.ssh.channel import Channel
from locum.gateway.ssh.connection import ClientConnection
from locum.gateway.ssh.forward import Forward
from locum.gateway.ssh.gate import SignInSteps
from locum.gateway.ssh.login import Challenge, KeyUse, Login
from locum.gateway.ssh.names import is_bare, parse
from locum.gateway.ssh.relay import PACKET, WINDOW, Refusal, printable
from locum.gateway.ssh.transport import ServerChannel, ServerConnection
from locum.identities.signin import SignedIn
from locum.kit.errors import LocumError
from locum.sessions.connections import Wanted

LINK_USED = "this link was used before, or is more than a minute old: sign in"

AutoConnect = Callable[[Wanted, str], Awaitable[SignedIn | None]]
Begin = Callable[[ServerConnection, SignedIn, Wanted | LocumError | None, str], ClientConnection]


class ClientServer(asyncssh.SSHServer):
    """What asyncssh asks about one client. `auto_connect` signs in whoever has a good link, `begin` makes the
    ClientConnection when the person is signed in."""

    def __init__(self, signin: SignInSteps, key_use: KeyUse, auto_connect: AutoConnect, begin: Begin) -> None:
        self._signin = signin
        self._auto_connect = auto_connect
        self._key_use = key_use
        self._begin = begin
        self._user_name = ""
        self._ssh: ServerConnection | None = None
        self._login: Login | None = None
        self._connection: ClientConnection | None = None
        self._address = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        assert isinstance(conn, ServerConnection)
        self._ssh = conn
        self._address = self._came_from(conn)
        self._login = conn.key_login = Login(self._signin, self._key_use, self._address, self._tell)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connection.client_lost()

    # -- signing in

    async def begin_auth(self, username: str) -> bool:
        """False: a link has signed the person in, and nothing is asked."""
        self._user_name = username
        self._the_login.begin()
        try:
            wanted = parse(username)
            if wanted.token is None:
                return True
            self._the_login.signed_in = await self._auto_connect(wanted, self._address)
        except LocumError:  # said after the sign-in
            return True
        if self._the_login.signed_in is None:
            self._tell(LINK_USED)
        return self._the_login.signed_in is None

    def public_key_auth_supported(self) -> bool:
        return not self._the_login.code_owed

    def password_auth_supported(self) -> bool:
        return not self._the_login.code_owed

    async def validate_password(self, username: str, password: str) -> bool:
        return await self._the_login.password(username, password)

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Challenge:
        return self._the_login.ask()

    async def validate_kbdint_response(self, username: str, responses: list[str]) -> bool | Challenge:  # type: ignore[override] # asyncssh says Sequence, and gives a list
        return await self._the_login.answer(username, responses)

    def auth_completed(self) -> None:
        signed_in = self._the_login.signed_in
        assert signed_in is not None
        assert self._ssh is not None
        self._ssh.leave_lobby()
        self._connection = self._begin(self._ssh, signed_in, self._asked_for(), self._address)

    def _came_from(self, conn: ServerConnection) -> str:
        return str(conn.get_extra_info("peername")[0])

    def _asked_for(self) -> Wanted | LocumError | None:
        try:
            return parse(self._user_name)
        except LocumError as error:
            return None if is_bare(self._user_name) else error

    @property
    def _the_login(self) -> Login:
        assert self._login is not None
        return self._login

    def _tell(self, reason: str) -> None:
        assert self._ssh is not None
        self._ssh.send_auth_banner(f"locum: {printable(reason)}\r\n")

    # -- what a client may open

    def session_requested(self) -> tuple[ServerChannel, Channel]:
        assert self._ssh is not None
        assert self._connection is not None
        channel = self._connection.new_channel()
        return ServerChannel(self._ssh, window=WINDOW, max_pktsize=PACKET), channel

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> tuple[asyncssh.SSHTCPChannel[bytes], Awaitable[Forward]]:
        assert self._ssh is not None
        assert self._connection is not None
        channel = self._ssh.create_tcp_channel(window=WINDOW, max_pktsize=PACKET)
        return channel, self._connection.forwards.open(dest_host, dest_port)

    def unix_connection_requested(self, dest_path: str) -> bool:
        self._prohibit("local-forward", f"direct-streamlocal {dest_path}")
        return False

    def tun_requested(self, unit: int | None) -> bool:
        self._prohibit("tunnel", "tun")
        return False

    def tap_requested(self, unit: int | None) -> bool:
        self._prohibit("tunnel", "tap")
        return False

    def server_requested(self, listen_host: str, listen_port: int) -> Awaitable[asyncssh.SSHListener | bool]:
        assert self._connection is not None
        return self._connection.backward.listen(listen_host, listen_port)

    def unix_server_requested(self, listen_path: str) -> bool:
        self._refuse(Refusal("remote-forward", _asked(f"streamlocal-forward {listen_path}")), tell=True)
        return False

    def _prohibit(self, kind: str, asked: str) -> None:
        """Refuse a channel; the client itself shows the reason."""
        refusal = Refusal(kind, _asked(asked))
        self._refuse(refusal, tell=False)
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, refusal.reason)

    def _refuse(self, refusal: Refusal, *, tell: bool) -> None:
        assert self._connection is not None
        self._connection.refused(refusal, tell=tell)


def _asked(text: str) -> str:
    return printable(text)[:200]
