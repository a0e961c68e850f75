"""The one gate: whoever wants to dial a target comes here first and leaves with a Grant, or with a reason."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import sqlalchemy as sa
import structlog

from locum.activities.channel_rules import DEFAULT, ChannelRules
from locum.activities.command_restrictions import in_force
from locum.activities.command_rules import Restriction
from locum.activities.model import SshKeyUse, activity
from locum.activities.read import channel_rules_of
from locum.audit import log as audit
from locum.identities.model import identity
from locum.identities.signin import SignedIn
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Forbidden, LocumError, NotFound
from locum.kit.ids import new_id
from locum.kit.paging import Listed, Page
from locum.kit.pause import refuse_if_paused
from locum.kit.wake import Wake
from locum.resources.add import get_resource
from locum.resources.model import TrustAction
from locum.sessions import auto_connect, ledger, transition
from locum.sessions.certificate import USER_CA, user_certificate
from locum.sessions.choices import Choice, choices
from locum.sessions.connection_events import ConnectionEvent, write_end, write_events
from locum.sessions.connection_limits import NO_LIMITS, Limits, check_room, hold_room
from locum.sessions.entering import checked_owner, over_ssh
from locum.sessions.extend import extend_session, offered
from locum.sessions.lifecycle import LIVE, Status
from locum.sessions.model import AccessSession, connection
from locum.sessions.owed import Owed
from locum.sessions.profile_rules import check_connection, notice_of
from locum.sessions.provision import KEY_PURPOSE
from locum.sessions.recorded_text_model import recorded_text
from locum.sessions.recover import recover
from locum.sessions.request import request_session
from locum.sessions.shown_key import let_key_in
from locum.sessions.wanted import Wanted, check_proof, ssh_key_use, takes_for_both
from locum.sessions.watch import Live, Now, latest_warning, look, pass_on
from locum.vault import system_keys
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


@dataclass(frozen=True, slots=True)
class Grant:
    """Proof that one connection may be dialled now. Only `authorize_connection` makes one."""

    connection_id: UUID
    session_id: UUID
    identity_id: UUID
    identity_name: str
    resource_id: UUID
    resource_name: str
    activity_name: str
    host: str
    port: int
    login_name: str
    private_key: Secret  # OpenSSH private key text, lives in memory only
    certificate: bytes | None  # an SSH user certificate for it, where no key was put on the target
    trusted_host_key: str | None  # "ssh-ed25519 AAAA…" pinned on first discovery; None = nothing pinned yet
    deadline: dt.datetime  # the connection must be closed then
    record: bool
    notice: dt.timedelta | None = None  # so long before the deadline the person is told; None = not at all
    channels: ChannelRules = DEFAULT  # what may pass the connection
    extension: int | None = None  # minutes that the person may add to the session near its end; None = none
    restrictions: tuple[Restriction, ...] = ()  # what is done at which commands
    # The target may show another host key than the trusted one: the gate is asked first.
    any_host_key: bool = False
    legacy: bool = False  # the target may be spoken to in the weak ways of old SSH servers


def authorize_connection(
    tx: Tx,
    vault: Vault,
    *,
    session_id: UUID,
    who: SignedIn,
    address: str,
    node: str,
    limits: Limits = NO_LIMITS,
) -> Grant:
    """Let one connection into a session, or say why not. Default deny.

    Checks, in order: (1) Locum is not paused; (2) the session is the caller's own, (3) Active, (4) its time is not
    over; (5) neither it nor its owner is locked; (6) how they signed in is enough for its connection profile; (7) the
    profile's rules of address and time let them in; (8) there is room for one more. Then the connection is written
    down and audited, and the Grant made.
    """
    refuse_if_paused(tx)
    session = transition.get(tx, session_id)
    person = checked_owner(tx, session, who)
    check_proof(tx, session.id, who)
    target = get_resource(tx, over_ssh(session))
    check_connection(tx, session.profile_id, address)
    if session.key_secret_id is None:
        raise Forbidden("the session has no key any more", missing="active session")
    hold_room(tx, limits, person.id)
    private_key = vault.open(tx, session.key_secret_id, purpose=KEY_PURPOSE)
    connection_id = _write_down(tx, session, Actor(person.id, person.name, address), target.name, node)
    return Grant(
        connection_id=connection_id,
        session_id=session.id,
        identity_id=person.id,
        identity_name=person.name,
        resource_id=target.id,
        resource_name=target.name,
        activity_name=str(tx.scalar(sa.select(activity.c.name).where(activity.c.id == session.activity_id))),
        host=target.address,
        port=target.port_ssh,
        login_name=session.login_name,
        private_key=private_key,
        certificate=_certificate(tx, vault, session, private_key, person.name),
        trusted_host_key=target.trusted_host_key,
        deadline=session.scheduled_end,
        record=session.record,
        notice=notice_of(tx, session.profile_id),
        channels=channel_rules_of(tx, session.profile_id),
        extension=offered(tx, session),
        restrictions=in_force(tx, session.profile_id),
        any_host_key=TrustAction(target.ssh_trust_action).lets_in(target.trusted_host_key),
        legacy=target.legacy_algorithms,
    )


def _write_down(tx: Tx, session: AccessSession, actor: Actor, resource_name: str, node: str) -> UUID:
    """The connection's row, the session's log and the audit log say that it is open. Answers its id."""
    connection_id = new_id()
    tx.add(
        connection,
        id=connection_id,
        session_id=session.id,
        identity_id=actor.id,
        node=node,
        address=actor.address,
        recorded=session.record,
        opened_at=tx.now,
    )
    if session.record:
        tx.add(recorded_text, connection_id=connection_id, node=node)
    transition.say(tx, session.id, f"connection opened from {actor.address}")
    audit.record(
        tx,
        actor,
        "connection.opened",
        object_kind="session",
        object_id=session.id,
        detail={"connection": str(connection_id), "resource": resource_name},
    )
    return connection_id


def _certificate(
    tx: ReadTx, vault: Vault, session: AccessSession, private_key: Secret, person: str
) -> bytes | None:
    """Made anew for each connection. The ledger knows how it was provisioned, whatever the resource says now."""
    if any(entry.kind == "authorized_key" for entry in ledger.entries(tx, session.id)):
        return None
    ca = system_keys.load(tx, vault, USER_CA)
    return user_certificate(
        ca, private_key, principal=session.login_name, session_id=session.id, person=person, now=tx.now
    )


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
