"""A deleted credential's secrets are gone, all versions of all parts, and nothing names it any more."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.credentials.add import add_credential, get_credential
from locum.credentials.change import Change, change_credential
from locum.credentials.delete import delete_credential, delete_credentials
from locum.credentials.manage import manage
from locum.credentials.model import Method, managed_user
from locum.kit.db import Database
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.rotation.ask import ask_rotation
from locum.rotation.model import Reason
from locum.vault.model import vault_secret_version
from locum.vault.secret import Secret
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_all_versions_of_all_parts_are_erased(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    versions = sa.select(sa.func.count()).select_from(vault_secret_version)
    before = await database.read(lambda tx: tx.scalar(versions))
    made = await database.write(
        add_credential,
        world.vault,
        ACTOR,
        username="app",
        password=Secret("1"),
        enable_password=Secret("2"),
    )
    await database.write(change_credential, world.vault, ACTOR, made.id, Change(password=Secret("3")))
    await database.write(manage, ACTOR, made.id, resource_id=world.resource, method=Method.AUTOMATIC)
    await database.write(delete_credential, world.vault, ACTOR, made.id)
    assert await database.read(lambda tx: tx.scalar(versions)) == before
    gone = await database.read(get_credential, made.id)
    assert gone.deleted_at is not None
    assert (gone.password_secret_id, gone.enable_secret_id) == (None, None)
    mine = sa.select(managed_user.c.id).where(managed_user.c.credential_id == made.id)
    assert await database.read(lambda tx: tx.scalar(mine)) is None
    with pytest.raises(NotFound):
        await database.write(delete_credential, world.vault, ACTOR, made.id)


async def test_an_open_rotation_keeps_it(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await database.write(add_credential, world.vault, ACTOR, username="app", password=Secret("1"))
    await database.write(manage, ACTOR, made.id, resource_id=world.resource, method=Method.MANUAL)
    await database.write(ask_rotation, ACTOR, made.id, Reason.ASKED)
    with pytest.raises(Conflict, match="rotation"):
        await database.write(delete_credential, world.vault, ACTOR, made.id)
    other = await database.write(add_credential, world.vault, ACTOR, username="b", password=Secret("1"))
    assert await database.write(delete_credentials, world.vault, ACTOR, [made.id, other.id, new_id()]) == (1, 2)
