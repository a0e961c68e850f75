"""Somebody who types in a connection that a gateway process carries: both ends of it.

The state's side has checked who they are and writes down that they assist; the process does what a gateway does with
an assistant of its own (`gateway/ssh/assist.py`). An assistant is known by a number, and gone when `AssistOver` has
come, which the process says once of each.
"""

from __future__ import annotations

import asyncio
import itertools
from uuid import UUID

from locum.gateway.ssh.assist import Assistant
from locum.gateway.ssh.gateway import SshGateway
from locum.kit.errors import Conflict
from locum.main import gateway_link as say
from locum.main.gateway_link import FromGateway, Link, OfAssistant, ToGateway

LEFT = "the assistant has left"
CLOSED = "the terminal was closed"
LOST = "the gateway process that carries this connection was lost"


class FarAssistant:
    """An `Assistant` of the gateway process at the other end of the link."""

    def __init__(self, link: Link[FromGateway], number: int) -> None:
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._link = link
        self._number = number
        self._over = asyncio.Event()

    def type(self, data: bytes) -> None:
        """What the assistant types."""
        self._link.send(say.Typed(self._number, data))

    def take_over(self, taken: bool) -> None:
        """Nothing of what the person types is passed on, or again."""
        self._link.send(say.TakeOver(self._number, taken))

    async def until_over(self) -> None:
        """Wait until the terminal is gone."""
        await self._over.wait()

    def leave(self) -> None:
        """The person is alone again."""
        self._link.send(say.AssistEnd(self._number))

    def end(self, reason: str) -> None:
        """They can't type, or no more."""
        self._over.set()
        if not self.begun.done():
            self.begun.set_exception(Conflict(reason))


class FarAssistants:
    """The state's side: everybody who assists in one gateway process."""

    def __init__(self, link: Link[FromGateway]) -> None:
        self._link = link
        self._numbers = itertools.count(1)
        self._there: dict[int, FarAssistant] = {}

    async def assist(self, connection_id: UUID, name: str) -> FarAssistant:
        """Let `name` type in a connection of that process. Raises Conflict."""
        number = next(self._numbers)
        assistant = self._there[number] = FarAssistant(self._link, number)
        self._link.send(say.Assist(number, connection_id, name))
        try:
            await assistant.begun
        except asyncio.CancelledError:
            assistant.leave()
            raise
        return assistant

    def heard(self, message: say.Assisting | say.AssistOver) -> None:
        """What the process says of one of them."""
        match message:
            case say.Assisting(number):
                assistant = self._there.get(number)
                if assistant is not None and not assistant.begun.done():
                    assistant.begun.set_result(None)
            case say.AssistOver(number, reason):
                assistant = self._there.pop(number, None)
                if assistant is not None:
                    assistant.end(reason)

    def lost(self) -> None:
        """The process is gone."""
        while self._there:
            self._there.popitem()[1].end(LOST)


class Assistants:
    """The gateway process's side."""

    def __init__(self, gateway: SshGateway, link: Link[ToGateway]) -> None:
        self._gateway = gateway
        self._link = link
        self._here: dict[int, tuple[Assistant, asyncio.Task[None]]] = {}

    def heard(self, message: OfAssistant) -> None:
        """Do it. Of those who are gone nothing is done: they may not know it yet."""
        match message:
            case say.Assist(number, connection_id, name):
                self._begin(number, connection_id, name)
            case say.AssistEnd(number):
                self._end(number, LEFT)
            case say.Typed(number, data):
                if number in self._here:
                    self._here[number][0].type(data)
            case say.TakeOver(number, taken):
                if number in self._here:
                    self._here[number][0].take_over(taken)

    def _begin(self, number: int, connection_id: UUID, name: str) -> None:
        try:
            assistant = self._gateway.assist(connection_id, name)
        except Conflict as refusal:
            self._link.send(say.AssistOver(number, refusal.detail))
            return
        watching = asyncio.create_task(assistant.until_over())
        self._here[number] = assistant, watching
        self._link.send(say.Assisting(number))
        watching.add_done_callback(lambda _: self._end(number, CLOSED))

    def _end(self, number: int, reason: str) -> None:
        if number in self._here:
            assistant, watching = self._here.pop(number)
            watching.cancel()
            assistant.leave()
            self._link.send(say.AssistOver(number, reason))
