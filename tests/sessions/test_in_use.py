"""A resource stays where it is while something is under way there."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from locum.actions.plan import PlannedStep
from locum.credentials.manage import manage
from locum.credentials.model import Method, credential
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict
from locum.kit.ids import new_id
from locum.rotation.model import rotation
from locum.sessions.in_use import refuse_while_in_use
from locum.sessions.ledger import entries, intend, reverted
from locum.sessions.model import lease
from locum.sessions.request import Request, request_session
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


async def refused(database: Database, world: World) -> str:
    with pytest.raises(Conflict) as refusal:
        await database.read(refuse_while_in_use, world.resource)
    return refusal.value.detail


async def test_while_access_is_there(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session = await database.write(request_session, ACTOR, asked, node="n")
    await database.read(refuse_while_in_use, world.resource)
    await database.write(
        intend, session_id=session, resource_id=world.resource, steps=[PlannedStep("account", {"login": "x"})]
    )
    assert "taken away" in await refused(database, world)
    (entry,) = await database.read(entries, session)
    await database.write(reverted, entry.id)
    await database.read(refuse_while_in_use, world.resource)


async def test_while_a_secret_is_changed_or_checked_out(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    login = await database.read(lambda tx: tx.scalar(sa.select(credential.c.id)))
    await database.write(manage, ACTOR, login, resource_id=world.resource, method=Method.MANUAL)
    ids = {"credential_id": login, "id": new_id()}

    def add(tx: Tx, table: sa.Table, **values: Any) -> None:
        tx.add(table, **ids, created_at=tx.now, **values)

    await database.write(
        add, rotation, resource_id=world.resource, open_credential_id=login, reason="asked", state=0,
        abort_asked=False, requested_by_name="admin",
    )  # fmt: skip
    assert "is changed on this resource" in await refused(database, world)
    await database.write(lambda tx: tx.run(sa.delete(rotation)))
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    await database.write(
        add, lease, identity_id=world.person, state="active", change_on_checkout=False, change_on_release=False,
        post_session=2, due_at=soon,
    )  # fmt: skip
    assert "checked out" in await refused(database, world)
    await database.write(lambda tx: tx.run(sa.update(lease).values(state="ended", ended_at=tx.now)))
    await database.read(refuse_while_in_use, world.resource)
