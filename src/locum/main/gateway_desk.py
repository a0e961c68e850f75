"""The state's side of one gateway process: answers its calls, and knows which connections it has.

It may do what a gateway may and no more: it can speak of connections that were opened for it, and open one only for
whom this side has seen signed in through it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
import structlog

from locum.gateway.ssh.gate import Gate, SignInSteps
from locum.identities.signin import FirstFactor, SignedIn
from locum.kit.errors import Forbidden, LocumError, Unauthenticated
from locum.main import gateway_link as say
from locum.main.gateway_assist import FarAssistant, FarAssistants
from locum.main.gateway_link import FromGateway, Link, ProvenAnswer, encoded
from locum.sessions.connections import Grant
from locum.vault.secret import Secret

REMEMBERED = 10_000  # sign-ins, and connections that are closed: the newest

K = TypeVar("K")
V = TypeVar("V")
P = TypeVar("P", FirstFactor, SignedIn)
log = structlog.get_logger("locum")


class Desk:
    """`serve` until the process is gone, then `left` says what it has left behind."""

    def __init__(
        self, link: Link[FromGateway], gate: Gate, signin: SignInSteps, ready: Callable[[], None]
    ) -> None:
        """`ready` is called when the process accepts connections."""
        self._link = link
        self._gate = gate
        self._signin = signin
        self._ready = ready
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._opening: set[int] = set()
        self._grants: dict[UUID, Grant] = {}
        self._numbers: dict[int, UUID] = {}  # the call that opened it, and the connection
        self._past: dict[UUID, Grant] = {}  # closed, but what passed in them may not be written yet
        self._assistants = FarAssistants(link)
        self._proven: dict[FirstFactor | SignedIn, None] = {}

    async def serve(self) -> None:
        """Answer until there is nobody to answer. Raises ValueError for what is no message."""
        while (message := await self._link.receive()) is not None:
            match message:
                case say.Asked(number, call):
                    self._begin(number, call)
                case say.Withdrawn(number):
                    self._withdraw(number)
                case say.Ready():
                    self._ready()
                case say.Assisting() | say.AssistOver():
                    self._assistants.heard(message)

    @property
    def connections(self) -> int:
        """How many the process has open."""
        return len(self._grants)

    def carries(self, connection_id: UUID) -> bool:
        """Whether the process has this connection open."""
        return connection_id in self._grants

    async def assist(self, connection_id: UUID, name: str) -> FarAssistant:
        """Let `name` type in a connection of the process. Raises Conflict."""
        return await self._assistants.assist(connection_id, name)

    async def left(self) -> list[Grant]:
        """The connections that were open when the process went, after what was under way is done or undone."""
        self._assistants.lost()
        for number in self._opening:
            self._tasks[number].cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        return list(self._grants.values())

    def _begin(self, number: int, call: say.Call) -> None:
        if number in self._tasks:
            raise ValueError("two calls have one number")
        if isinstance(call, say.Open):
            self._opening.add(number)
        self._tasks[number] = task = asyncio.create_task(self._reply(number, call))
        task.add_done_callback(lambda _: self._over(number))

    def _over(self, number: int) -> None:
        del self._tasks[number]
        self._opening.discard(number)

    def _withdraw(self, number: int) -> None:
        """Only an opening is undone, also one that is done; all else happens once it was asked for."""
        if number in self._opening:
            self._tasks[number].cancel()
        elif (connection_id := self._numbers.get(number)) is not None:
            self._begin(-number, say.Closed(connection_id, "the client has gone", None))

    async def _reply(self, number: int, call: say.Call) -> None:
        try:
            value = await self._answer(number, call)
        except LocumError as error:
            self._link.send(say.Denied(number, error.detail, isinstance(error, Unauthenticated)))
        except Exception as error:
            # Of the database in its own words: those around them repeat the rows.
            words = f"{type(error).__name__}: {str(getattr(error, 'orig', None) or error).partition(chr(10))[0]}"
            log.error(
                "a gateway process could not be answered",
                call=type(call).__name__,
                error=words,
                exc_info=not isinstance(error, sa.exc.SQLAlchemyError),
            )
            self._link.send(say.Failed(number, words))
        else:
            self._link.send(say.Answered(number, encoded(value)))

    async def _answer(self, number: int, call: say.Call) -> Any:
        match call:
            case say.Password():
                return self._saw(await self._signin.password(call.login, call.password, address=call.address))
            case say.SecondFactor(first, code, address):
                self._check_seen(first)
                return self._saw(await self._signin.second_factor(first, code.reveal_text(), address=address))
            case say.FindKey():
                return await self._signin.ssh_key(call.login, call.line)
            case say.ProvenKey(key, both, address):
                found = await self._signin.proven_ssh_key(key, both_factors=both, address=address)
                if isinstance(found, SignedIn):
                    return ProvenAnswer(signed_in=self._saw(found))
                return ProvenAnswer(first=self._saw(found))
            case say.AutoConnect():
                signed_in = await self._gate.auto_connect(call.wanted, call.address)
                return signed_in and self._saw(signed_in)
            case say.KeyUse():
                return await self._gate.ssh_key_use(call.identity_id, call.wanted, call.address)
            case say.Choices():
                return await self._gate.choices(call.identity_id, call.page)
            case say.Open():
                return await self._open(number, call)
            case say.RefusedThere():
                return await self._gate.refused(call.actor, call.kind, call.asked, call.session_id)
            case _:
                return await self._about_connection(call)

    async def _about_connection(
        self, call: say.RecordingKey | say.PinHostKey | say.Extend | say.Happened | say.Closed
    ) -> Any:
        grant = self._grants.get(call.connection_id)
        if grant is None and isinstance(call, say.Happened):
            grant = self._past.get(call.connection_id)
        if grant is None:
            raise Forbidden("this gateway process has no such connection")
        match call:
            case say.RecordingKey():
                return await self._gate.recording_key(grant)
            case say.PinHostKey():
                return await self._gate.pin_host_key(grant, call.key, call.fingerprint)
            case say.Extend():
                return await self._gate.extend(grant, address=call.address)
            case say.Happened():
                return await self._gate.happened(grant, call.events, address=call.address)
            case say.Closed():
                await self._gate.closed(grant, reason=call.reason, recording_digest=call.recording_digest)
                self._forget(grant)

    async def _open(self, number: int, call: say.Open) -> Grant:
        self._check_seen(call.who)
        grant = await self._gate.open(
            call.who,
            call.wanted,
            address=call.address,
            close=lambda reason: self._link.send(say.End(number, reason)),
            change=lambda now: self._link.send(say.Change(number, now)),
            progress=lambda line: self._link.send(say.Progress(number, line)),
        )
        self._opening.discard(number)
        self._grants[grant.connection_id] = grant
        self._numbers[number] = grant.connection_id
        return grant

    def _forget(self, grant: Grant) -> None:
        self._grants.pop(grant.connection_id, None)
        self._numbers = {number: opened for number, opened in self._numbers.items() if opened in self._grants}
        _remember(self._past, grant.connection_id, replace(grant, private_key=Secret(b"")))

    def _saw(self, proven: P) -> P:
        _remember(self._proven, proven, None)
        return proven

    def _check_seen(self, proven: FirstFactor | SignedIn) -> None:
        if proven not in self._proven:
            raise Forbidden("nobody signed in like that through this gateway process")


def _remember(some: dict[K, V], key: K, value: V) -> None:
    some.pop(key, None)
    some[key] = value
    if len(some) > REMEMBERED:
        del some[next(iter(some))]
