"""A data directory and its database as the third release left them: schema 0003, and rows in every table of it.

But for `pause`, which has a row in a restored copy alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

import second_release
from first_release import HOUR, Left
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.vault.secret import Secret
from locum.vault.store import Vault

SCHEMA = "0003"
NEXT_PASSWORD = "the next password of web01"


def leave(data: Path, url: str | None, password: str) -> Left:
    """Make the directory and fill the database at `url` (None: SQLite in the directory)."""
    return second_release.leave(data, url, password, revision=SCHEMA, more=_vault)


def _vault(tx: Tx, vault: Vault, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
    tx.run(sa.text("UPDATE platform SET permanent = true"))  # as its seed did
    credential, host, linux = (left.ids[name] for name in ("credential", "web01", "Linux"))
    nightly = thing("schedule", "Nightly", frequency=1, period=1, local_time="02:00:00", time_zone="UTC")
    kinds = {"lower_case": True, "upper_case": True, "special": False, "space": False, "numeric": True}
    rule = thing("password_complexity", "Long", type=0, **kinds, must_start_with=0, must_end_with=0, length=24,
                 max_consecutive=2, is_default=True)  # fmt: skip
    add("history_option", id=new_id(), limit=5, days=30)
    group = thing("credential_group", "Roots")
    add("credential_group_member", group_id=group, credential_id=credential)
    for name, kind in (("Slow", 0), ("Quiet hosts", 1)):
        thing("override_policy", name, type=kind, platform_id=linux, rotation_schedule_id=nightly)
    add("override_credential", credential_id=credential, override_id=left.ids["Slow"])
    add("override_resource", resource_id=host, override_id=left.ids["Quiet hosts"])
    root = new_id()
    user = {"home": "/root", "shell": "/bin/bash"}
    add("host_user", id=root, resource_id=host, login="root", enabled=True, unix_id=0, unix_group_id=0,
        **user, privilege=5, seen_at=tx.now - HOUR)  # fmt: skip
    add("managed_user", id=new_id(), credential_id=credential, resource_id=host, host_user_id=root, method=1,
        complexity_id=rule, verification_schedule_id=nightly, status=1, last_verified_at=tx.now - HOUR,
        last_changed_at=tx.now - 2 * HOUR)  # fmt: skip
    file = thing("dependant", "Settings", credential_id=credential, resource_id=host, kind="file",
                 parameters={"path": "/etc/app.conf", "pattern": "secret=(.*)"})  # fmt: skip
    changed = new_id()
    candidate = vault.put(tx, Secret(NEXT_PASSWORD), purpose="credential.password")
    add("rotation", id=changed, credential_id=credential, resource_id=host, reason="asked", state=5,
        candidate_secret_id=candidate, abort_asked=False, requested_by_name="admin", started_at=tx.now - 2 * HOUR,
        ended_at=tx.now - 2 * HOUR, last_error="web01 can't be reached")  # fmt: skip
    add("dependant_update", rotation_id=changed, dependant_id=file, position=0, state="failed")
    add("lease", id=new_id(), credential_id=credential, identity_id=left.ids["alice"], state="ended",
        change_on_checkout=False, change_on_release=True, post_session=2, rotation_id=changed,
        active_at=tx.now - 3 * HOUR, due_at=tx.now - 2 * HOUR, ended_at=tx.now - 2 * HOUR,
        end_reason="checked in")  # fmt: skip
