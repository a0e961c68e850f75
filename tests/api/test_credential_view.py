"""What of a credential is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from locum.api.credential_view import dto, shown
from locum.credentials.add import add_credential
from locum.kit.db import Database
from locum.vault.secret import Secret
from world import ACTOR, new_vault

pytestmark = pytest.mark.anyio


async def test_no_view_holds_a_secret(database: Database, tmp_path: Path) -> None:
    row = await database.write(
        add_credential,
        new_vault(tmp_path),
        ACTOR,
        username="app",
        password=Secret("x"),
        enable_password=Secret("y"),
    )
    whole, part = shown(row), dto(row, is_managed=True)
    assert whole.id == part.id == row.id
    assert (part.is_managed, part.is_deleted, part.domain) == (True, False, None)
    for view in (whole, part):
        assert (view.password, view.salt, view.passphrase, view.private_key) == (None, None, None, None)
    assert whole.enable_password is None
