"""What the target may open to the person: connections to where it listens for them (`ssh -R`), and channels to their
SSH agent (`-A`) and display (`-X`).

Each is allowed by the connection profile, asked for by the client, opened by the client's own hand and kept as other
forwarded connections are.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import TYPE_CHECKING

import asyncssh

from locum.activities.channel_rules import listens
from locum.gateway.ssh.forward import Forwards, prohibited
from locum.gateway.ssh.relay import LISTEN_LIMIT, PACKET, WINDOW, Offered, Refusal, place
from locum.gateway.ssh.transport import ServerConnection
from locum.kit.errors import LocumError

if TYPE_CHECKING:
    from locum.gateway.ssh.connection import ClientConnection

LISTEN_EVENT = "connection.listen"


class BackwardForwards:
    """Those of one client connection. The target gets nothing that no channel asked for, and was given, before."""

    def __init__(self, connection: ClientConnection, ssh: ServerConnection, forwards: Forwards) -> None:
        self._connection = connection
        self._ssh = ssh
        self._forwards = forwards
        self._agent = self._display = False
        self._listening = 0

    def allowed(self, offered: Offered) -> Offered:
        """What of that the target gets; the person is told of the rest."""
        rules = self._connection.rules
        if offered.agent and not rules.agent:
            self._connection.refused(Refusal("agent", "agent"))
        if offered.x11 is not None and not rules.x11:
            self._connection.refused(Refusal("x11", "x11"))
        given = Offered(offered.agent and rules.agent, offered.x11 if rules.x11 else None)
        self._agent = self._agent or given.agent
        self._display = self._display or given.x11 is not None
        return given

    async def agent(self) -> asyncssh.SSHTCPSession[bytes]:
        """The target wants to use the person's agent."""
        if not self._agent:
            raise prohibited("nobody asked for that")
        channel = self._ssh.create_agent_channel(window=WINDOW, max_pktsize=PACKET)
        return await self._forwards.open_back("to your agent", {"kind": "agent"}, channel.open)

    async def display(self, host: str, port: int) -> asyncssh.SSHTCPSession[bytes]:
        """The target wants to show something on the person's display."""
        if not self._display:
            raise prohibited("nobody asked for that")
        ask = partial(
            self._ssh.create_x11_connection, orig_host=host, orig_port=port, window=WINDOW, max_pktsize=PACKET
        )
        return await self._forwards.open_back("to your display", {"kind": "x11"}, ask)

    async def listen(self, host: str, port: int) -> asyncssh.SSHListener | bool:
        """The client wants the target to listen there; False where it does not, and the person is told why."""
        connection, where = self._connection, place(host or "*", port)
        try:
            target = await connection.target()
        except LocumError:
            return False
        if not listens(connection.rules, host, port):
            connection.refused(Refusal("remote-forward", f"tcpip-forward {where}"))
            return False
        if connection.locked is not None or self._listening >= LISTEN_LIMIT:
            connection.say(
                f"your session is locked: {connection.locked}"
                if connection.locked is not None
                else f"the target is not asked to listen at more than {LISTEN_LIMIT} places"
            )
            return False
        self._listening += 1

        def accept(from_host: str, from_port: int) -> Awaitable[asyncssh.SSHTCPSession[bytes]]:
            return self._accept(host, listener.get_port(), from_host, from_port)

        try:
            listener = await target.create_server(accept, host, port, window=WINDOW, max_pktsize=PACKET)
        except asyncssh.ChannelListenError:
            self._listening -= 1
            connection.say(f"the target does not listen at {where}")
            return False
        where = place(host or "*", listener.get_port())
        connection.record("m", f"listens at {where}".encode())
        connection.happened(LISTEN_EVENT, {"address": where})
        return listener

    async def _accept(self, host: str, port: int, from_host: str, from_port: int) -> asyncssh.SSHTCPSession[bytes]:
        ask = partial(
            self._ssh.create_connection,
            remote_host=host,
            remote_port=port,
            orig_host=from_host,
            orig_port=from_port,
            window=WINDOW,
            max_pktsize=PACKET,
        )
        where, comes_from = place(host or "*", port), place(from_host, from_port)
        detail = {"kind": "remote", "address": where, "host": comes_from}
        return await self._forwards.open_back(f"from {comes_from} at {where}", detail, ask)
