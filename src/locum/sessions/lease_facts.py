"""What decides about a lease, as the database has it now: the snapshot that `lease_cycle` is asked with."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.model import Method, PostSession, credential, managed_user
from locum.identities.custom_roles import rights_of
from locum.identities.model import identity
from locum.identities.people import roles_of
from locum.identities.rights import ScopeKind
from locum.identities.roles import permissions_of
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission
from locum.rotation.model import State as RotationState
from locum.rotation.model import rotation
from locum.sessions.lease_cycle import LONGEST_WAIT, Afterwards, Change, Move, Snapshot, State, next_move
from locum.sessions.lifecycle import Status
from locum.sessions.model import Lease, access_session

_AFTERWARDS = {
    PostSession.DISABLE: Afterwards.DISABLE,
    PostSession.ENABLE: Afterwards.ENABLE,
    PostSession.KEEP_PREVIOUS: Afterwards.KEEP,
}
_CHANGED = (RotationState.COMPLETED, RotationState.COMPLETED_WITH_ERRORS)


class _Change(msgspec.Struct, frozen=True):
    state: int
    created_at: dt.datetime
    ended_at: dt.datetime | None


class _Person(msgspec.Struct, frozen=True):
    locked: bool
    deleted_at: dt.datetime | None
    expires_at: dt.datetime | None


def look(tx: ReadTx, found: Lease) -> Move:
    """What to do about a lease now."""
    change = _change(tx, found.rotation_id)
    deleted_at = tx.scalar(sa.select(credential.c.deleted_at).where(credential.c.id == found.credential_id))
    goes_on = found.session_id is not None and found.state != State.ENDING and _goes_on(tx, found.session_id)
    snapshot = Snapshot(
        state=State(found.state),
        # The time of a session's lease is the session's, which can be given more.
        due_at=max(found.due_at, tx.now + LONGEST_WAIT) if goes_on else found.due_at,
        given_out=found.active_at is not None,
        change_on_checkout=found.change_on_checkout,
        change_on_release=found.change_on_release,
        afterwards=afterwards_of(found.post_session),
        account=found.account,
        change=_how_far(change),
        change_asked_at=change.created_at if change else None,
        change_ended_at=change.ended_at if change else None,
        may=goes_on if found.session_id else may_know(tx, found.identity_id, found.credential_id),
        kept=deleted_at is None,
        managed=is_managed(tx, found.credential_id),
    )
    return next_move(snapshot, tx.now)


def _goes_on(tx: ReadTx, session_id: UUID) -> bool:
    """Whether the session that a lease is for wants it, or has it."""
    status = tx.scalar(sa.select(access_session.c.status).where(access_session.c.id == session_id))
    return status in (Status.PENDING, Status.ACTIVE)


def may_know(tx: ReadTx, identity_id: UUID, credential_id: UUID) -> bool:
    """Whether this identity may be told the credential's secret as things are now, whatever it signs in with."""
    person = tx.first(
        _Person,
        sa.select(identity.c.locked, identity.c.deleted_at, identity.c.expires_at).where(
            identity.c.id == identity_id
        ),
    )
    if person is None or person.locked or person.deleted_at is not None:
        return False
    if person.expires_at is not None and person.expires_at <= tx.now:
        return False
    roles = roles_of(tx, identity_id)
    if Permission.CREDENTIALS_SECRET_REVEAL in permissions_of(roles):
        return True
    rights = rights_of(tx, identity_id, roles)
    return rights.allow((Permission.CREDENTIALS_PASSWORD_VIEW,), {ScopeKind.CREDENTIAL: credential_id})


def afterwards_of(post_session: int) -> Afterwards:
    """What the credential says of its account after a lease."""
    return _AFTERWARDS[PostSession(post_session)]


def is_managed(tx: ReadTx, credential_id: UUID) -> bool:
    """Whether Locum changes this login on its target by itself."""
    mine = managed_user.c.credential_id == credential_id
    return bool(tx.scalar(sa.select(managed_user.c.method).where(mine)) == Method.AUTOMATIC)


def _change(tx: ReadTx, rotation_id: UUID | None) -> _Change | None:
    if rotation_id is None:
        return None
    return tx.first(
        _Change,
        sa.select(rotation.c.state, rotation.c.created_at, rotation.c.ended_at).where(
            rotation.c.id == rotation_id
        ),
    )


def _how_far(change: _Change | None) -> Change:
    if change is None:
        return Change.NOT_ASKED
    if change.ended_at is None:
        return Change.UNDER_WAY
    return Change.DONE if change.state in _CHANGED else Change.FAILED
