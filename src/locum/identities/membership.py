"""Groups and collections as statements ask for them: whom somebody may be meant by, and what that gives (A.2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.identities.model import custom_role_member, identity, identity_member


def principals(identity_id: sa.ColumnElement[UUID] | UUID) -> sa.CompoundSelect[Any]:
    """Whom a policy or a custom role may name to mean this person: itself, its groups, and the collections that hold
    it or those.

    There is nothing deeper: a group holds people alone, a collection no collection.
    """
    inner, outer = identity_member.alias(), identity_member.alias()
    direct = (
        sa.select(inner.c.group_id)
        .join(identity, identity.c.id == inner.c.group_id)
        .where(inner.c.member_id == identity_id, identity.c.deleted_at.is_(None))
    )
    through_group = (
        sa.select(outer.c.group_id)
        .join(inner, inner.c.group_id == outer.c.member_id)
        .join(identity, identity.c.id == outer.c.group_id)
        .where(inner.c.member_id == identity_id, identity.c.deleted_at.is_(None))
    )
    itself = identity_id if isinstance(identity_id, sa.ColumnElement) else sa.literal(identity_id, sa.Uuid)
    return sa.union_all(sa.select(itself), direct, through_group)


def role_by_group(identity_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """Whether a group or collection of that person holds a custom role, for rows of a statement around.

    Every request asks it: of who is in no group, one look into an index. Groups that are deleted have no members.
    """
    held, inner, outer = custom_role_member.c, identity_member.alias(), identity_member.alias()
    return sa.or_(
        sa.exists().where(inner.c.member_id == identity_id, held.identity_id == inner.c.group_id),
        sa.exists().where(
            inner.c.member_id == identity_id,
            outer.c.member_id == inner.c.group_id,
            held.identity_id == outer.c.group_id,
        ),
    )
