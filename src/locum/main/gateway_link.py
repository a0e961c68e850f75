"""What the process with the database and a gateway process say to each other: msgpack, each message behind its length,
in order, over a pair of sockets that both were given and that has no name to attack.

A connection of a gateway process is known by the number of the call that opened it.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from locum.identities.signin import FirstFactor, SignedIn, SshKey
from locum.kit.actor import Actor
from locum.kit.paging import Page
from locum.sessions.connections import ConnectionEvent, Now, Wanted
from locum.vault.secret import Secret

_LENGTH = 4
_LONGEST = 16 * 1024 * 1024

T = TypeVar("T")


class Message(msgspec.Struct, frozen=True, tag=True):
    """One of those below."""


# -- calls of a gateway process, one for each method of `Gate` and `SignInSteps`


class Password(Message, frozen=True):
    login: str
    password: Secret
    address: str | None


class SecondFactor(Message, frozen=True):
    first: FirstFactor
    code: Secret
    address: str | None


class FindKey(Message, frozen=True):
    login: str
    line: str


class ProvenKey(Message, frozen=True):
    key: SshKey
    both_factors: bool
    address: str | None


class KeyUse(Message, frozen=True):
    identity_id: UUID
    wanted: Wanted
    address: str


class AutoConnect(Message, frozen=True):
    wanted: Wanted
    address: str


class Choices(Message, frozen=True):
    identity_id: UUID
    page: Page


class Open(Message, frozen=True):
    who: SignedIn
    wanted: Wanted
    address: str


class RecordingKey(Message, frozen=True):
    connection_id: UUID


class PinHostKey(Message, frozen=True):
    connection_id: UUID
    key: str
    fingerprint: str


class Extend(Message, frozen=True):
    connection_id: UUID
    address: str


class Happened(Message, frozen=True):
    connection_id: UUID
    events: list[ConnectionEvent]
    address: str


class RefusedThere(Message, frozen=True):
    actor: Actor
    kind: str
    asked: str
    session_id: UUID | None


class Closed(Message, frozen=True):
    connection_id: UUID
    reason: str
    recording_digest: str | None


Call = (
    Password
    | SecondFactor
    | FindKey
    | ProvenKey
    | KeyUse
    | AutoConnect
    | Choices
    | Open
    | RecordingKey
    | PinHostKey
    | Extend
    | Happened
    | RefusedThere
    | Closed
)


class Asked(Message, frozen=True):
    number: int
    call: Call


class Withdrawn(Message, frozen=True):
    """Nobody waits for the answer of that call any more."""

    number: int


class Ready(Message, frozen=True):
    """The gateway process accepts connections."""


class Assisting(Message, frozen=True):
    """The assistant of that number can type."""

    number: int


class AssistOver(Message, frozen=True):
    """The last of each assistant: why they can't type, or no more."""

    number: int
    reason: str


# -- what a gateway process is told


class Start(Message, frozen=True):
    """What it works with: the gateway's host key, the key that signs recordings, and where recordings lie."""

    host_key: Secret
    recording_key: Secret
    recordings: str
    most_bytes: int | None
    ends_open: bool


class ProvenAnswer(msgspec.Struct, frozen=True):
    """A proven key is one of the two."""

    first: FirstFactor | None = None
    signed_in: SignedIn | None = None


class Answered(Message, frozen=True):
    number: int
    value: msgspec.Raw


class Denied(Message, frozen=True):
    """A refusal, in words for the person. `try_again`: they may prove who they are in another way."""

    number: int
    detail: str
    try_again: bool


class Failed(Message, frozen=True):
    number: int
    words: str


class End(Message, frozen=True):
    """The connection must end now."""

    number: int
    reason: str


class Change(Message, frozen=True):
    number: int
    now: Now


class Progress(Message, frozen=True):
    number: int
    line: str


class Assist(Message, frozen=True):
    """Let somebody of that name type in the connection. `number` is the assistant's from here on."""

    number: int
    connection_id: UUID
    name: str


class Typed(Message, frozen=True):
    """What the assistant types."""

    number: int
    data: bytes


class TakeOver(Message, frozen=True):
    """The assistant types alone, or both again."""

    number: int
    taken: bool


class AssistEnd(Message, frozen=True):
    """The assistant leaves."""

    number: int


class Drain(Message, frozen=True):
    """Accept nobody any more, and end when nobody is connected, or after so many seconds."""

    timeout: float


OfAssistant = Assist | Typed | TakeOver | AssistEnd
FromGateway = Asked | Withdrawn | Ready | Assisting | AssistOver
ToGateway = Start | Answered | Denied | Failed | End | Change | Progress | OfAssistant | Drain


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError


def _whole(wanted: type, value: Any) -> Any:
    if wanted is Secret and isinstance(value, bytes):
        return Secret(value)
    raise NotImplementedError


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)


def encoded(value: Any) -> msgspec.Raw:
    """A value as the other side decodes it with `decoded`."""
    return msgspec.Raw(_encoder.encode(value))


def decoded(value: msgspec.Raw, wanted: Any) -> Any:
    """The value that `encoded` was given."""
    return msgspec.msgpack.decode(value, type=wanted, dec_hook=_whole)


class Link(Generic[T]):
    """One end of the pair; the other end says messages of type T."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: Any) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = msgspec.msgpack.Decoder(heard, dec_hook=_whole)

    @classmethod
    async def over(cls, end: socket.socket, heard: Any) -> Link[T]:
        """The link takes the socket. `heard` is T, once more."""
        end.setblocking(False)
        return cls(*await asyncio.open_unix_connection(sock=end), heard)

    def send(self, message: FromGateway | ToGateway) -> None:
        """Say it, after all that was said before; nothing where the other end is gone."""
        if not self._writer.is_closing():
            body = _encoder.encode(message)
            self._writer.write(len(body).to_bytes(_LENGTH, "big") + body)

    async def receive(self) -> T | None:
        """What the other end says next; None when it is gone. Raises ValueError for what is no message."""
        try:
            length = int.from_bytes(await self._reader.readexactly(_LENGTH), "big")
            if length > _LONGEST:
                raise ValueError("a message is too long")
            message: T = self._decoder.decode(await self._reader.readexactly(length))
            return message
        except (asyncio.IncompleteReadError, OSError):
            return None

    def close(self) -> None:
        """Say no more."""
        self._writer.close()
