"""Somebody who types in another person's terminal: beside them, or in their place until they give it back.

The person is always told, in the terminal. What holds for what they type holds for the assistant too: command
restrictions, prompts whose answers are not recorded, and locks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from locum.kit.errors import Conflict

if TYPE_CHECKING:
    from locum.gateway.ssh.channel import Channel
    from locum.gateway.ssh.connection import ClientConnection

THE_PERSON = "the person"


class Typists:
    """Who types in one terminal: the person, and whoever assists them. `mark` writes into the recording who it was."""

    def __init__(self, mark: Callable[[str], None]) -> None:
        self.assistant: str | None = None
        self.over = asyncio.Event()  # nobody types there any more
        self._mark = mark
        self._is_taken = False
        self._last = THE_PERSON

    def lets_person(self) -> bool:
        """Whether what the person types is passed on."""
        if not self._is_taken:
            self._note(THE_PERSON)
        return not self._is_taken

    def note_assistant(self) -> None:
        """What comes now is the assistant's."""
        assert self.assistant is not None
        self._note(self.assistant)

    def take(self, taken: bool) -> bool:
        """Let the assistant type alone, or both again; whether that is another state than before."""
        changed = taken is not self._is_taken
        self._is_taken = taken
        return changed

    def leave(self) -> None:
        """Nobody assists any more."""
        self.assistant = None
        self._is_taken = False

    def end(self) -> None:
        """The terminal is gone."""
        self.over.set()

    def _note(self, name: str) -> None:
        if name != self._last:
            self._last = name
            self._mark(f"from here on typed by {name}")


def assist(connection: ClientConnection | None, name: str) -> Assistant:
    """`name` in the first terminal of this connection. Raises Conflict."""
    if connection is None:
        raise Conflict("this connection has just ended")
    if connection.locked is not None:
        raise Conflict("the session is locked: unlock it first")
    channel = connection.terminal
    if channel is None:
        raise Conflict("nothing runs in a terminal of this connection")
    if channel.typists.assistant is not None:
        raise Conflict(f"{channel.typists.assistant} assists there already")
    return Assistant(channel, name)


class Assistant:
    """One assistant in one terminal, from here until `leave`."""

    def __init__(self, channel: Channel, name: str) -> None:
        self._channel = channel
        self._name = name
        channel.typists.assistant = name
        channel.say(f"{name} assists you now: both of you type here")

    def type(self, data: bytes) -> None:
        """What the assistant types."""
        self._channel.assisted(data)

    def take_over(self, taken: bool) -> None:
        """Nothing of what the person types is passed on, or again."""
        if self._channel.typists.take(taken):
            name = self._name
            taking = (
                f"{name} has taken over: nothing that you type is passed on until you are given back the terminal"
            )
            self._channel.say(taking if taken else f"{name} has given the terminal back: you type again")

    async def until_over(self) -> None:
        """Wait until the terminal is gone."""
        await self._channel.typists.over.wait()

    def leave(self) -> None:
        """The person is alone again."""
        self._channel.typists.leave()
        self._channel.say(f"{self._name} assists you no more")
