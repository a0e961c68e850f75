"""The one gate: whoever wants to dial a target comes here first and leaves with a Grant, or with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import sqlalchemy as sa
import structlog

from locum.activities.model import SshKeyUse
from locum.audit import log as audit
from locum.identities.model import identity
from locum.identities.signin import SignedIn
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Forbidden, LocumError, NotFound
from locum.kit.paging import Listed, Page
from locum.kit.pause import refuse_if_paused
from locum.kit.wake import Wake
from locum.recordings.key import KEY_PURPOSE as RECORDING
from locum.sessions import auto_connect, transition
from locum.sessions.authorize import Grant, authorize_connection
from locum.sessions.choices import Choice, choices
from locum.sessions.connection_events import ConnectionEvent, write_end, write_events
from locum.sessions.connection_limits import NO_LIMITS, Limits, check_room
from locum.sessions.extend import extend_session
from locum.sessions.lifecycle import LIVE, Status
from locum.sessions.owed import Owed
from locum.sessions.recover import recover
from locum.sessions.request import request_session
from locum.sessions.shown_key import let_key_in
from locum.sessions.wanted import Wanted, check_proof, ssh_key_use, takes_for_both
from locum.sessions.watch import Live, Now, latest_warning, look, pass_on
from locum.vault.secret import Secret
from locum.vault.store import Vault

__all__ = [
    "Choice",
    "ConnectionEvent",
    "Connections",
    "Grant",
    "Now",
    "SshKeyUse",
    "Wanted",
    "authorize_connection",
    "takes_for_both",
]

WATCH_INTERVAL_S = 0.5
READY_TIMEOUT_S = 90.0

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger("locum.sessions")


class Connections:
    """Opens and closes this node's connections, and closes them when their session ends."""

    def __init__(
        self, db: Database, vault: Vault, changed: Wake, *, node: str, limits: Limits = NO_LIMITS
    ) -> None:
        self._db = db
        self._vault = vault
        self._changed = changed
        self._node = node
        self._limits = limits
        self._live: dict[UUID, Live] = {}
        self._owed = Owed(db)

    async def ssh_key_use(self, identity_id: UUID, wanted: Wanted, address: str) -> SshKeyUse:
        """What a registered SSH key of this person proves for what is wanted from there. The gate looks again."""
        return await self._db.read(ssh_key_use, identity_id, wanted, address)

    async def auto_connect(self, wanted: Wanted, address: str) -> SignedIn | None:
        """Whom the token in a link signs in, for its session alone; None where it is good no more."""
        return await auto_connect.by_link(self._db, wanted, address)

    async def choices(self, identity_id: UUID, page: Page) -> Listed[Choice]:
        """What this person may open, to choose from."""
        return await self._db.read(choices, identity_id, page)

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
        """Authorise a connection, starting a session first where `wanted` names no session.

        `close(reason)` is called on the event loop when the connection must end now (cancel, locked account),
        `change(now)` when it has another deadline or is locked or unlocked, and `progress(line)` with words for the
        person while access is made. Raises LocumError with the reason when
        refused. The connection counts as open until `closed` is called.
        """
        if wanted.session_id is not None:
            await self._db.read(_check_bound, wanted, who.identity_id)
            return await self._enter(wanted.session_id, who, address, close, change, progress)
        starting = self._db.write(_start, who, wanted, address=address, node=self._node, limits=self._limits)
        session_id = await _or_undo(starting, self._end_unused)
        self._changed.ring()
        try:
            return await self._enter(session_id, who, address, close, change, progress)
        except BaseException:
            # Also when the client has gone (cancelled): a session that nobody can use must not live on.
            await asyncio.shield(self._end_unused(session_id))
            raise

    async def _enter(
        self,
        session_id: UUID,
        who: SignedIn,
        address: str,
        close: Callable[[str], None],
        change: Callable[[Now], None],
        progress: Callable[[str], None],
    ) -> Grant:
        await self._ready(session_id, progress)
        entering = self._db.write(
            authorize_connection,
            self._vault,
            session_id=session_id,
            who=who,
            address=address,
            node=self._node,
            limits=self._limits,
        )
        grant = await _or_undo(entering, lambda grant: self.closed(grant, reason="the client has gone"))
        self._live[grant.connection_id] = Live(session_id, close, change, Now(grant.deadline))
        self._changed.ring()  # the session may have ended between the check and this line: have it looked at
        return grant

    async def _ready(self, session_id: UUID, progress: Callable[[str], None]) -> None:
        """Wait until the session is ready or over; say so once, and pass on what its log reports."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + READY_TIMEOUT_S
        told = ""
        while True:
            seen = self._changed.seen
            session = await self._db.read(transition.get, session_id)
            if session.status not in {Status.APPROVAL_REQUIRED, Status.PENDING}:
                return
            if loop.time() > give_up:
                raise Forbidden("the access could not be made ready in time; see the session's log")
            waiting = (
                "waiting for approval…" if session.status == Status.APPROVAL_REQUIRED else "preparing access…"
            )
            words = await self._db.read(latest_warning, session_id) or waiting
            if words != told:
                progress(words)
                told = words
            await self._changed.wait(seen, WATCH_INTERVAL_S)

    async def pin_host_key(self, grant: Grant, key: str, fingerprint: str) -> None:
        """Say what the target's key means that is not known yet (RES-11): the one seen first is remembered, another
        than the trusted one let in where the resource says so. Raises Forbidden."""
        if key != grant.trusted_host_key:
            about, trusted = (grant.session_id, grant.resource_id), grant.trusted_host_key
            await self._db.write(let_key_in, *about, trusted=trusted, shown=key, thumbprint=fingerprint)

    async def closed(self, grant: Grant, *, reason: str, recording_digest: str | None = None) -> None:
        """The connection is gone. A session that a direct connect started ends with it (PRX-08)."""
        self._live.pop(grant.connection_id, None)
        actor = Actor(grant.identity_id, grant.identity_name)
        await self._settle(write_end, actor, grant.session_id, grant.connection_id, reason, recording_digest)

    async def extend(self, grant: Grant, *, address: str) -> None:
        """Let the session of this connection last longer, as its profile says (PRX-09). Raises LocumError."""
        actor = Actor(grant.identity_id, grant.identity_name, address)
        most = self._limits.sessions
        await self._db.write(extend_session, actor, grant.session_id, 0, as_administrator=False, most=most)
        self._changed.ring()

    async def recording_key(self, grant: Grant) -> tuple[Secret, str]:
        """A fresh data key for the recording of this connection, and the text of it for the recording's header."""
        return self._vault.new_data_key(purpose=RECORDING, subject_id=grant.connection_id)

    async def refused(self, actor: Actor, kind: str, asked: str, session_id: UUID | None) -> None:
        """Write down what was asked for in vain. `session_id` None: there is no session yet."""
        await self._db.write(
            audit.record,
            actor,
            "connection.refused",
            object_kind="session" if session_id else None,
            object_id=session_id,
            outcome="denied",
            detail={"kind": kind, "asked": asked},
        )

    async def happened(self, grant: Grant, events: Sequence[ConnectionEvent], *, address: str) -> None:
        """Write down what passed in a connection, as actions and details for the audit log: all of it, or it raises
        what the database does, and the caller still has it."""
        actor = Actor(grant.identity_id, grant.identity_name, address)
        await self._db.write(write_events, actor, grant.session_id, grant.connection_id, events)

    async def _end_unused(self, session_id: UUID) -> None:
        await self._settle(_end_unused, session_id, "no connection could be made")

    async def _settle(self, fn: Callable[Concatenate[Tx, P], None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Write an end, which is owed where the database does not take it: `watch` pays."""
        await self._owed.settle(fn, *args, **kwargs)
        self._changed.ring()

    async def watch(self) -> None:
        """Close connections whose session is no longer Active, and tell the others what changes, for ever."""
        while True:
            seen = self._changed.seen
            try:
                if self._live:
                    watched = {one.session_id for one in self._live.values()}
                    seen_now = await self._db.read(look, watched)
                    pass_on(list(self._live.values()), seen_now)
                if await self._owed.pay():
                    self._changed.ring()
            except Exception:  # The outermost boundary: connections must be watched when the database is back.
                log.exception("connections can't be watched")
            await self._changed.wait(seen, WATCH_INTERVAL_S)

    def end_all(self, reason: str) -> None:
        """Close every connection of this node."""
        for one in list(self._live.values()):
            one.close(reason)

    async def recover(self) -> list[UUID]:
        """After a crash: this node's connections are gone, and so are the sessions that hung on them.

        Answers the connections that were being recorded: their recordings lie open, and wait for `sealed`.
        """
        lost = await self._db.write(recover, self._node)
        self._changed.ring()
        return lost


async def _or_undo(write: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[None]]) -> T:
    """What `write` made. Where the caller is cancelled meanwhile it may be made all the same: it is undone then."""
    task = asyncio.create_task(write)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(LocumError):  # refused: there is nothing to undo
            await undo(await task)
        raise


def _check_bound(tx: ReadTx, wanted: Wanted, identity_id: UUID) -> None:
    assert wanted.session_id is not None
    refuse_if_paused(tx)
    session = transition.get(tx, wanted.session_id)
    if session.identity_id != identity_id:
        raise NotFound("no such session")
    if session.status not in LIVE:
        raise Forbidden("the session has ended", missing="active session")


def _start(tx: Tx, who: SignedIn, wanted: Wanted, *, address: str, node: str, limits: Limits) -> UUID:
    check_room(tx, limits, who.identity_id)  # and again at the gate: nothing is done on a target for nothing
    name = str(tx.scalar(sa.select(identity.c.name).where(identity.c.id == who.identity_id)))
    actor = Actor(who.identity_id, name, address)
    try:
        session_id = request_session(tx, actor, wanted.request(who.identity_id), node=node, most=limits.sessions)
    except NotFound:
        raise Forbidden("you may not do that there, or there is no such activity, resource or policy") from None
    check_proof(tx, session_id, who)  # before anything is done on the target; refused, the request is rolled back
    return session_id


def _end_unused(tx: Tx, session_id: UUID, reason: str) -> None:
    session = transition.get(tx, session_id)
    transition.begin_end(tx, LOCUM, session, outcome=Status.FAILED, reason=reason)
