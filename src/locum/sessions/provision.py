"""Makes a session's access real on its target.

Steps: (1) connect, pin a host key seen first; (2) write the key or password and every intended ledger entry, commit;
(3) for each entry: prove the lease and that nobody has ended the session, apply, write it down; (4) become Active. A
crash after any of them is repaired by doing them again, or by the revert that CANCELLING brings. A host that can't be
entered never gets a ledger entry, so a session for it fails without anything to revert.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.actions.plan import steps
from locum.actions.target import locate, pin_host_key
from locum.audit import log as audit
from locum.connectors.base import Connector, Step, Target, TargetRefused, TargetUnreachable
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.kit.errors import Forbidden, Invalid
from locum.kit.jobs import Job
from locum.resources.add import get_resource
from locum.sessions import ledger, transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, EntryState, LedgerEntry, LogLevel, access_session
from locum.sessions.password import PASSWORD_PURPOSE, new_password
from locum.sessions.planned import planned_of
from locum.sessions.work import SessionWork, give_back
from locum.vault.secret import Secret
from locum.vault.store import Vault

KEY_PURPOSE = "session.private_key"
SSH = ("linux",)
"""Connectors of platforms where people sign in with the session's key; elsewhere it is a password."""


async def provision(work: SessionWork, held: Job, session: AccessSession) -> bool:
    """True: look again now. False: the job was given back, to be tried later."""
    try:
        connector, target = await work.db.read(locate, work.vault, session.resource_id)
        async with work.connect(connector, target) as connection:
            await _pin(work, session, target, connection)
            entries, password = await work.db.write(_intend, held, session, work.vault, connector)
            for entry in entries:
                if entry.state == EntryState.INTENDED and not await _apply(
                    work, held, connection, entry, password
                ):
                    return True
    except TargetUnreachable as error:
        await work.db.write(give_back, held, session, str(error), level=LogLevel.WARN)
        return False
    except (TargetRefused, Invalid, Forbidden) as error:
        await work.db.write(_give_up, held, session, str(error))
        return True
    await work.db.write(_activate, held, session)
    return True


def _intend(
    tx: Tx, held: Job, session: AccessSession, vault: Vault, connector: str
) -> tuple[list[LedgerEntry], Secret | None]:
    """(2) Nothing has touched the target before this is committed. Answers what the login signs in with, too, where
    that is a password."""
    jobs.hold(tx, held)
    already = ledger.entries(tx, session.id)
    if already:
        secret_id = transition.get(tx, session.id).password_secret_id
        return already, vault.open(tx, secret_id, purpose=PASSWORD_PURPOSE) if secret_id else None
    password, public = None, None
    account: dict[str, str] = {}
    if connector in SSH:
        private, public = _new_key(session.id)
        kept = {"key_secret_id": vault.put(tx, private, purpose=KEY_PURPOSE)}
        if get_resource(tx, session.resource_id).trusts_user_ca:
            public = None
    else:
        password = new_password()
        kept = {"password_secret_id": vault.put(tx, password, purpose=PASSWORD_PURPOSE)}
        account = {"until": session.scheduled_end.isoformat()}
    tx.run(sa.update(access_session).where(access_session.c.id == session.id).values(**kept))
    planned = steps(
        login=session.login_name,
        public_key=public,
        actions=planned_of(tx, session).actions,
        account=account,
    )
    ledger.intend(tx, session_id=session.id, resource_id=session.resource_id, steps=planned)
    transition.say(tx, session.id, f"preparing the account {session.login_name}")
    return ledger.entries(tx, session.id), password


def _new_key(session_id: UUID) -> tuple[Secret, str]:
    """A key pair for this session alone: the private half for the vault, the public half for the target."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return Secret(private), f"{public.decode()} locum:{session_id}"


async def _pin(work: SessionWork, session: AccessSession, target: Target, connection: Connector) -> None:
    """(1) The first key seen is pinned before anything is changed on the host that showed it."""
    if target.trusted_host_key is None and connection.host_key and connection.host_key_thumbprint:
        await work.db.write(
            pin_host_key, session.resource_id, key=connection.host_key, thumbprint=connection.host_key_thumbprint
        )


async def _apply(
    work: SessionWork, held: Job, connection: Connector, entry: LedgerEntry, password: Secret | None
) -> bool:
    """(3) False when the session is no longer Pending: whoever ended it gets its way before the next change."""
    if not await work.db.write(_still_pending, held):
        return False
    try:
        await connection.apply(as_step(entry, password if entry.kind == "account" else None))
    except (TargetRefused, TargetUnreachable) as error:
        await work.db.write(ledger.failed, entry.id, str(error))
        raise
    await work.db.write(_applied, held, entry)
    return True


def as_step(entry: LedgerEntry, secret: Secret | None = None) -> Step:
    """The connector's word for a ledger entry."""
    applied = entry.state == EntryState.APPLIED
    return Step(entry.kind, entry.parameters, str(entry.session_id), secret=secret, applied=applied)


def _still_pending(tx: Tx, held: Job) -> bool:
    jobs.hold(tx, held)
    return transition.get(tx, held.subject_id).status == Status.PENDING


def _applied(tx: Tx, held: Job, entry: LedgerEntry) -> None:
    jobs.hold(tx, held)
    ledger.applied(tx, entry.id)
    transition.say(tx, entry.session_id, f"{entry.kind} is in place", LogLevel.DEBUG)


def _activate(tx: Tx, held: Job, session: AccessSession) -> None:
    """(4) Only now may the gate let a connection through."""
    jobs.hold(tx, held)
    current = transition.get(tx, session.id)
    if current.status != Status.PENDING:
        return
    transition.move(tx, current, Status.ACTIVE, actual_start=tx.now)
    transition.say(tx, session.id, "access is ready")
    audit.record(tx, LOCUM, "session.active", object_kind="session", object_id=session.id)


def _give_up(tx: Tx, held: Job, session: AccessSession, error: str) -> None:
    jobs.hold(tx, held)
    transition.say(tx, session.id, error, LogLevel.ERROR)
    current = transition.get(tx, session.id)
    transition.begin_end(tx, LOCUM, current, outcome=Status.FAILED, reason=error[:1000])
