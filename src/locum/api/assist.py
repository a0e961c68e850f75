"""/api/locum/v1/Recording/{connectionId}/Assist: typing in a connection that one watches, over a WebSocket.

After the handshake the page sends {"ticket"}. From then on binary messages are what is typed, and {"takeOver": true}
takes the terminal from the person, false gives it back. {"assisting"} comes when it has begun, {"ended"} says why not
any more. What is shown comes from …/Live.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from locum.api.context import Call, Dialogue
from locum.api.dialogue import Socket
from locum.api.guards import ADMIN, lacks
from locum.api.operations import operation
from locum.api.recording import ConnectionId
from locum.api.terminal import first_message, holder_of
from locum.api.terminals import Assistant
from locum.api.wire.terminal import TerminalTicket
from locum.kit.db import ReadTx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.permissions import Permission
from locum.reads import recordings as reads
from locum.sessions.assist import Assist, note_assist

PURPOSE = "assist"
OVER = "the terminal was closed"


@operation(
    "Assist.Ticket",
    "POST /api/locum/v1/Recording/{connectionId}/Assist",
    who=ADMIN,
    permission=Permission.SESSIONS_LIVE_ASSIST,
    problems=(404, 409),
    summary="A ticket for typing in a connection that goes on: used once, within half a minute, in the same sign-in",
)
def post_ticket(tx: ReadTx, call: Call[ConnectionId, None, None]) -> TerminalTicket:
    holder, connection_id = holder_of(call), call.params.connection_id
    _check(tx, call)
    return TerminalTicket(ticket=call.api.terminals.ticket(holder, PURPOSE, connection_id))


@operation(
    "Assist.Open",
    "GET /api/locum/v1/Recording/{connectionId}/Assist",
    who=ADMIN,
    permission=Permission.SESSIONS_LIVE_ASSIST,
    problems=(404, 409),
    audit="connection.assisted",
    status=101,
    summary="A WebSocket: what is typed in it is typed in the person's terminal, who is told so",
)
async def open_assist(call: Call[ConnectionId, None, None]) -> Dialogue:
    """Only the node that carries a connection can let somebody type in it."""
    holder, connection_id = holder_of(call), call.params.connection_id
    await call.api.db.read(_check, call)

    async def hold(socket: Socket) -> None:
        first = await first_message(socket)
        call.api.terminals.use_ticket(first.get("ticket"), holder, PURPOSE, connection_id)
        await _note(call, Assist.BEGUN)
        try:
            assistant = await call.api.terminals.assist(connection_id, call.caller.name)
            try:
                await socket.tell(assisting=True)
                await _assist(call, socket, assistant)
            finally:
                assistant.leave()
        finally:
            await asyncio.shield(_note(call, Assist.ENDED))

    return Dialogue(hold)


def _check(tx: ReadTx, call: Call[ConnectionId, None, None]) -> None:
    """The connection goes on here, and may be watched. Raises LocumError."""
    if Permission.RECORDINGS_LIVE_VIEW not in call.caller.permissions:
        raise lacks(Permission.RECORDINGS_LIVE_VIEW)
    row = reads.live_one(tx, call.caller, call.params.connection_id)
    if row is None:
        raise NotFound("there is no recorded connection with this id that goes on now")
    if row.node != call.api.node:
        raise Conflict(f"this connection passes the node {row.node}: ask that one")


async def _assist(call: Call[Any, Any, Any], socket: Socket, assistant: Assistant) -> None:
    typing = asyncio.create_task(_type(call, socket, assistant))
    ending = asyncio.create_task(assistant.until_over())
    try:
        await asyncio.wait({typing, ending}, return_when=asyncio.FIRST_COMPLETED)
        if typing.done():
            typing.result()
        else:
            await socket.tell(ended=OVER)
    finally:
        for task in (typing, ending):
            task.cancel()
        await asyncio.gather(typing, ending, return_exceptions=True)


async def _type(call: Call[Any, Any, Any], socket: Socket, assistant: Assistant) -> None:
    while (message := await socket.receive()) is not None:
        if isinstance(message, bytes):
            assistant.type(message)
            continue
        taken = message.get("takeOver")
        if not isinstance(taken, bool):
            raise Invalid("takeOver must be true or false")
        if Permission.SESSIONS_LIVE_TAKEOVER not in call.caller.permissions:
            raise lacks(Permission.SESSIONS_LIVE_TAKEOVER)
        await _note(call, Assist.TAKEN_OVER if taken else Assist.GIVEN_BACK)
        assistant.take_over(taken)
        await socket.tell(takenOver=taken)


async def _note(call: Call[ConnectionId, None, None], what: Assist) -> None:
    connection_id: UUID = call.params.connection_id
    await call.api.db.write(note_assist, call.caller.actor, connection_id, what)
