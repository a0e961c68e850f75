"""Activities and connection profiles as lists."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import Activity, ConnectionProfile, activity, connection_profile
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound

_ACTIVITY = sa.select(*(activity.c[name] for name in Activity.__struct_fields__))
_PROFILE = sa.select(*(connection_profile.c[name] for name in ConnectionProfile.__struct_fields__))


def activities(tx: ReadTx) -> list[Activity]:
    """Every activity, by name."""
    return tx.rows(Activity, _ACTIVITY.where(activity.c.is_deleted.is_(False)).order_by(activity.c.name))


def connection_profiles(tx: ReadTx) -> list[ConnectionProfile]:
    """Every connection profile, by name."""
    return tx.rows(ConnectionProfile, _PROFILE.order_by(connection_profile.c.name))


def connection_profile_of(tx: ReadTx, profile_id: UUID) -> ConnectionProfile:
    """One connection profile. Raises NotFound."""
    found = tx.first(ConnectionProfile, _PROFILE.where(connection_profile.c.id == profile_id))
    if found is None:
        raise NotFound("there is no connection profile with this id")
    return found
