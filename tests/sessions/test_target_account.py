"""Which account a session signs in as can be said, and never chosen."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from locum.kit.db import Database, Tx
from locum.kit.errors import Invalid, NotFound
from locum.kit.ids import new_id
from locum.resources.add import add_resource
from locum.resources.model import host_user
from locum.sessions import transition
from locum.sessions.target_account import confirm_account
from reads.test_sessions import ask
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


def seen(tx: Tx, resource_id: UUID, login: str) -> UUID:
    made = new_id()
    tx.add(host_user, id=made, resource_id=resource_id, login=login, created_at=tx.now, modified_at=tx.now)
    return made


async def test_only_the_login_of_the_session_on_its_own_resource(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await ask(database, world)
    login = (await database.read(transition.get, session_id)).login_name
    elsewhere = await database.write(lambda tx: add_resource(tx, ACTOR, name="db01", ip_address="192.0.2.3").id)
    wrong = [
        (await database.write(seen, world.resource, "root"), None),
        (await database.write(seen, elsewhere, login), login),
        (new_id(), login),
        (None, "root"),
        (None, login.upper()),
    ]
    for account_id, name in wrong:
        with pytest.raises(Invalid) as refused:
            await database.write(confirm_account, ACTOR, session_id, account_id=account_id, login=name, field="id")
        assert refused.value.field == "id"
    assert (await database.read(transition.get, session_id)).target_account_id is None
    mine = await database.write(seen, world.resource, login)
    held = await database.write(confirm_account, ACTOR, session_id, account_id=mine, login=login, field="id")
    assert (held.target_account_id, held.login_name) == (mine, login)
    with pytest.raises(NotFound):
        await database.write(confirm_account, ACTOR, new_id(), account_id=mine, field="id")
