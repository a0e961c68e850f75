"""Who may enter a session now: the decision of the one gate, and what whoever passes leaves with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from locum.activities.channel_rules import DEFAULT, ChannelRules
from locum.activities.command_restrictions import in_force
from locum.activities.command_rules import Restriction
from locum.activities.model import activity
from locum.activities.read import channel_rules_of
from locum.audit import log as audit
from locum.identities.signin import SignedIn
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden
from locum.kit.ids import new_id
from locum.kit.pause import refuse_if_paused
from locum.resources.add import get_resource
from locum.resources.model import TrustAction
from locum.sessions import ledger, transition
from locum.sessions.certificate import USER_CA, user_certificate
from locum.sessions.connection_limits import NO_LIMITS, Limits, hold_room
from locum.sessions.entering import checked_owner, over_ssh
from locum.sessions.extend import offered
from locum.sessions.model import AccessSession, connection
from locum.sessions.profile_rules import check_connection, notice_of
from locum.sessions.provision import KEY_PURPOSE
from locum.sessions.recorded_text_model import recorded_text
from locum.sessions.wanted import check_proof
from locum.vault import system_keys
from locum.vault.secret import Secret
from locum.vault.store import Vault


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
