"""A secret leaves together with the row that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from audited import details
from locum.credentials.add import add_credential
from locum.credentials.change import Change, change_credential
from locum.credentials.reveal import Way, give_out, kept_credential, named_credential, reveal
from locum.credentials.secrets import Part
from locum.kit.db import Database
from locum.kit.errors import NotFound
from locum.kit.ids import new_id
from locum.vault.secret import Secret
from world import ACTOR, new_vault

pytestmark = pytest.mark.anyio


async def test_each_way_has_its_own_row(database: Database, tmp_path: Path) -> None:
    vault = new_vault(tmp_path)
    made = await database.write(add_credential, vault, ACTOR, username="app", domain="Corp", password=Secret("1"))
    await database.write(change_credential, vault, ACTOR, made.id, Change(password=Secret("2")))
    kept = await database.read(kept_credential, made.id)
    assert await database.read(named_credential, "app", "CORP") == kept
    found = await database.write(reveal, vault, ACTOR, kept, Part.PASSWORD, Part.PRIVATE_KEY)
    assert found == {Part.PASSWORD: Secret("2")}
    assert await database.write(give_out, vault, ACTOR, kept, Way.COPY) == Secret("2")
    assert await database.write(give_out, vault, ACTOR, kept, Way.EXPORT, version=1) == Secret("1")
    who = {"username": "app", "domain": "Corp", "parts": "password"}
    for action, detail in (("revealed", who), ("copied", who), ("exported", {**who, "version": 1})):
        assert details(database, f"credential.secret_{action}", made.id) == [detail]
    with pytest.raises(NotFound):
        await database.write(give_out, vault, ACTOR, kept, Way.REVEAL, version=7)
    with pytest.raises(NotFound):
        await database.read(kept_credential, new_id())
