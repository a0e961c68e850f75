"""Which credential is meant: by id, by login, or by a name that it alone has."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from leasing import make_leasing
from locum.credentials.add import add_credential
from locum.credentials.model import credential
from locum.kit.db import Database
from locum.kit.errors import Forbidden, Invalid
from locum.policies.model import PolicyType
from locum.policies.status import set_status
from locum.sessions.wanted_credential import CredentialWanted, find_credential
from locum.vault.secret import Secret
from policies_world import login, policy
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_it_is_found_by_each_selector(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    kept = make_leasing(database, world).credential_id
    other = await database.write(
        add_credential, world.vault, ACTOR, username="deploy", domain="Corp", name="web", password=Secret("x")
    )

    async def find(**how: object) -> object:
        found = await database.read(find_credential, CredentialWanted(**how), world.person)  # type: ignore[arg-type]
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
    await database.write(lambda tx: tx.run(sa.update(credential).values(deleted_at=tx.now)))
    with pytest.raises(Forbidden):
        await find(id=kept)


async def test_of_one_name_that_is_meant_which_the_person_may_ask_for(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    one, other, third = [await login(database, world.vault, name) for name in ("one", "other", "third")]
    named = sa.update(credential).where(credential.c.id.in_([one, other])).values(name="web")
    await database.write(lambda tx: tx.run(named))

    async def find(who: UUID, name: str = "web", **how: frozenset[UUID]) -> UUID:
        found = await database.read(find_credential, CredentialWanted(name=name, **how), who)
        return found.id

    async def same_as_nothing(who: UUID) -> None:
        told = []
        for name in ("web", "nothing"):
            with pytest.raises(Forbidden) as refused:
                await find(who, name)
            told.append((refused.value.detail, refused.value.missing))
        assert told[0] == told[1]

    for who in (world.person, world.stranger):
        await same_as_nothing(who)
    secrets = {"identities": [world.person], "policy_type": PolicyType.CREDENTIAL}
    mine = await policy(database, "mine", credentials=[one, third], **secrets)
    assert await find(world.person) == one
    await same_as_nothing(world.stranger)
    more = await policy(database, "more", credentials=[other], **secrets)
    with pytest.raises(Invalid, match="several credentials have this name"):
        await find(world.person)
    assert await find(world.person, key_policies=frozenset([more.id])) == other
    assert await find(world.person, allowed=frozenset([other])) == other
    await same_as_nothing(world.stranger)
    await database.write(set_status, ACTOR, more.id, is_disabled=True)
    assert await find(world.person) == one
    await database.write(set_status, ACTOR, mine.id, is_disabled=True)
    await same_as_nothing(world.person)
