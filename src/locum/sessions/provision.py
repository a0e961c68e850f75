"""Makes a session's access real on its target.

Steps: (1) decide again, for what held when it was asked for may not hold now; connect, pin a host key seen first;
(2) write the key or password and every intended ledger entry, commit; (3) for each entry: prove the lease and that
nobody has ended the session, apply, write it down; (4) become Active. What a task is for is done after that, by
`run_task`. A crash after any of them is repaired by doing
them again, or by the revert that CANCELLING brings. A host that can't be entered never gets a ledger entry, so a
session for it fails without anything to revert.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.actions.host_key import note_changed_key
from locum.actions.plan import SCRIPT, steps
from locum.actions.reach import reach
from locum.actions.target import locate, pin_host_key
from locum.activities.model import ActivityType, LoginType, Phase
from locum.activities.read import connection_profile_of
from locum.audit import log as audit
from locum.connectors.base import Connector, Step, Target, TargetBusy, TargetRefused, TargetUnreachable
from locum.identities.model import identity
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.kit.errors import Forbidden, Invalid
from locum.kit.jobs import Job
from locum.resources.add import get_resource
from locum.sessions import kept_login, ledger, transition
from locum.sessions.late_change import proven
from locum.sessions.lifecycle import Status
from locum.sessions.logon_model import LOGON_JOB, logon_watch
from locum.sessions.model import AccessSession, EntryState, LedgerEntry, LogLevel, access_session
from locum.sessions.password import PASSWORD_PURPOSE, new_password
from locum.sessions.planned import is_task, planned_of
from locum.sessions.redecide import refusal_at_start
from locum.sessions.step_output import say_output
from locum.sessions.token_rule import account_password
from locum.sessions.work import SessionWork, give_back
from locum.vault.secret import Secret
from locum.vault.store import Vault

KEY_PURPOSE = "session.private_key"
WITH_PASSWORD = ("account", "managed_account")
SSH = ("linux",)
"""Connectors of platforms where people sign in with the session's key; elsewhere it is a password."""


async def provision(work: SessionWork, held: Job, session: AccessSession) -> bool:
    """True: look again now. False: the job was given back, to be tried later."""
    assert session.resource_id is not None
    try:
        if (reason := await work.db.read(refusal_at_start, session.id)) is not None:
            raise Forbidden(reason)
        connector, target = await work.db.read(locate, work.vault, session.resource_id)
        async with reach(work.db, session.resource_id, work.connect(connector, target)) as connection:
            await _pin(work, session, target, connection)
            entries, password, password_id = await work.db.write(_intend, held, session, work.vault, connector)
            for entry in entries:
                if entry.state != EntryState.INTENDED or not _comes_before(session, entry):
                    continue
                if not await apply_entry(work, held, connection, entry, password):
                    return True
    except TargetUnreachable as error:
        await work.db.write(give_back, held, session, str(error), level=LogLevel.WARN)
        return False
    except (TargetRefused, Invalid, Forbidden) as error:
        await work.db.write(_give_up, held, session, str(error))
        return True
    await work.db.write(_activate, held, session, password_id)
    return True


def _comes_before(session: AccessSession, entry: LedgerEntry) -> bool:
    """What is done after the session has its turn in revoke, and what a task is for in run_task."""
    return entry.phase != Phase.AFTER and not (entry.phase == Phase.DURING and is_task(session))


def _intend(
    tx: Tx, held: Job, session: AccessSession, vault: Vault, connector: str
) -> tuple[list[LedgerEntry], Secret | None, UUID | None]:
    """(2) Nothing has touched the target before this is committed. Answers what the login signs in with, too, where
    that is a password. Raises TargetUnreachable while another session leaves a login that stays."""
    jobs.hold(tx, held)
    already = ledger.entries(tx, session.id)
    if already:
        secret_id = transition.get(tx, session.id).password_secret_id
        password = vault.open(tx, secret_id, purpose=PASSWORD_PURPOSE) if secret_id else None
        return already, password, secret_id
    assert session.resource_id is not None
    where = get_resource(tx, session.resource_id)
    person = str(tx.scalar(sa.select(identity.c.name).where(identity.c.id == session.identity_id)))
    password, public = None, None
    kept: dict[str, UUID] = {}
    activity = planned_of(tx, session)
    account: dict[str, str] = {}
    if activity.login_type == LoginType.MANAGED:
        make, delete = activity.create_account, activity.create_account and activity.delete_account
        account = {"create": str(make).lower(), "delete": str(delete).lower()}
    if activity.type == ActivityType.TASK_AUTOMATION:
        pass  # nobody signs in
    elif connector in SSH:
        private, public = _new_key(session.id)
        kept = {"key_secret_id": vault.put(tx, private, purpose=KEY_PURPOSE)}
        # A certificate names an account alone; on one that stays it would be good for more than this session.
        if where.trusts_user_ca and activity.login_type == LoginType.ACTIVITY_IDENTITY:
            public = None
    else:
        password = _password(tx, session, vault, activity.login_type)
        if password is not None:
            kept = {"password_secret_id": vault.put(tx, password, purpose=PASSWORD_PURPOSE)}
        if activity.login_type == LoginType.ACTIVITY_IDENTITY:
            account["until"] = session.scheduled_end.isoformat()
    if kept:
        tx.run(sa.update(access_session).where(access_session.c.id == session.id).values(**kept))
    planned = steps(
        login=session.login_name,
        public_key=public,
        actions=activity.actions,
        login_type=activity.login_type,
        account=account,
        context={"user": person, "host": where.name},
        leave_in_group=activity.leave_in_group,
    )
    ledger.intend(tx, session_id=session.id, resource_id=session.resource_id, steps=planned)
    transition.say(tx, session.id, f"preparing the account {session.login_name}")
    return ledger.entries(tx, session.id), password, kept.get("password_secret_id")


def _password(tx: Tx, session: AccessSession, vault: Vault, login_type: LoginType) -> Secret | None:
    """What the session's login in a database signs in with; a requester's own has its own."""
    if login_type == LoginType.ACTIVITY_IDENTITY:
        return account_password(tx, session.profile_id)
    theirs = kept_login.join(tx, vault, session)
    return None if login_type == LoginType.REQUESTER else theirs or new_password()


def _new_key(session_id: UUID) -> tuple[Secret, str]:
    """A key pair for this session alone: the private half for the vault, the public half for the target."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return Secret(private), f"{public.decode()} locum:{session_id}"


async def _pin(work: SessionWork, session: AccessSession, target: Target, connection: Connector) -> None:
    """(1) The first key seen is pinned before anything is changed on the host that showed it; another than the pinned
    one, where that may be, is written down."""
    assert session.resource_id is not None
    key, thumbprint = connection.host_key, connection.host_key_thumbprint
    if target.trusted_host_key is None and target.accept_first and key and thumbprint:
        await work.db.write(pin_host_key, session.resource_id, key=key, thumbprint=thumbprint)
    await note_changed_key(work.db, session.resource_id, target, connection)


async def apply_entry(
    work: SessionWork,
    held: Job,
    connection: Connector,
    entry: LedgerEntry,
    password: Secret | None = None,
    *,
    status: Status = Status.PENDING,
) -> bool:
    """(3) False when the session has another status: whoever ended it gets its way before the next change.

    Raises LostLease; a change that came too late is then taken away again by whoever works on the session now.
    """
    step = as_step(entry, password if entry.kind in WITH_PASSWORD else None)
    try:
        if not await work.db.write(_begin, held, entry, status):
            return False
        if entry.found is None and (seen := await connection.look(step)) is not None:
            step = replace(step, found=await work.db.write(kept_login.found, entry, seen))
        said = await _apply(work, connection, entry, step)
        await proven(work, entry, _applied, held, entry, said)
    except (TargetRefused, TargetUnreachable) as error:
        await proven(work, entry, _failed, held, entry, error)
        if isinstance(error, TargetRefused) and entry.continue_on_fail:
            return True  # it stays intended, and is undone with the others
        raise
    return True


async def _apply(work: SessionWork, connection: Connector, entry: LedgerEntry, step: Step) -> str:
    """A script that must not be done twice has failed where it is not known whether it was done. One that may be, and
    was begun before, may still be running."""
    try:
        if entry.begun_at is not None:
            await connection.revert(step)
        return await connection.apply(step)
    except TargetUnreachable as error:
        if ledger.is_repeatable(entry):
            raise
        if not isinstance(error, TargetBusy):
            raise TargetRefused(f"{error}: {ledger.UNKNOWN}", reason=error.reason) from error
        await work.db.write(ledger.not_begun, entry.id)
        raise


def _failed(tx: Tx, held: Job, entry: LedgerEntry, error: TargetRefused | TargetUnreachable) -> None:
    jobs.hold(tx, held)
    ledger.failed(tx, entry.id, str(error), error.reason)
    if isinstance(error, TargetRefused):
        say_output(tx, entry, error.output)
        if entry.continue_on_fail:
            transition.say(tx, entry.session_id, f"{entry.kind} failed, going on: {error}", LogLevel.WARN)


def as_step(entry: LedgerEntry, secret: Secret | None = None) -> Step:
    """The connector's word for a ledger entry."""
    return Step(
        entry.kind,
        entry.parameters,
        str(entry.session_id),
        secret=secret,
        applied=entry.state == EntryState.APPLIED,
        found=entry.found,
        timeout_s=entry.timeout_s,
    )


def _begin(tx: Tx, held: Job, entry: LedgerEntry, status: Status) -> bool:
    jobs.hold(tx, held)
    if transition.get(tx, held.subject_id).status != status:
        return False
    if entry.kind == SCRIPT:
        ledger.begin(tx, entry)
    return True


def _applied(tx: Tx, held: Job, entry: LedgerEntry, said: str) -> None:
    jobs.hold(tx, held)
    ledger.applied(tx, entry.id)
    say_output(tx, entry, said)
    transition.say(tx, entry.session_id, f"{entry.kind} is in place", LogLevel.DEBUG)


def _activate(tx: Tx, held: Job, session: AccessSession, password_id: UUID | None) -> None:
    """(4) Only now may the gate let a connection through. Where the login got another password meanwhile, since another
    session on it ended, that is set first."""
    jobs.hold(tx, held)
    current = transition.get(tx, session.id)
    if current.status != Status.PENDING:
        return
    if current.password_secret_id != password_id:
        ledger.again(tx, session.id, WITH_PASSWORD)
        return
    transition.move(tx, current, Status.ACTIVE, actual_start=tx.now)
    transition.say(tx, session.id, "the task begins" if is_task(session) else "access is ready")
    audit.record(tx, LOCUM, "session.active", object_kind="session", object_id=session.id)
    _watch_logons(tx, current)


def _watch_logons(tx: Tx, session: AccessSession) -> None:
    """From now on, if its profile asks for that, `logon_monitor` looks who is signed in past the gateway."""
    if is_task(session) or not connection_profile_of(tx, session.profile_id).monitor_entire_session:
        return
    tx.add(logon_watch, session_id=session.id)
    jobs.schedule(tx, LOGON_JOB, session.id, due_at=tx.now, lane=session.resource_id)


def _give_up(tx: Tx, held: Job, session: AccessSession, error: str) -> None:
    jobs.hold(tx, held)
    transition.say(tx, session.id, error, LogLevel.ERROR)
    current = transition.get(tx, session.id)
    transition.begin_end(tx, LOCUM, current, outcome=Status.FAILED, reason=error[:1000])
