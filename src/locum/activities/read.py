"""Activities and connection profiles as lists."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import (
    Activity,
    ActivityAction,
    ConnectionProfile,
    activity,
    activity_action,
    connection_profile,
)
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound

_ACTIVITY = sa.select(*(activity.c[name] for name in Activity.__struct_fields__))
_PROFILE = sa.select(*(connection_profile.c[name] for name in ConnectionProfile.__struct_fields__))


def activities(tx: ReadTx) -> list[Activity]:
    """Every activity, by name."""
    return tx.rows(Activity, _ACTIVITY.where(activity.c.is_deleted.is_(False)).order_by(activity.c.name))


def activity_of(tx: ReadTx, activity_id: UUID) -> Activity:
    """One activity. Raises NotFound."""
    found = tx.first(Activity, _ACTIVITY.where(activity.c.id == activity_id, activity.c.is_deleted.is_(False)))
    if found is None:
        raise NotFound("there is no activity with this id")
    return found


def activity_among(tx: ReadTx, activity_ids: list[UUID]) -> Activity:
    """The activity that has one of these ids. Raises NotFound."""
    kept = activity.c.is_deleted.is_(False)
    found = tx.first(Activity, _ACTIVITY.where(activity.c.id.in_(activity_ids), kept))
    if found is None:
        raise NotFound("there is no action group with this id")
    return found


def actions_of(tx: ReadTx, activity_id: UUID, phase: int | None = None) -> list[ActivityAction]:
    """An activity's steps in their order, those of one part of a session or all."""
    c = activity_action.c
    every = sa.select(*(c[name] for name in ActivityAction.__struct_fields__)).where(c.activity_id == activity_id)
    wanted = every if phase is None else every.where(c.phase == phase)
    return tx.rows(ActivityAction, wanted.order_by(c.position))


def connection_profiles(tx: ReadTx) -> list[ConnectionProfile]:
    """Every connection profile, by name."""
    return tx.rows(ConnectionProfile, _PROFILE.order_by(connection_profile.c.name))


def connection_profile_of(tx: ReadTx, profile_id: UUID) -> ConnectionProfile:
    """One connection profile. Raises NotFound."""
    found = tx.first(ConnectionProfile, _PROFILE.where(connection_profile.c.id == profile_id))
    if found is None:
        raise NotFound("there is no connection profile with this id")
    return found
