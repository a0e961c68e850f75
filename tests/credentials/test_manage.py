"""Bringing a login under management and taking it out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from audited import details
from locum.credentials.add import add_credential
from locum.credentials.manage import get_managed_user, manage, unmanage
from locum.credentials.model import Method, credential
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.resources.model import resource
from locum.rotation import ask
from locum.rotation.model import Reason
from locum.vault.secret import Secret
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


async def login(database: Database, world: World) -> UUID:
    made = await database.write(add_credential, world.vault, ACTOR, username="app", password=Secret("x"))
    return made.id


async def test_a_login_is_managed_changed_and_left_alone(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    app = await login(database, world)
    made = await database.write(manage, ACTOR, app, resource_id=world.resource, method=Method.AUTOMATIC)
    assert (made.resource_id, made.method) == (world.resource, Method.AUTOMATIC)
    assert made.next_change_at == made.next_verification_at == made.created_at
    again = await database.write(manage, ACTOR, app, resource_id=world.resource, method=Method.MANUAL)
    assert (again.id, again.method, again.next_change_at) == (made.id, Method.MANUAL, None)
    assert again.next_verification_at is not None
    await database.write(unmanage, ACTOR, app)
    for gone in (get_managed_user,):
        with pytest.raises(NotFound):
            await database.read(gone, app)
    with pytest.raises(NotFound):
        await database.write(unmanage, ACTOR, app)
    assert [row["state"] for row in details(database, "credential.managed")] == ["automatic", "manual"]
    assert len(details(database, "credential.unmanaged")) == 1


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"resource_id": UUID(int=7)}, Invalid),
        ({"complexity_id": UUID(int=7)}, Invalid),
        ({"verification_schedule_id": UUID(int=7)}, Invalid),
    ],
    ids=str,
)
async def test_what_is_not_there_is_said(
    database: Database, tmp_path: Path, values: dict[str, Any], kind: type[Exception]
) -> None:
    world = await make_world(database, tmp_path)
    app = await login(database, world)
    wanted = {"resource_id": world.resource, "method": Method.AUTOMATIC, **values}
    with pytest.raises(kind):
        await database.write(manage, ACTOR, app, **wanted)
    with pytest.raises(NotFound):
        await database.write(manage, ACTOR, new_id(), resource_id=world.resource, method=Method.MANUAL)


async def test_only_a_login_that_rests_on_a_resource_that_can_be_entered(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    app = await login(database, world)
    await database.write(manage, ACTOR, app, resource_id=world.resource, method=Method.AUTOMATIC)
    await database.write(ask.ask_rotation, ACTOR, app, Reason.ASKED)
    with pytest.raises(Conflict, match="being changed"):
        await database.write(manage, ACTOR, app, resource_id=world.resource, method=Method.MANUAL)
    with pytest.raises(Conflict, match="being changed"):
        await database.write(unmanage, ACTOR, app)
    other = await database.write(add_credential, world.vault, ACTOR, username="two", password=Secret("x"))

    def set_to(tx: Tx, **values: Any) -> None:
        tx.run(sa.update(credential).where(credential.c.id == other.id).values(values))

    await database.write(lambda tx: tx.run(sa.update(resource).values(type=4)))
    with pytest.raises(Invalid, match="secret vault"):
        await database.write(manage, ACTOR, other.id, resource_id=world.resource, method=Method.MANUAL)
    kept = await database.write(manage, ACTOR, other.id, resource_id=world.resource, method=Method.NOT_MANAGED)
    assert (kept.next_change_at, kept.next_verification_at) == (None, None)
    await database.write(set_to, kind="token")
    with pytest.raises(Conflict, match="login"):
        await database.write(manage, ACTOR, other.id, resource_id=world.resource, method=Method.NOT_MANAGED)
