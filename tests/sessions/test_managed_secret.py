"""A managed account's secret is changed after its last session, and no other account's is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from demo.hosts import Host

from demo import hosts
from locum.activities.model import LoginType, activity
from locum.credentials.add import add_credential
from locum.credentials.model import Method, managed_user
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.rotation.model import Reason, rotation
from locum.sessions.lifecycle import Status
from locum.vault.secret import Secret
from stage import Stage
from world import ACTOR

pytestmark = pytest.mark.anyio

LOGIN = "dora"


@pytest.fixture
def dora(linux_hosts: list[Host]) -> Iterator[None]:
    hosts.run(linux_hosts[0], f"useradd -m -s /bin/bash -e 1 {LOGIN}")
    yield
    hosts.run(linux_hosts[0], f"userdel -r {LOGIN} 2>/dev/null", check=False)


async def keep(stage: Stage, method: Method) -> None:
    def change(tx: Tx) -> None:
        kept = add_credential(tx, stage.world.vault, ACTOR, username=LOGIN, password=Secret("an old Passw0rd"))
        row = {"id": new_id(), "credential_id": kept.id, "resource_id": stage.world.resource, "method": method}
        tx.add(managed_user, **row, created_at=tx.now, modified_at=tx.now)
        how = {"login_type": LoginType.MANAGED, "login_template": LOGIN, "create_account": False}
        tx.run(sa.update(activity).where(activity.c.id == stage.world.shell).values(**how))

    await stage.database.write(change)


async def rotations(stage: Stage) -> list[str]:
    return list(await stage.database.read(lambda tx: tx.scalars(sa.select(rotation.c.reason))))


async def test_it_is_changed_when_the_last_session_has_ended(stage: Stage, dora: None) -> None:
    await keep(stage, Method.AUTOMATIC)
    first, second = [await stage.ask(activity_id=stage.world.shell) for _ in range(2)]
    await stage.turn()
    await stage.end(first)
    await stage.turn_sessions()
    assert (await stage.session(first)).status == Status.COMPLETE
    assert await rotations(stage) == []
    await stage.end(second)
    await stage.turn_sessions()
    assert await rotations(stage) == [Reason.RELEASE]
    assert f"the secret of {LOGIN} is being changed" in await stage.log(second)


async def test_a_secret_that_is_changed_by_hand_is_not(stage: Stage, dora: None) -> None:
    await keep(stage, Method.MANUAL)
    session_id = await stage.ask(activity_id=stage.world.shell)
    await stage.turn()
    await stage.end(session_id)
    await stage.turn()
    assert await rotations(stage) == []
