"""A data directory and its database as the fourth release left them: schema 0004, and rows in every table of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import third_release
from first_release import HOUR, Left, More
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.vault.store import Vault

SCHEMA = "0004"


def leave(data: Path, url: str | None, password: str, *, revision: str = SCHEMA, more: More | None = None) -> Left:
    """Make the directory and fill the database at `url` (None: SQLite in the directory)."""

    def all_of(tx: Tx, vault: Vault, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
        _groups(tx, left, add, thing)
        _profile(left, add)
        _approved(tx, left, add, thing)
        add("resource_lock", resource_id=left.ids["web01"], locked_at=tx.now - HOUR, message="being repaired")
        if more is not None:
            more(tx, vault, left, add, thing)

    return third_release.leave(data, url, password, revision=revision, more=all_of)


def _groups(tx: Tx, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
    begun = tx.now - 24 * HOUR
    people = thing(
        "identity", "Operators", kind=1, locked=False, tokens_valid_from=begun, description="Who operates"
    )
    add("identity_member", group_id=people, member_id=left.ids["alice"])
    hosts = thing("resource_group", "Web servers")
    add("resource_group_member", group_id=hosts, resource_id=left.ids["web01"])
    rights = thing("activity_group", "Shells")
    add("activity_group_member", group_id=rights, activity_id=left.ids["Linux shell"])
    for table, member in (
        ("policy_resource_group", hosts),
        ("policy_activity_group", rights),
        ("policy_credential", left.ids["credential"]),
    ):
        add(table, policy_id=left.ids["all"], member_id=member)


def _profile(left: Left, add: Callable[..., None]) -> None:
    """Of the one that no policy uses: what it asks keeps nobody out."""
    profile = left.ids["Long"]
    add("custom_field", profile_id=profile, number=1, name="change", label="Change", type=0, length=40,
        required=True)  # fmt: skip
    add("ip_rule", profile_id=profile, position=0, address="192.0.2.0/24", allowed=True, type=0)
    add("access_window", profile_id=profile, position=0, weekdays="Monday", from_time="08:00", to_time="17:00",
        time_zone="Europe/Berlin")  # fmt: skip


def _approved(tx: Tx, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
    """A session that Rita had allowed, with a note and a ticket, over by now."""
    workflow = thing("approval_workflow", "Four eyes", self_approval=False)
    tier = new_id()
    add("approval_tier", id=tier, workflow_id=workflow, number=1, progression=1, required=1, escalation_minutes=30,
        escalation_id=left.ids["admin"])  # fmt: skip
    add("approval_tier_approver", tier_id=tier, approver_id=left.ids["rita"])
    session, begun = new_id(), tx.now - 5 * HOUR
    left.ids["approved"] = session
    add("access_session", id=session, identity_id=left.ids["alice"], policy_id=left.ids["all"],
        activity_id=left.ids["Linux shell"], resource_id=left.ids["web01"], profile_id=left.ids["Long"], status=3,
        outcome=3, record=False, ends_with_connection=False, node="gone", login_name="alice-bcdefghi",
        created_by_name="alice", note="the Disk is full", ticket="CHG-7", custom_fields={"change": "7"},
        scheduled_start=begun, scheduled_end=begun + HOUR, actual_start=begun, actual_end=begun + HOUR,
        start_until=begun + HOUR, extensions=1, workflow_id=workflow,
        planned={"login_type": 2, "actions": []})  # fmt: skip
    add("ledger_entry", id=new_id(), session_id=session, position=0, kind="group", resource_id=left.ids["web01"],
        parameters={"group": "adm"}, found={"group": "none"}, phase=1, continue_on_fail=True, timeout_s=30,
        state="reverted", intended_at=begun, applied_at=begun, reverted_at=begun + HOUR, failures=1,
        last_error="it was away", failure_reason=11)  # fmt: skip
    add("approval", id=new_id(), session_id=session, tier_id=tier, tier_number=1, approver_id=left.ids["rita"],
        voice=0, state=1, notes="go on", decided_by_name="rita", decided_from="192.0.2.1",
        decided_at=begun)  # fmt: skip
