"""New passwords obey the rule that holds for the credential; the one before the current is had back."""

from __future__ import annotations

from pathlib import Path

import pytest

from locum.credentials.add import add_credential, get_credential
from locum.credentials.change import Change, change_credential
from locum.credentials.complexity import obeys
from locum.credentials.effective import effective
from locum.credentials.new_password import new_password, password_before
from locum.kit.db import Database, ReadTx
from locum.kit.errors import Conflict
from locum.main.seed import seed
from locum.vault.secret import Secret
from world import ACTOR, new_vault

pytestmark = pytest.mark.anyio


async def test_cred_13_a_new_password_obeys_its_rule(database: Database, tmp_path: Path) -> None:
    vault = new_vault(tmp_path)
    made = await database.write(add_credential, vault, ACTOR, username="app", password=Secret("1"))
    with pytest.raises(Conflict):
        await database.read(new_password, made.id)
    await database.write(seed)
    rule = (await database.read(effective, made.id)).complexity
    assert rule is not None
    texts = {(await database.read(new_password, made.id)).reveal_text() for _ in range(3)}
    assert len(texts) == 3
    assert all(obeys(text, rule) for text in texts)


async def test_the_password_before_the_current_one(database: Database, tmp_path: Path) -> None:
    vault = new_vault(tmp_path)
    made = await database.write(add_credential, vault, ACTOR, username="app", password=Secret("1"))

    def before(tx: ReadTx) -> tuple[int, Secret]:
        return password_before(tx, vault, get_credential(tx, made.id))

    with pytest.raises(Conflict):
        await database.read(before)
    await database.write(change_credential, vault, ACTOR, made.id, Change(password=Secret("2")))
    assert await database.read(before) == (1, Secret("1"))
