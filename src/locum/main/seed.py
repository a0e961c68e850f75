"""What every installation begins with: the Linux platform, the default connection profile, two activities."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import LoginType, activity, activity_action, connection_profile
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.kit.names import name_key
from locum.resources.model import platform

DEFAULT_PROFILE = "Default"
DEFAULT_MINUTES = 60


def seed(tx: Tx) -> None:
    """Add what is missing; running it again changes nothing."""
    linux = _platform(tx)
    _profile(tx)
    sudo = {"run_as": "ALL", "commands": "ALL", "nopasswd": "true"}
    _activity(
        tx,
        linux,
        "Linux sudo",
        "An account for the session alone that may run everything with sudo, without a password",
        [("sudoers", sudo)],
    )
    _activity(tx, linux, "Linux shell", "An account for the session alone, without further rights", [])


def _platform(tx: Tx) -> UUID:
    found: UUID | None = tx.scalar(sa.select(platform.c.id).where(platform.c.name == "Linux"))
    if found is not None:
        return found
    made = new_id()
    tx.add(
        platform,
        id=made,
        name="Linux",
        description="Linux hosts over SSH",
        connector="linux",
        built_in_account="root",
        created_at=tx.now,
        modified_at=tx.now,
    )
    return made


def _profile(tx: Tx) -> None:
    if tx.scalar(sa.select(connection_profile.c.id).where(connection_profile.c.is_default.is_(True))) is not None:
        return
    tx.add(
        connection_profile,
        id=new_id(),
        name=DEFAULT_PROFILE,
        description="Recorded, one hour at most",
        is_default=True,
        record=True,
        max_session_minutes=DEFAULT_MINUTES,
        created_at=tx.now,
        modified_at=tx.now,
    )


def _activity(
    tx: Tx, platform_id: UUID, name: str, description: str, actions: list[tuple[str, dict[str, str]]]
) -> None:
    if tx.scalar(sa.select(activity.c.id).where(activity.c.name_key == name_key(name))) is not None:
        return
    activity_id = new_id()
    tx.add(
        activity,
        id=activity_id,
        name=name,
        name_key=name_key(name),
        description=description,
        platform_id=platform_id,
        type=0,
        login_type=LoginType.ACTIVITY_IDENTITY,
        is_default=True,
        created_at=tx.now,
        modified_at=tx.now,
    )
    tx.add_all(
        activity_action,
        [
            {
                "id": new_id(),
                "activity_id": activity_id,
                "position": position,
                "kind": kind,
                "parameters": parameters,
            }
            for position, (kind, parameters) in enumerate(actions)
        ],
    )
