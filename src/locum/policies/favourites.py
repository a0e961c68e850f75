"""What people keep at hand of their own access: an activity on a resource, or the release of a credential."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit.log import record
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.policies.favourite_model import favourite

MOST = 50
"""So many favourites has one person at most: more are no short list."""


class Aim(msgspec.Struct, frozen=True):
    """What can be begun: an activity on a resource, or the release of a credential."""

    activity_id: UUID
    resource_id: UUID | None
    credential_id: UUID | None


def favourites_of(tx: ReadTx, identity_id: UUID) -> list[Aim]:
    """A person's favourites, the oldest first, whether they still have that access or not: one statement."""
    c = favourite.c
    query = sa.select(c.activity_id, c.resource_id, c.credential_id).where(c.identity_id == identity_id)
    return tx.rows(Aim, query.order_by(c.created_at, c.id))


def keep(tx: Tx, actor: Actor, identity_id: UUID, aim: Aim) -> None:
    """Make something a favourite, which it may be already. Raises Conflict for more than MOST."""
    held = favourites_of(tx, identity_id)
    if aim in held:
        return
    if len(held) >= MOST:
        raise Conflict(f"there are {MOST} favourites already: take one out first")
    tx.add(favourite, id=new_id(), identity_id=identity_id, **msgspec.structs.asdict(aim), created_at=tx.now)
    _audit(tx, actor, "favourite.kept", aim)


def drop(tx: Tx, actor: Actor, identity_id: UUID, activity_id: UUID, thing_id: UUID) -> None:
    """Make something a favourite no more. Raises NotFound for what is none."""
    about = favourite.c.resource_id == thing_id, favourite.c.credential_id == thing_id
    for aim in favourites_of(tx, identity_id):
        if aim.activity_id == activity_id and thing_id in (aim.resource_id, aim.credential_id):
            mine = favourite.c.identity_id == identity_id, favourite.c.activity_id == activity_id
            tx.run(sa.delete(favourite).where(*mine, sa.or_(*about)))
            _audit(tx, actor, "favourite.dropped", aim)
            return
    raise NotFound("there is no such favourite")


def _audit(tx: Tx, actor: Actor, action: str, aim: Aim) -> None:
    things = {"activity": aim.activity_id, "resource": aim.resource_id, "credentials": aim.credential_id}
    detail = {what: str(one) for what, one in things.items() if one is not None}
    record(tx, actor, action, object_kind="identity", object_id=actor.id, detail=detail)
