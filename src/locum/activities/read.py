"""Activities and connection profiles as lists."""

from __future__ import annotations

import sqlalchemy as sa

from locum.activities.model import Activity, ConnectionProfile, activity, connection_profile
from locum.kit.db import ReadTx


def activities(tx: ReadTx) -> list[Activity]:
    """Every activity, by name."""
    columns = [activity.c[name] for name in Activity.__struct_fields__]
    return tx.rows(Activity, sa.select(*columns).order_by(activity.c.name))


def connection_profiles(tx: ReadTx) -> list[ConnectionProfile]:
    """Every connection profile, by name."""
    columns = [connection_profile.c[name] for name in ConnectionProfile.__struct_fields__]
    return tx.rows(ConnectionProfile, sa.select(*columns).order_by(connection_profile.c.name))
