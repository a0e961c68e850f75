"""Who may know a secret now, and how far a change of it is."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from leasing import Leasing, make_leasing
from locum.credentials.model import Method, PostSession, managed_user
from locum.identities import custom_roles, role_members
from locum.identities.custom_roles import Contents
from locum.identities.model import identity, identity_role
from locum.identities.rights import ScopeKind
from locum.identities.roles import Target
from locum.kit.db import Database, Tx
from locum.kit.permissions import Permission
from locum.sessions.lease_cycle import Afterwards
from locum.sessions.lease_facts import afterwards_of, is_managed, may_know
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(database: Database, tmp_path: Path) -> Leasing:
    return make_leasing(database, await make_world(database, tmp_path))


def may(here: Leasing, identity_id: UUID | None, credential_id: UUID | None = None) -> bool:
    assert identity_id is not None
    return here.database.submit_read(may_know, identity_id, credential_id or here.credential_id).result()


async def test_applications_and_who_was_given_the_right(here: Leasing) -> None:
    assert may(here, here.robot.id)
    assert not may(here, here.world.person)
    assert not may(here, uuid4())

    def give(tx: Tx) -> None:
        contents = Contents([Permission.CREDENTIALS_PASSWORD_VIEW], {ScopeKind.CREDENTIAL: [here.credential_id]})
        made = custom_roles.create(
            tx, ACTOR, name="viewers", description="", target=Target.CREDENTIALS, contents=contents
        )
        role_members.add(tx, ACTOR, made.id, [here.world.person])

    here.database.submit_write(give).result()
    assert may(here, here.world.person)
    assert not may(here, here.world.person, uuid4())


@pytest.mark.parametrize("column", ["locked", "deleted_at", "expires_at"])
async def test_not_who_is_out(here: Leasing, column: str) -> None:
    def out(tx: Tx) -> None:
        tx.run(sa.update(identity).values({column: True if column == "locked" else tx.now}))

    here.database.submit_write(out).result()
    assert not may(here, here.robot.id)


async def test_not_without_the_role(here: Leasing) -> None:
    here.database.submit_write(lambda tx: tx.run(sa.delete(identity_role))).result()
    assert not may(here, here.robot.id)


@pytest.mark.parametrize("method", Method)
async def test_managed_is_what_changes_by_itself(here: Leasing, method: Method) -> None:
    here.set(managed_user, method=method)
    managed = here.database.submit_read(is_managed, here.credential_id).result()
    assert managed == (method is Method.AUTOMATIC)


def test_what_the_contract_says_of_the_account() -> None:
    assert {action: afterwards_of(action) for action in PostSession} == {
        PostSession.DISABLE: Afterwards.DISABLE,
        PostSession.ENABLE: Afterwards.ENABLE,
        PostSession.KEEP_PREVIOUS: Afterwards.KEEP,
    }
