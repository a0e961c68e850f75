"""A data directory and its database as the fifth release left them: schema 0005, and rows in every table of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import fourth_release
from first_release import HOUR, Left, More
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.recordings.lines import Stream, TextLine
from locum.sessions.recorded_text import add_lines
from locum.vault.store import Vault

SCHEMA = "0005"


def leave(data: Path, url: str | None, password: str, *, revision: str = SCHEMA, more: More | None = None) -> Left:
    """Make the directory and fill the database at `url` (None: SQLite in the directory)."""

    def all_of(tx: Tx, vault: Vault, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
        _gateway(tx, left, add)
        _released(tx, left, add, thing)
        _asked(tx, left, add)
        if more is not None:
            more(tx, vault, left, add, thing)

    return fourth_release.leave(data, url, password, revision=revision, more=all_of)


def _gateway(tx: Tx, left: Left, add: Callable[..., None]) -> None:
    channels = {"shell": True, "command": True, "upload": True, "download": False}
    add("channel_rules", profile_id=left.ids["Long"], **channels, paths=["/srv"], max_file_bytes=1000,
        destinations=["db.example:5432"], idle_minutes=10)  # fmt: skip
    recorded = left.ids["recorded"]
    add("recorded_text", connection_id=recorded, node="gone", done=True, cut=False)
    add_lines(tx, recorded, [TextLine(at_ms=1, stream=Stream.OUTPUT, text="seen by Alice")])


def _released(tx: Tx, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
    """A credential that Alice had for an hour, through a policy that gives a group of them."""
    add("policy_credential_group", policy_id=left.ids["all"], member_id=left.ids["Roots"])
    activity = thing(
        "activity", "Release of the fifth", type=3, platform_id=left.ids["Linux"], login_type=2, is_default=True
    )
    session, begun = new_id(), tx.now - 5 * HOUR
    left.ids["released"] = session
    add("access_session", id=session, identity_id=left.ids["alice"], policy_id=left.ids["all"],
        activity_id=activity, credential_id=left.ids["credential"], profile_id=left.ids["Long"], status=3, outcome=3,
        record=False, ends_with_connection=False, node="gone", login_name="root", created_by_name="alice",
        custom_fields={}, scheduled_start=begun, scheduled_end=begun + HOUR, actual_start=begun,
        actual_end=begun + HOUR, start_until=begun + HOUR, extensions=0)  # fmt: skip
    add("lease", id=new_id(), credential_id=left.ids["credential"], identity_id=left.ids["alice"], state="ended",
        change_on_checkout=False, change_on_release=False, post_session=2, active_at=begun, due_at=begun + HOUR,
        ended_at=begun + HOUR, end_reason="the session ended", session_id=session)  # fmt: skip


def _asked(tx: Tx, left: Left, add: Callable[..., None]) -> None:
    """A tier that a session had asked, and the mail about it."""
    add("asked_tier", session_id=left.ids["approved"], tier_id=new_id(), tier_number=1, escalated=True)
    sent = tx.now - HOUR
    add("mail", id=new_id(), topic="session.approval", about_id=left.ids["approved"], address="rita@example.org",
        subject="A request waits", message_id="<1@example.org>", state="sent", tries=1, expires_at=sent,
        ended_at=sent)  # fmt: skip
    add("mail_setup", id=1, sender="locum@example.org", public_url="https://locum.example")
