"""What every installation begins with: platforms, rules for secrets, a connection profile, a few activities."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import ActivityType, LoginType, activity, activity_action, connection_profile
from locum.credentials import complexity
from locum.credentials.model import history_option, password_complexity, schedule
from locum.credentials.schedule import Frequency, Timing
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.kit.names import name_key
from locum.resources.model import PlatformType, platform

DEFAULT_PROFILE = "Default"
DEFAULT_MINUTES = 60
RELEASE = "Credential Release"
_VERSIONS = 10


_PLATFORMS = (
    ("Linux", "Linux hosts over SSH", "linux", "root", PlatformType.UNSPECIFIED),
    ("PostgreSQL", "PostgreSQL servers", "postgresql", "postgres", PlatformType.DATABASE),
    ("MySQL", "MySQL and MariaDB servers", "mariadb", "root", PlatformType.DATABASE),
    ("Secret Vault", "Secrets that are entered by hand", "secret_vault", None, PlatformType.UNSPECIFIED),
)
_AT_NIGHT = {"local_time": "02:00:00"}
_SCHEDULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Hourly", {"frequency": Frequency.HOURS}),
    ("Daily", {"frequency": Frequency.DAYS_AT_TIME, **_AT_NIGHT}),
    ("Weekly", {"frequency": Frequency.WEEKLY, "days_of_week": "Sunday", **_AT_NIGHT}),
    ("Monthly", {"frequency": Frequency.MONTHLY, "day_of_month": 1, **_AT_NIGHT}),
    ("Every 90 days", {"frequency": Frequency.DAYS_AT_TIME, "period": 90, **_AT_NIGHT}),
)


def seed(tx: Tx) -> None:
    """Add what is missing; running it again changes nothing."""
    linux, postgresql, mariadb, secret_vault = [_platform(tx, *each) for each in _PLATFORMS]
    _rules(tx)
    _profile(tx)
    sudo = {"run_as": "ALL", "commands": "ALL", "nopasswd": "true"}
    _activity(
        tx,
        linux,
        "Linux sudo",
        "An account for the session alone that may run everything with sudo, without a password",
        [("sudoers", sudo)],
    )
    alone = "for the session alone, without further rights"
    _activity(tx, linux, "Linux shell", f"An account {alone}", [])
    _activity(tx, postgresql, "PostgreSQL login", f"A login role {alone}; its password is the session's", [])
    _activity(tx, mariadb, "MySQL login", f"A MariaDB user {alone}; its password is the session's", [])
    _release(tx, secret_vault)


def _platform(
    tx: Tx, name: str, description: str, connector: str, built_in_account: str | None, type: PlatformType
) -> UUID:
    found: UUID | None = tx.scalar(sa.select(platform.c.id).where(platform.c.name == name))
    if found is not None:
        # An earlier version's Linux did not know yet that it came with Locum.
        c = platform.c
        tx.run(sa.update(platform).where(c.id == found, c.permanent.is_(False)).values(permanent=True))
        return found
    made = new_id()
    tx.add(
        platform,
        id=made,
        name=name,
        description=description,
        connector=connector,
        built_in_account=built_in_account,
        type=type,
        permanent=True,
        created_at=tx.now,
        modified_at=tx.now,
    )
    return made


def _rules(tx: Tx) -> None:
    """Schedules only where there is none at all: those that were deleted stay so."""
    times = {"created_at": tx.now, "modified_at": tx.now}
    if tx.scalar(sa.select(schedule.c.id).limit(1)) is None:
        plain = Timing(
            frequency=0, period=1, days_of_week=None, day_of_month=None, local_time=None, time_zone="UTC"
        )
        for name, timing in _SCHEDULES:
            fields = msgspec.structs.asdict(msgspec.structs.replace(plain, **timing))
            tx.add(schedule, id=new_id(), name=name, name_key=name_key(name), **fields, **times)
    c = password_complexity.c
    if tx.scalar(sa.select(c.id).where(c.is_default.is_(True))) is None:
        fields = {
            **msgspec.structs.asdict(complexity.BUILT_IN),
            "name": "Default",
            "name_key": name_key("Default"),
        }
        tx.add(password_complexity, id=new_id(), is_default=True, **fields, **times)
    if tx.scalar(sa.select(history_option.c.id)) is None:
        tx.add(history_option, id=new_id(), limit=_VERSIONS, days=0, **times)


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


def _release(tx: Tx, platform_id: UUID) -> None:
    """The one activity of credential-based policies; where its name is taken by another, it has one with a number."""
    c = activity.c
    if tx.scalar(sa.select(c.id).where(c.type == ActivityType.CREDENTIAL_RELEASE)) is not None:
        return
    names = [RELEASE, *(f"{RELEASE} {number}" for number in range(2, 100))]
    taken = set(tx.scalars(sa.select(c.name_key).where(c.name_key.in_([name_key(name) for name in names]))))
    _activity(
        tx,
        platform_id,
        next(name for name in names if name_key(name) not in taken),
        "The secret of a credential, known for the time of the session",
        [],
        type=ActivityType.CREDENTIAL_RELEASE,
        login_type=LoginType.REQUESTER,
    )


def _activity(
    tx: Tx,
    platform_id: UUID,
    name: str,
    description: str,
    actions: list[tuple[str, dict[str, str]]],
    *,
    type: ActivityType = ActivityType.INTERACTIVE,
    login_type: LoginType = LoginType.ACTIVITY_IDENTITY,
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
        type=type,
        login_type=login_type,
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
