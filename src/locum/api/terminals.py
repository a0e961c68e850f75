"""The terminals that browsers have open on this node, and the tickets that open them."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import asyncssh

from locum.activities.channel_rules import ChannelRules
from locum.identities.signin import SignedIn
from locum.kit.errors import Forbidden, NotFound
from locum.kit.ids import new_id

TICKET_S = 30.0

Size = tuple[int, int]


class Shell(Protocol):
    """One shell through the gateway, and files beside it. What they raise are LocumErrors."""

    @property
    def rules(self) -> ChannelRules: ...
    @property
    def connection_id(self) -> UUID | None: ...
    @property
    def ended(self) -> str | None: ...
    async def start(self, size: Size) -> None: ...
    async def ready(self) -> None: ...
    async def read(self) -> bytes: ...
    async def write(self, data: bytes) -> None: ...
    def resize(self, size: Size) -> None: ...
    def files(self) -> contextlib.AbstractAsyncContextManager[asyncssh.SFTPClient]: ...
    async def close(self) -> None: ...


class Assistant(Protocol):
    """Somebody who types in a connection of another person."""

    def type(self, data: bytes) -> None: ...
    def take_over(self, taken: bool) -> None: ...
    async def until_over(self) -> None: ...
    def leave(self) -> None: ...


Assist = Callable[[UUID, str], Awaitable[Assistant]]
Enter = Callable[[SignedIn, UUID, str], Awaitable[Shell]]


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a terminal is: somebody's, in one sign-in."""

    identity_id: UUID
    sign_in_id: UUID


class Terminals:
    """`enter` opens a shell in a session for somebody who is signed in, at an address; `assist` lets somebody of a name
    type in a connection."""

    def __init__(self, enter: Enter, assist: Assist) -> None:
        self.enter = enter
        self.assist = assist
        self._tickets: dict[str, tuple[Holder, str, UUID, float]] = {}
        self._open: dict[UUID, tuple[Holder, Shell]] = {}

    def ticket(self, holder: Holder, purpose: str, thing: UUID) -> str:
        """Good for one WebSocket of this holder, for this thing, for half a minute. The latest one counts."""
        now = time.monotonic()
        self._tickets = {
            text: kept
            for text, kept in self._tickets.items()
            if kept[3] > now and kept[:3] != (holder, purpose, thing)
        }
        text = secrets.token_urlsafe(32)
        self._tickets[text] = (holder, purpose, thing, now + TICKET_S)
        return text

    def use_ticket(self, text: object, holder: Holder, purpose: str, thing: UUID) -> None:
        """Raises Forbidden where it is none, or not for this, or used before, or too old."""
        kept = self._tickets.pop(text, None) if isinstance(text, str) else None
        if kept is None or kept[:3] != (holder, purpose, thing) or kept[3] <= time.monotonic():
            raise Forbidden(
                "the ticket is not valid, was used before or is too old: ask for another", missing="ticket"
            )

    def add(self, holder: Holder, shell: Shell) -> UUID:
        """A terminal that is open now; its id."""
        terminal_id = new_id()
        self._open[terminal_id] = (holder, shell)
        return terminal_id

    def remove(self, terminal_id: UUID) -> None:
        """It is open no more."""
        self._open.pop(terminal_id, None)

    def get(self, terminal_id: UUID, holder: Holder) -> Shell:
        """Somebody's own. Raises NotFound."""
        owner, shell = self._open.get(terminal_id, (None, None))
        if shell is None or owner != holder:
            raise NotFound("there is no such terminal of this sign-in on this node")
        return shell
