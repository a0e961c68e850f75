"""Single accesses that a certification took away (CERT-01): how statements ask for one, and how one comes and goes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.activities.model import activity
from locum.audit import log as audit
from locum.credentials.model import credential
from locum.identities.model import identity
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, NotFound
from locum.kit.ids import new_id
from locum.policies.certification_model import Denial, Row, access_denial, certification
from locum.policies.model import policy
from locum.resources.model import resource

Id = sa.ColumnElement[UUID] | UUID
_COLUMNS = [access_denial.c[name] for name in Denial.__struct_fields__]


def denial_of(
    identity_id: Id,
    policy_id: Id,
    activity_id: Id | None,
    *,
    resource_id: Id | None = None,
    credential_id: Id | None = None,
) -> sa.ColumnElement[bool]:
    """The condition for the row of `access_denial` about just this access: there is one or none.

    Without an activity any: credential-based policies have one alone.
    """
    d = access_denial.c
    wanted: list[sa.ColumnElement[bool]] = [d.identity_id == identity_id, d.policy_id == policy_id]
    if activity_id is not None:
        wanted.append(d.activity_id == activity_id)
    if credential_id is not None:
        return sa.and_(*wanted, d.credential_id == credential_id)
    return sa.and_(*wanted, d.resource_id == resource_id)


def deny(tx: Tx, actor: Actor, row: Row, reason: str) -> None:
    """Deny what a row is about, or give the denial that there is this reason. Raises Conflict where two do so at once.

    Running sessions of it end soon, and requests are refused from the commit on.
    """
    assert actor.id is not None
    values: dict[str, Any] = {
        "certification_id": row.certification_id,
        "reason": reason,
        "denied_by": actor.id,
        "denied_at": tx.now,
    }
    if not tx.run(sa.update(access_denial).where(_of(row)).values(**values)):
        access = {name: getattr(row, name) for name in _ACCESS}
        try:
            tx.add(access_denial, id=new_id(), **access, **values)
        except IntegrityError as error:
            raise Conflict("somebody else is deciding about this access just now: try again") from error
    audit_access(tx, actor, "access.denied", row, row.certification_id, reason)


def undo(tx: Tx, actor: Actor, row: Row, reason: str | None) -> None:
    """Let what a row is about be allowed again, if it was denied."""
    if tx.run(sa.delete(access_denial).where(_of(row))):
        audit_access(tx, actor, "access.denial_lifted", row, row.certification_id, reason)


def lift(tx: Tx, actor: Actor, denial_id: UUID, reason: str | None) -> None:
    """Take one denial back. Raises NotFound, and Forbidden for a denial of the caller's own access."""
    found = tx.first(Denial, sa.select(*_COLUMNS).where(access_denial.c.id == denial_id).with_for_update())
    if found is None:
        raise NotFound("there is no denial with this id")
    if found.identity_id == actor.id:
        raise Forbidden(
            "a denial of your own access is for another administrator to lift", missing="another person"
        )
    tx.run(sa.delete(access_denial).where(access_denial.c.id == denial_id))
    audit_access(tx, actor, "access.denial_lifted", found, found.certification_id, reason)


_ACCESS = ("identity_id", "policy_id", "activity_id", "resource_id", "credential_id")


def _of(row: Row) -> sa.ColumnElement[bool]:
    return denial_of(
        row.identity_id,
        row.policy_id,
        row.activity_id,
        resource_id=row.resource_id,
        credential_id=row.credential_id,
    )


class _Names(msgspec.Struct, frozen=True):
    identity: str
    policy: str
    activity: str
    resource: str | None
    username: str | None
    certification: str


def audit_access(
    tx: Tx, actor: Actor, action: str, access: Row | Denial, certification_id: UUID, reason: str | None
) -> None:
    """The audit row about one access, by the names of all it joins. It belongs to the certification."""
    detail = msgspec.structs.asdict(_names(tx, access, certification_id))
    audit.record(
        tx,
        actor,
        action,
        object_kind="certification",
        object_id=certification_id,
        detail={**{key: value for key, value in detail.items() if value is not None}, "reason": reason},
    )


def _names(tx: ReadTx, access: Row | Denial, certification_id: UUID) -> _Names:
    query = (
        sa.select(
            identity.c.name.label("identity"),
            policy.c.name.label("policy"),
            activity.c.name.label("activity"),
            resource.c.name.label("resource"),
            credential.c.username,
            certification.c.name.label("certification"),
        )
        .select_from(identity)
        .join(policy, policy.c.id == access.policy_id)
        .join(activity, activity.c.id == access.activity_id)
        .join(certification, certification.c.id == certification_id)
        .outerjoin(resource, resource.c.id == access.resource_id)
        .outerjoin(credential, credential.c.id == access.credential_id)
        .where(identity.c.id == access.identity_id)
    )
    (found,) = tx.rows(_Names, query)
    return found
