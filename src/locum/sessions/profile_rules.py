"""What a connection profile asks of a session before it is written down, and again of each connection in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from locum.activities import access_windows, ip_rules, profile_settings
from locum.activities.custom_fields import checked_values
from locum.activities.read import connection_profile_of, custom_fields_of, ip_rules_of, windows_of
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden


def check_request(
    tx: ReadTx, profile_id: UUID, *, note: str, ticket: str, answers: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """The answers to the profile's custom fields. Raises Forbidden for missing notes or a missing ticket (CP-03),
    and Invalid, which names the field, for a wrong or missing answer (CP-02)."""
    profile = connection_profile_of(tx, profile_id)
    reason = profile_settings.refusal(
        name=profile.name,
        notes_required=profile.notes_required,
        ticket_required=profile.ticket_required,
        note=note,
        ticket=ticket,
    )
    if reason is not None:
        raise Forbidden(reason, missing="connection profile")
    return checked_values(custom_fields_of(tx, profile_id), answers)


def check_address(tx: ReadTx, profile_id: UUID, address: str | None) -> None:
    """Raise Forbidden where the profile lets nobody in from there."""
    reason = ip_rules.refusal(ip_rules_of(tx, profile_id), address)
    if reason is not None:
        raise Forbidden(reason, missing="allowed address")


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
    check_address(tx, profile_id, address)
    check_time(tx, profile_id, tx.now)


def notice_of(tx: ReadTx, profile_id: UUID) -> dt.timedelta | None:
    """How long before the end of a session its connections are told of it; None: not at all (PRX-09)."""
    minutes = connection_profile_of(tx, profile_id).expiration_notice_minutes
    return None if minutes is None else dt.timedelta(minutes=minutes)
