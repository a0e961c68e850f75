"""…/ActivitySession/{sessionId}/Terminal: a session's shell in a browser, over a WebSocket.

After the handshake the page sends {"ticket", "columns", "rows"}. From then on binary messages are what is typed and
what is shown; as texts come {"columns", "rows"} (the window has another size) and {"shown": n} (so many bytes of what
was sent are on the screen), and go {"terminal", "upload", "download"} (there is a shell) and {"ended"} (and why).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

from locum.api.activity_session import SessionId
from locum.api.context import Call, Dialogue
from locum.api.dialogue import Socket
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.terminals import Holder, Shell, Size, Terminals
from locum.api.wire.terminal import TerminalTicket
from locum.identities.signin import SignedIn
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden, Invalid, NotFound
from locum.kit.permissions import Permission
from locum.sessions import transition

FIRST_MESSAGE_S = 10.0
AHEAD_BYTES = 512 * 1024
"""So much may be on its way to the screen: a window that is slower than the target holds the target up."""

PURPOSE = "terminal"
ENDED = "the shell has ended"


@operation(
    "Terminal.Ticket",
    "POST /api/locum/v1/ActivitySession/{sessionId}/Terminal",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404,),
    summary="A ticket for the WebSocket of one's own session: used once, within half a minute, in the same sign-in",
)
def post_ticket(tx: ReadTx, call: Call[SessionId, None, None]) -> TerminalTicket:
    holder = holder_of(call)
    _check_own(tx, holder, call.params.session_id)
    return TerminalTicket(ticket=call.api.terminals.ticket(holder, PURPOSE, call.params.session_id))


@operation(
    "Terminal.Open",
    "GET /api/locum/v1/ActivitySession/{sessionId}/Terminal",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404,),
    status=101,
    summary="A WebSocket: the shell of one's own session, through the gateway's rules and recorded as any",
)
async def open_terminal(call: Call[SessionId, None, None]) -> Dialogue:
    """Whose session it is and what may be done in it the gateway's gate decides, as for every other client."""
    holder, caller = holder_of(call), call.caller
    session_id, terminals = call.params.session_id, call.api.terminals
    await call.api.db.read(_check_own, holder, session_id)

    async def hold(socket: Socket) -> None:
        first = await first_message(socket)
        terminals.use_ticket(first.get("ticket"), holder, PURPOSE, session_id)
        size = size_of(first)
        shell = await terminals.enter(SignedIn(caller.identity_id, caller.name), session_id, call.address or "")
        try:
            await shell.start(size)
            await _carry(socket, shell, partial(_announce, socket, shell, terminals, holder))
        finally:
            await asyncio.shield(shell.close())

    return Dialogue(hold)


def _check_own(tx: ReadTx, holder: Holder, session_id: UUID) -> None:
    if transition.get(tx, session_id).identity_id != holder.identity_id:
        raise NotFound("no such session")


def holder_of(call: Call[Any, Any, Any]) -> Holder:
    """The person who calls, in their sign-in. Raises Forbidden for programs: a terminal is for people."""
    caller = call.caller
    if caller.kind != "local" or caller.sign_in_id is None:
        raise Forbidden("only local users have terminals", missing="local user")
    return Holder(caller.identity_id, caller.sign_in_id)


async def first_message(socket: Socket) -> dict[str, Any]:
    """What a WebSocket begins with. Raises Invalid where it does not come."""
    try:
        async with asyncio.timeout(FIRST_MESSAGE_S):
            first = await socket.receive()
    except TimeoutError:
        first = None
    if not isinstance(first, dict):
        raise Invalid("the first message must be a JSON object with a ticket")
    return first


def size_of(message: dict[str, Any]) -> Size:
    """How many columns and rows the window has. Raises Invalid."""
    size = message.get("columns"), message.get("rows")
    if not all(type(one) is int and 1 <= one <= 1000 for one in size):
        raise Invalid("columns and rows must be between 1 and 1000")
    return size  # type: ignore[return-value] # just looked at


async def _announce(socket: Socket, shell: Shell, terminals: Terminals, holder: Holder) -> None:
    """When there is a shell, tell the page; its files can be had until this is cancelled."""
    await shell.ready()
    terminal_id = terminals.add(holder, shell)
    rules = shell.rules
    try:
        await socket.tell(terminal=str(terminal_id), upload=rules.upload, download=rules.download)
        await asyncio.Event().wait()
    finally:
        terminals.remove(terminal_id)


async def _carry(socket: Socket, shell: Shell, announce: Callable[[], Awaitable[None]]) -> None:
    """Everything that passes, until either side ends."""
    screen = _Screen()
    showing = asyncio.create_task(_show(socket, shell, screen))
    typing = asyncio.create_task(_type(socket, shell, screen))
    announcing = asyncio.ensure_future(announce())
    try:
        await asyncio.wait({showing, typing}, return_when=asyncio.FIRST_COMPLETED)
        if typing.done():
            typing.result()
        else:
            showing.result()
            await socket.tell(ended=shell.ended or ENDED)
    finally:
        for task in (showing, typing, announcing):
            task.cancel()
        await asyncio.gather(showing, typing, announcing, return_exceptions=True)


class _Screen:
    """How far the window is with what it was sent.

    While what is typed is not taken, nobody reads what the window says: it is sent to without being asked, or a target
    that answers all it reads would wait for ever.
    """

    def __init__(self) -> None:
        self._ahead = 0
        self._unasked = False
        self._room = asyncio.Event()
        self._room.set()

    async def take(self, size: int) -> None:
        """So much is sent; waits while too much is on its way."""
        await self._room.wait()
        self._ahead += size
        self._look()

    def shown(self, size: object) -> None:
        """The window says it has shown so much more. Raises Invalid."""
        if type(size) is not int or not 0 <= size <= self._ahead:
            raise Invalid("more was shown than was sent")
        self._ahead -= size
        self._look()

    @contextlib.contextmanager
    def unasked(self) -> Iterator[None]:
        """Meanwhile nobody hears what is shown."""
        self._unasked = True
        self._look()
        yield
        self._unasked = False
        self._look()

    def _look(self) -> None:
        if self._unasked or self._ahead < AHEAD_BYTES:
            self._room.set()
        else:
            self._room.clear()


async def _show(socket: Socket, shell: Shell, screen: _Screen) -> None:
    while data := await shell.read():
        await screen.take(len(data))
        await socket.show(data)


async def _type(socket: Socket, shell: Shell, screen: _Screen) -> None:
    while (message := await socket.receive()) is not None:
        if isinstance(message, bytes):
            with screen.unasked():
                await shell.write(message)
        elif "shown" in message:
            screen.shown(message["shown"])
        else:
            shell.resize(size_of(message))
