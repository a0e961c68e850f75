"""The gate and the sign-in as a gateway process has them: each call goes to the process with the database."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from locum.identities.signin import FirstFactor, SignedIn, SshKey
from locum.kit.actor import Actor
from locum.kit.errors import Forbidden, Unauthenticated
from locum.kit.paging import Listed, Page
from locum.main import gateway_link as say
from locum.main.gateway_link import Link, ToGateway, decoded
from locum.sessions.connections import Choice, ConnectionEvent, Grant, Now, SshKeyUse, Wanted
from locum.vault.secret import Secret


class CallFailed(RuntimeError):
    """The process with the database could not answer; its log says more."""


@dataclass(frozen=True, slots=True)
class _Told:
    """Whom the news of one connection are for."""

    close: Callable[[str], None]
    change: Callable[[Now], None]
    progress: Callable[[str], None]


class FarRooms:
    """The `Gate` and the `SignInSteps` at the other end of the link."""

    def __init__(self, link: Link[ToGateway]) -> None:
        self._link = link
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._told: dict[int, _Told] = {}
        self._connections: dict[UUID, int] = {}

    def heard(self, message: ToGateway) -> None:
        """Pass on an answer, or news of a connection."""
        match message:
            case say.Answered(number, value):
                self._settle(number, lambda waiting: waiting.set_result(value))
            case say.Denied(number, detail, try_again):
                error = Unauthenticated(detail) if try_again else Forbidden(detail)
                self._settle(number, lambda waiting: waiting.set_exception(error))
            case say.Failed(number, words):
                failed = CallFailed(words)
                self._settle(number, lambda waiting: waiting.set_exception(failed))
            case say.End(number, reason):
                if number in self._told:
                    self._told[number].close(reason)
            case say.Change(number, now):
                if number in self._told:
                    self._told[number].change(now)
            case say.Progress(number, line):
                if number in self._told:
                    self._told[number].progress(line)

    def _settle(self, number: int, how: Callable[[asyncio.Future[msgspec.Raw]], None]) -> None:
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            how(waiting)

    async def _ask(self, call: say.Call, answer: Any, number: int | None = None) -> Any:
        number = number or next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._link.send(say.Asked(number, call))
        try:
            return decoded(await waiting, answer)
        except asyncio.CancelledError:
            self._link.send(say.Withdrawn(number))
            raise
        finally:
            del self._waiting[number]

    # -- the steps of a sign-in

    async def password(self, login: str, password: Secret, *, address: str | None) -> FirstFactor:
        found: FirstFactor = await self._ask(say.Password(login, password, address), FirstFactor)
        return found

    async def second_factor(self, first: FirstFactor, code: str, *, address: str | None) -> SignedIn:
        found: SignedIn = await self._ask(say.SecondFactor(first, Secret(code), address), SignedIn)
        return found

    async def ssh_key(self, login: str, line: str) -> SshKey | None:
        found: SshKey | None = await self._ask(say.FindKey(login, line), SshKey | None)
        return found

    async def proven_ssh_key(
        self, key: SshKey, *, both_factors: bool, address: str | None
    ) -> FirstFactor | SignedIn:
        found: say.ProvenAnswer = await self._ask(say.ProvenKey(key, both_factors, address), say.ProvenAnswer)
        settled = found.signed_in or found.first
        assert settled is not None
        return settled

    # -- the gate

    async def ssh_key_use(self, identity_id: UUID, wanted: Wanted, address: str) -> SshKeyUse:
        found: SshKeyUse = await self._ask(say.KeyUse(identity_id, wanted, address), SshKeyUse)
        return found

    async def auto_connect(self, wanted: Wanted, address: str) -> SignedIn | None:
        found: SignedIn | None = await self._ask(say.AutoConnect(wanted, address), SignedIn | None)
        return found

    async def choices(self, identity_id: UUID, page: Page) -> Listed[Choice]:
        found: Listed[Choice] = await self._ask(say.Choices(identity_id, page), Listed[Choice])
        return found

    async def open(
        self,
        who: SignedIn,
        wanted: Wanted,
        *,
        address: str,
        close: Callable[[str], None],
        change: Callable[[Now], None],
        progress: Callable[[str], None],
    ) -> Grant:
        number = next(self._numbers)
        self._told[number] = _Told(close, change, progress)
        try:
            grant: Grant = await self._ask(say.Open(who, wanted, address), Grant, number)
        except BaseException:
            del self._told[number]
            raise
        self._connections[grant.connection_id] = number
        return grant

    async def recording_key(self, grant: Grant) -> tuple[Secret, str]:
        found: tuple[Secret, str] = await self._ask(say.RecordingKey(grant.connection_id), tuple[Secret, str])
        return found

    async def pin_host_key(self, grant: Grant, key: str, fingerprint: str) -> None:
        if key != grant.trusted_host_key:
            await self._ask(say.PinHostKey(grant.connection_id, key, fingerprint), None)

    async def extend(self, grant: Grant, *, address: str) -> None:
        await self._ask(say.Extend(grant.connection_id, address), None)

    async def happened(self, grant: Grant, events: Sequence[ConnectionEvent], *, address: str) -> None:
        await self._ask(say.Happened(grant.connection_id, list(events), address), None)

    async def refused(self, actor: Actor, kind: str, asked: str, session_id: UUID | None) -> None:
        await self._ask(say.RefusedThere(actor, kind, asked, session_id), None)

    async def closed(self, grant: Grant, *, reason: str, recording_digest: str | None = None) -> None:
        self._told.pop(self._connections.pop(grant.connection_id, 0), None)
        await self._ask(say.Closed(grant.connection_id, reason, recording_digest), None)
