"""Which credential is meant: by id, by login, or by a name that it alone has."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from leasing import make_leasing
from locum.credentials.add import add_credential
from locum.credentials.model import credential
from locum.kit.db import Database
from locum.kit.errors import Forbidden, Invalid
from locum.sessions.wanted_credential import CredentialWanted, find_credential
from locum.vault.secret import Secret
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_it_is_found_by_each_selector(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    kept = make_leasing(database, world).credential_id
    other = await database.write(
        add_credential, world.vault, ACTOR, username="deploy", domain="Corp", name="web", password=Secret("x")
    )

    async def find(**how: object) -> object:
        found = await database.read(find_credential, CredentialWanted(**how))  # type: ignore[arg-type]
        return found.id, found.login, found.resource_id

    mine, theirs = (kept, "deploy", world.resource), (other.id, "Corp\\deploy", None)
    assert await find(id=kept) == await find(username="deploy") == await find(name="deploy") == mine
    assert await find(username="deploy", domain="CORP") == await find(name="web") == theirs
    assert await find(name="web", allowed=frozenset({other.id})) == theirs
    for none in ({"id": uuid4()}, {"username": "deploy", "domain": "x"}, {"name": "DEPLOY"}):
        with pytest.raises(Forbidden):
            await find(**none)
    with pytest.raises(Forbidden):
        await find(id=kept, allowed=frozenset({other.id}))
    with pytest.raises(Invalid, match="needed"):
        await find()
    await database.write(lambda tx: tx.run(sa.update(credential).values(name="web")))
    with pytest.raises(Invalid, match="several"):
        await find(name="web")
    await database.write(lambda tx: tx.run(sa.update(credential).values(deleted_at=tx.now)))
    with pytest.raises(Forbidden):
        await find(id=kept)
