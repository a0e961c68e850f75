"""Where a credential is used."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from locum.credentials.add import add_credential
from locum.credentials.manage import manage
from locum.credentials.model import Method
from locum.identities.caller import Caller, Role
from locum.identities.roles import permissions_of
from locum.kit.db import Database
from locum.kit.errors import NotFound
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.reads.credential_places import account_of, dependants_of, resources_of, service_account
from locum.rotation.ask import ask_rotation
from locum.rotation.model import Reason, State, dependant
from locum.vault.secret import Secret
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio
ROLES = frozenset({Role.ADMIN})
ADMIN = Caller(uuid4(), "root", "local", ROLES, permissions_of(ROLES), None)


async def test_accounts_resources_and_dependants(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await database.write(add_credential, world.vault, ACTOR, username="app", password=Secret("x"))
    assert await database.read(resources_of, made.id) == []
    with pytest.raises(NotFound):
        await database.read(account_of, ADMIN, made.id)
    user = await database.write(manage, ACTOR, made.id, resource_id=world.resource, method=Method.MANUAL)
    assert (await database.read(account_of, ADMIN, made.id)).login == "app"
    await database.write(
        lambda tx: tx.add(
            dependant,
            id=new_id(),
            credential_id=made.id,
            resource_id=world.resource,
            name="Web",
            name_key="web",
            kind="file",
            parameters={},
            created_at=tx.now,
            modified_at=tx.now,
        )
    )
    await database.write(ask_rotation, ACTOR, made.id, Reason.ASKED)
    assert await database.read(resources_of, made.id) == [world.resource]
    assert user.host_user_id is not None
    for one, by_user in ((made.id, False), (user.host_user_id, True)):
        row = await database.read(service_account, ADMIN, one)
        assert (row.dependency_count, row.rotation_state, row.rollback_state) == (1, State.QUEUED, None)
        listed = await database.read(dependants_of, ADMIN, one, Page(filter_text="WEB"), by_host_user=by_user)
        (place,) = listed.rows
        assert (place.name, place.username, place.last_state, place.open_state) == ("Web", "app", None, 0)
    nobody = Caller(uuid4(), "x", "local", frozenset(), frozenset(), None)
    with pytest.raises(NotFound):
        await database.read(service_account, nobody, made.id)
