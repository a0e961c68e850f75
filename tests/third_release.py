"""A data directory and its database as the third release left them: schema 0003, and rows in every table of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import second_release
from first_release import HOUR, Left, More
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.vault.secret import Secret
from locum.vault.store import Vault

SCHEMA = "0003"
CANDIDATE = "what web01 was to have"


def leave(data: Path, url: str | None, password: str, *, revision: str = SCHEMA, more: More | None = None) -> Left:
    """Make the directory and fill the database at `url` (None: SQLite in the directory)."""

    def all_of(tx: Tx, vault: Vault, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
        _rules(left, add, thing)
        _managed(left, add, thing)
        _rotated(tx, vault, left, add)
        # A restored copy that nobody has let go yet, and so nothing of it is worked on.
        add("pause", id=1, since=tx.now - HOUR, reason="restored")
        if more is not None:
            more(tx, vault, left, add, thing)

    return second_release.leave(data, url, password, revision=revision, more=all_of)


def _rules(left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
    add("history_option", id=new_id(), limit=7, days=70)
    thing("password_complexity", "Of third", type=0, lower_case=True, upper_case=True, special=False, space=False,
          numeric=True, must_start_with=0, must_end_with=0, length=24, max_consecutive=2, is_default=False)  # fmt: skip
    schedule = thing("schedule", "Of the third", frequency=0, period=12, time_zone="UTC")
    override = thing("override_policy", "Quick", type=0, platform_id=left.ids["Linux"],
                     rotation_schedule_id=schedule)  # fmt: skip
    by_resource = thing("override_policy", "Slow", type=1, platform_id=left.ids["Linux"])
    add("override_credential", credential_id=left.ids["credential"], override_id=override)
    add("override_resource", resource_id=left.ids["web01"], override_id=by_resource)


def _managed(left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
    credential, host = left.ids["credential"], left.ids["web01"]
    group = thing("credential_group", "Roots")
    add("credential_group_member", group_id=group, credential_id=credential)
    user = left.ids["host_user"] = new_id()
    add(
        "host_user", id=user, resource_id=host, login="root", enabled=True, unix_id=0, unix_group_id=0, privilege=1
    )
    add("managed_user", id=new_id(), credential_id=credential, resource_id=host, host_user_id=user, method=1,
        complexity_id=left.ids["Of third"], status=1)  # fmt: skip
    thing("dependant", "app", credential_id=credential, resource_id=host, kind="file",
          parameters={"path": "/etc/app.conf", "pattern": "p={secret}"})  # fmt: skip


def _rotated(tx: Tx, vault: Vault, left: Left, add: Callable[..., None]) -> None:
    """A rotation and a lease that have ended."""
    credential, begun = left.ids["credential"], tx.now - 3 * HOUR
    rotation = new_id()
    secret = vault.put(tx, Secret(CANDIDATE), purpose="rotation.candidate")
    add("rotation", id=rotation, credential_id=credential, resource_id=left.ids["web01"], reason="asked", state=5,
        candidate_secret_id=secret, abort_asked=False, requested_by_name="admin", started_at=begun,
        ended_at=begun + HOUR)  # fmt: skip
    add("dependant_update", rotation_id=rotation, dependant_id=left.ids["app"], position=0, state="reverted",
        updated_at=begun)  # fmt: skip
    add("lease", id=new_id(), credential_id=credential, identity_id=left.ids["robot"], state="ended",
        change_on_checkout=False, change_on_release=False, post_session=2, active_at=begun, due_at=begun + HOUR,
        ended_at=begun + HOUR, end_reason="checked in")  # fmt: skip
