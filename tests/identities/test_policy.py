"""The installation's default of the second factor."""

from __future__ import annotations

from locum.identities import policy
from locum.kit.db import Database


def test_required_unless_said_otherwise(database: Database) -> None:
    assert database.submit_read(policy.user_mfa).result() == "required"
    for value in ("optional", "required", "optional", "optional"):
        database.submit_write(policy.set_user_mfa, value).result()
        assert database.submit_read(policy.user_mfa).result() == value
