"""Making local users and finding them again."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from uuid import uuid4

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.audit.model import audit_event
from locum.identities import people
from locum.identities.caller import Role
from locum.identities.model import Identity, Kind, SecondFactor, identity, local_login
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
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


def test_what_a_person_is_made_with(database: Database) -> None:
    given = {
        "display_name": "Ada L.",
        "email": "ada@example.org",
        "department": "Lab",
        "user_principal_name": "ada@corp.example.org",
        "sam_account_name": "CORP\\ada",
    }
    ends = dt.datetime(2101, 1, 1, tzinfo=dt.UTC)
    made = database.submit_write(
        people.create_local_user,
        LOCUM,
        name="ada",
        password_hash="x",
        expires_at=ends,
        second_factor=SecondFactor.REQUIRED,
        roles=frozenset({Role.USER, Role.ADMIN}),
        **given,
    ).result()
    assert {field: getattr(made, field) for field in given} == given
    login = database.submit_read(people.login_of, made.id).result()
    assert login is not None
    assert (login.display_name, login.expires_at, login.second_factor) == ("Ada L.", ends, SecondFactor.REQUIRED)
    assert (login.password_hash, login.must_change, login.failed_attempts) == ("x", False, 0)
    assert database.submit_read(people.roles_of, made.id).result() == {Role.USER, Role.ADMIN}


def test_a_new_person_in_the_audit_log(database: Database) -> None:
    made = database.submit_write(
        people.create_local_user,
        LOCUM,
        name="ada",
        password_hash="x",
        must_change=True,
        roles=frozenset({Role.USER, Role.ADMIN}),
    ).result()
    row = sa.select(audit_event.c.object_kind, audit_event.c.object_id, audit_event.c.detail).where(
        audit_event.c.action == "local_user.created"
    )
    kind, object_id, detail = database.submit_read(lambda tx: tx._connection.execute(row).one()).result()
    assert (kind, object_id) == ("identity", made.id)
    assert json.loads(detail) == {"name": "ada", "roles": "Admin, User", "must_change": True}


def test_the_times_of_a_new_identity_are_those_of_its_transaction(database: Database) -> None:
    def make(tx: Tx) -> tuple[set[object], set[object]]:
        made = people.create_local_user(tx, LOCUM, name="ada", password_hash="x")
        columns = (identity.c.created_at, identity.c.modified_at, identity.c.tokens_valid_from)
        times = tx._connection.execute(sa.select(*columns).where(identity.c.id == made.id)).one()
        changed = tx.scalar(sa.select(local_login.c.changed_at))
        return {*times, changed}, {tx.now}

    found, wanted = database.submit_write(make).result()
    assert found == wanted


def test_what_refusals_say(database: Database) -> None:
    create(database, "ada")
    with pytest.raises(Invalid) as taken:
        create(database, "Ada")
    assert taken.value.detail == "there is an account of that name already"
    with pytest.raises(NotFound) as unknown:
        database.submit_read(people.get, uuid4()).result()
    assert unknown.value.detail == "there is no account with this id"
