"""What is looked up about one credential: its age, and how many there are."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest

from locum.credentials.add import add_credential
from locum.credentials.model import CredentialType
from locum.kit.db import Database
from locum.reads.credentials import CredentialRow, details
from locum.vault.secret import Secret
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


async def login(database: Database, world: World, username: str) -> UUID:
    made = await database.write(
        add_credential, world.vault, ACTOR, username=username, password=Secret("x"), type=CredentialType.USER
    )
    return made.id


async def test_how_old_a_secret_is(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    row = await database.read(details, await login(database, world, "app"))
    assert isinstance(row, CredentialRow)
    assert row.secret_set_at == row.created_at
    assert row.age(row.created_at + dt.timedelta(days=3, hours=1)) == 3
    assert row.age(row.created_at - dt.timedelta(days=1)) == 0
