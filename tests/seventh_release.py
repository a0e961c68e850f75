"""A data directory and its database as the seventh release left them: schema 0007, and rows in every table of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import sixth_release
from first_release import HOUR, Left, More
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.vault.store import Vault

SCHEMA = "0007"


def leave(data: Path, url: str | None, password: str, *, revision: str = SCHEMA, more: More | None = None) -> Left:
    """Make the directory and fill the database at `url` (None: SQLite in the directory)."""

    def all_of(tx: Tx, vault: Vault, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
        _certified(tx, left, add, thing)
        _restricted(left, add, thing)
        _locked(tx, left, add)
        if more is not None:
            more(tx, vault, left, add, thing)

    return sixth_release.leave(data, url, password, revision=revision, more=all_of)


def _certified(tx: Tx, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
    """Rita has said that the robot keeps no shell on web01, which it asks for nowhere."""
    certification = thing("certification", "Autumn", reviewer_id=left.ids["rita"], started_at=tx.now - HOUR)
    add("certification_identity", certification_id=certification, member_id=left.ids["robot"])
    add("certification_policy", certification_id=certification, member_id=left.ids["all"])
    access = {"identity_id": left.ids["robot"], "policy_id": left.ids["all"],
              "activity_id": left.ids["Linux shell"], "resource_id": left.ids["web01"]}  # fmt: skip
    add("certification_row", id=new_id(), certification_id=certification, **access, status=3, notes="who is that?",
        decided_by=left.ids["rita"], decided_at=tx.now, created_at=tx.now - HOUR)  # fmt: skip
    add("access_denial", id=new_id(), **access, certification_id=certification, reason="who is that?",
        denied_by=left.ids["rita"], denied_at=tx.now)  # fmt: skip


def _restricted(left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
    restriction = thing("command_restriction", "No shutdown", active=True, mail_to="rita@example.org",
                        rules=[{"pattern": "shutdown*", "action": 1}])  # fmt: skip
    add("profile_command_restriction", profile_id=left.ids["Long"], restriction_id=restriction)


def _locked(tx: Tx, left: Left, add: Callable[..., None]) -> None:
    """An activity that may not be released with the credential, and a session whose sign-ins were watched."""
    add("activity_lock", id=new_id(), activity_id=left.ids["Linux shell"], credential_id=left.ids["credential"],
        locked_by=left.ids["admin"], locked_at=tx.now, message="being looked at")  # fmt: skip
    add("logon_watch", session_id=left.ids["approved"], trouble="web01 was away")
