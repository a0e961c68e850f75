"""Making local users and finding them again."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from identities_world import World
from locum.identities import people
from locum.identities.caller import Role
from locum.identities.model import Identity, Kind
from locum.kit.actor import LOCUM
from locum.kit.db import Database
from locum.kit.errors import Invalid, NotFound


def create(database: Database, name: str) -> Identity:
    return database.submit_write(people.create_local_user, LOCUM, name=name, password_hash="$argon2id$x").result()


def test_a_new_user(database: Database) -> None:
    made = create(database, "  Ada   Lovelace ")
    assert (made.kind, made.name, made.locked, made.last_sign_in_at) == (Kind.LOCAL, "Ada Lovelace", False, None)
    assert database.submit_read(people.get, made.id).result() == made
    assert database.submit_read(people.roles_of, made.id).result() == {Role.USER}


def test_a_name_is_found_in_every_spelling(database: Database) -> None:
    made = create(database, "Ada Straße")
    for spelling in ("ada strasse", "ADA STRASSE", "\tＡda  straße"):
        found = database.submit_read(people.login_named, spelling).result()
        assert found is not None
        assert found.identity_id == made.id
    for other in ("ada", "", "\u200bada", "x" * 1000):
        assert database.submit_read(people.login_named, other).result() is None


def test_a_taken_name_is_refused(database: Database, world: World) -> None:
    create(database, "ada")
    world.application("Robot")
    for name in ("ADA", " ada", "robot"):
        with pytest.raises(Invalid) as refused:
            create(database, name)
        assert refused.value.field == "name"


@pytest.mark.anyio
async def test_of_concurrent_users_of_one_name_one_is_made(database: Database) -> None:
    made = await asyncio.gather(
        *(
            database.write(people.create_local_user, LOCUM, name=name, password_hash="x")
            for name in ("ada", "Ada", "ADA", "aDa", "adA", "ADa")
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Identity) for one in made) == 1
    assert all(isinstance(one, (Identity, Invalid)) for one in made)


def test_unknown(database: Database, world: World) -> None:
    with pytest.raises(NotFound):
        database.submit_read(people.get, uuid4()).result()
    assert database.submit_read(people.login_of, uuid4()).result() is None
    assert database.submit_read(people.login_of, world.application().id).result() is None


def test_same_name() -> None:
    assert people.same_name(" ADA ", "ada")
    assert not people.same_name("ada", "eve")
    assert not people.same_name("\u200b", "\u200b")
