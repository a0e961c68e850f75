"""What a connection profile asks of each connection in a session; what it asks before, `policies.decide` weighs."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from locum.activities import access_windows, ip_rules
from locum.activities.read import connection_profile_of, ip_rules_of, windows_of
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden


def check_time(tx: ReadTx, profile_id: UUID, at: dt.datetime) -> dt.datetime | None:
    """Until when a session that runs at `at` may last by the profile's access windows; None: they don't say.

    Raises Forbidden outside of them.
    """
    windows = windows_of(tx, profile_id)
    reason = access_windows.refusal(windows, at)
    if reason is not None:
        raise Forbidden(reason, missing="access window")
    return access_windows.latest_end(windows, at)


def check_connection(tx: ReadTx, profile_id: UUID, address: str | None) -> None:
    """Raise Forbidden where the profile lets nobody in from there, or not now."""
    reason = ip_rules.refusal(ip_rules_of(tx, profile_id), address)
    if reason is not None:
        raise Forbidden(reason, missing="allowed address")
    check_time(tx, profile_id, tx.now)


def notice_of(tx: ReadTx, profile_id: UUID) -> dt.timedelta | None:
    """How long before the end of a session its connections are told of it; None: not at all (PRX-09)."""
    minutes = connection_profile_of(tx, profile_id).expiration_notice_minutes
    return None if minutes is None else dt.timedelta(minutes=minutes)
