"""Versions of a credential's secrets: kept as the history option says, the same one never twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from locum.credentials import secrets
from locum.credentials.add import add_credential, get_credential
from locum.credentials.change import Change, change_credential
from locum.credentials.history import set_history_options
from locum.credentials.secrets import Part
from locum.kit.db import Database, ReadTx
from locum.kit.errors import NotFound
from locum.main.seed import seed
from locum.vault.secret import Secret
from world import ACTOR, new_vault

pytestmark = pytest.mark.anyio


async def test_cred_07_versions_are_kept_as_the_options_say(database: Database, tmp_path: Path) -> None:
    vault = new_vault(tmp_path)
    await database.write(seed)
    made = await database.write(add_credential, vault, ACTOR, username="app", password=Secret("v1"))
    assert made.password_secret_id is not None

    async def numbers() -> list[int]:
        found = await database.read(vault.versions, made.password_secret_id)
        return [one.version for one in found]

    async def set_password(text: str) -> None:
        await database.write(change_credential, vault, ACTOR, made.id, Change(password=Secret(text)))

    for n in range(2, 6):
        await set_password(f"v{n}")
    await set_password("v5")
    assert await numbers() == [5, 4, 3, 2, 1]
    await database.write(set_history_options, ACTOR, limit=1)
    await set_password("v6")
    assert await numbers() == [6, 5]

    def look(tx: ReadTx) -> None:
        of = get_credential(tx, made.id)
        assert secrets.open_part(tx, vault, of, Part.PASSWORD, version=5) == Secret("v5")
        assert secrets.open_parts(tx, vault, of, *Part) == {Part.PASSWORD: Secret("v6")}
        assert secrets.main_part(of) is Part.PASSWORD
        for part, version in ((Part.PASSWORD, 4), (Part.CONTENT, 1)):
            with pytest.raises(NotFound):
                secrets.open_part(tx, vault, of, part, version=version)

    await database.read(look)


def test_every_part_has_a_column_and_a_purpose_of_its_own() -> None:
    assert len({part.purpose for part in Part}) == len(Part)
    # What is in the vault already was put there under these words.
    assert Part.PASSWORD.purpose == "credential.password"
    assert Part.PRIVATE_KEY.purpose == "credential.private_key"
    assert secrets.given(Secret("")) is None
