"""What a person begins often: their favourites, and what they asked for last. Only what they may begin now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import ActivityType, activity
from locum.credentials.model import SHOWN_NAME, credential
from locum.kit.db import ReadTx
from locum.policies.favourites import Aim, favourites_of
from locum.policies.model import PolicyType
from locum.policies.visible import credential_pairs, policies_of, reached
from locum.resources.model import resource
from locum.sessions.model import access_session

RECENT = 6
_LOOKED_AT = 50
"""So many of the last different things are looked at: of those that are gone none is shown."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Something that can be begun, under its names. `last`: when it was asked for last, of what is recent."""

    aim: Aim
    activity_name: str
    activity_type: int
    thing_name: str
    last: dt.datetime | None
    is_favourite: bool


class _Recent(Aim, frozen=True):
    last: dt.datetime


class _Named(Aim, frozen=True):
    activity_name: str
    activity_type: int
    thing_name: str

    @property
    def aim(self) -> Aim:
        return Aim(self.activity_id, self.resource_id, self.credential_id)


def shortcuts(
    tx: ReadTx, identity_id: UUID, *, key_policies: Collection[UUID] | None = None
) -> tuple[list[Shortcut], list[Shortcut]]:
    """A person's favourites by name, and what they asked for last, the last first: six statements at most."""
    kept = favourites_of(tx, identity_id)
    recent = {
        Aim(row.activity_id, row.resource_id, row.credential_id): row.last for row in _recent(tx, identity_id)
    }
    named = _begun(tx, identity_id, {*kept, *recent}, key_policies)

    def shortcut(aim: Aim) -> Shortcut:
        one = named[aim]
        names = one.activity_name, one.activity_type, one.thing_name
        return Shortcut(aim, *names, recent.get(aim), aim in kept)

    favourites = [shortcut(aim) for aim in kept if aim in named]
    favourites.sort(key=lambda one: (one.activity_name.casefold(), one.thing_name.casefold()))
    last = [shortcut(aim) for aim in recent if aim in named and aim not in kept]
    return favourites, last[:RECENT]


def aim_of(
    tx: ReadTx, identity_id: UUID, activity_id: UUID, thing_id: UUID, *, key_policies: Collection[UUID] | None
) -> Aim | None:
    """What is meant by an activity and a resource or credential; None where the person can't begin it."""
    meant = {Aim(activity_id, thing_id, None), Aim(activity_id, None, thing_id)}
    return next(iter(_begun(tx, identity_id, meant, key_policies)), None)


def _recent(tx: ReadTx, identity_id: UUID) -> list[_Recent]:
    c = access_session.c
    columns = c.activity_id, c.resource_id, c.credential_id
    last = sa.func.max(c.created_at).label("last")
    query = sa.select(*columns, last).where(c.identity_id == identity_id).group_by(*columns)
    return tx.rows(_Recent, query.order_by(sa.desc("last")).limit(_LOOKED_AT))


def _begun(
    tx: ReadTx, identity_id: UUID, aims: Collection[Aim], key_policies: Collection[UUID] | None
) -> dict[Aim, _Named]:
    """Those of `aims` that the person may begin now, with their names: four statements at most."""
    resources = {aim.resource_id for aim in aims if aim.resource_id is not None}
    credentials = {aim.credential_id for aim in aims if aim.credential_id is not None}
    activities = {aim.activity_id for aim in aims}
    rows: list[_Named] = []
    none = sa.type_coerce(sa.null(), sa.Uuid)
    names = activity.c.id.label("activity_id"), activity.c.name.label("activity_name"), activity.c.type
    columns = (*names[:2], names[2].label("activity_type"))
    if resources and (given := policies_of(tx, identity_id, key_policies=key_policies)):
        query = reached(given, sorted(resources)).add_columns(
            *columns,
            resource.c.id.label("resource_id"),
            none.label("credential_id"),
            resource.c.name.label("thing_name"),
        )
        rows += tx.rows(_Named, query.where(activity.c.id.in_(sorted(activities))).distinct())
    releasing = PolicyType.CREDENTIAL
    if credentials and (given := policies_of(tx, identity_id, key_policies=key_policies, type=releasing)):
        held = credential_pairs(given).subquery()
        query = (
            sa.select(
                *columns,
                none.label("resource_id"),
                credential.c.id.label("credential_id"),
                SHOWN_NAME.label("thing_name"),
            )
            .join(activity, activity.c.type == ActivityType.CREDENTIAL_RELEASE)
            .where(
                credential.c.id.in_(sorted(credentials)),
                credential.c.id.in_(sa.select(held.c.credential_id)),
                credential.c.deleted_at.is_(None),
            )
        )
        rows += tx.rows(_Named, query)
    return {row.aim: row for row in rows if row.aim in aims}
