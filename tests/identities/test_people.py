"""Making local users and finding them again."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from uuid import uuid4

import pytest
import sqlalchemy as sa

from audited import details
from identities_world import World
from locum.audit.model import audit_event
from locum.identities import people
from locum.identities.caller import Role
from locum.identities.factor_choice import SecondFactor
from locum.identities.model import Identity, Kind, identity, local_login
from locum.identities.remove import remove
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.kit.errors import Invalid, NotFound
from locum.vault.store import Vault


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


NAMES = {
    "display_name": "Ada L.",
    "email": "ada@example.com",
    "department": "Engines",
    "user_principal_name": "ada@corp",
    "sam_account_name": "al",
}
NONE = dict.fromkeys(NAMES)


def test_names_are_replaced_whole(database: Database, world: World) -> None:
    ada, robot = world.person(), world.application()
    database.submit_write(people.update, LOCUM, ada.id, Kind.LOCAL, name="Ada  B.", **NAMES).result()
    found = database.submit_read(people.get, ada.id).result()
    assert {name: getattr(found, name) for name in NAMES} == NAMES
    assert found.name == "Ada B."
    assert database.submit_read(people.login_named, "ada b.").result() is not None
    assert database.submit_read(people.login_named, "ada").result() is None
    database.submit_write(people.update, LOCUM, ada.id, Kind.LOCAL, name="ADA B.", **NONE).result()
    found = database.submit_read(people.get, ada.id).result()
    assert (found.name, found.email) == ("ADA B.", None)
    serial = {"certificate_serial": "FF"}
    database.submit_write(people.update, LOCUM, robot.id, Kind.APPLICATION, name="bot", **NONE, **serial).result()
    assert database.submit_read(people.get, robot.id).result().certificate_serial == "FF"
    assert details(database, "identity.changed", ada.id) == [
        {"before": "ada", "name": "Ada B."},
        {"before": "Ada B.", "name": "ADA B."},
    ]


def test_what_can_t_be_updated(database: Database, world: World) -> None:
    ada, robot = world.person(), world.application()
    world.person("eve")
    for who, kind, name, error in (
        (ada.id, Kind.LOCAL, "EVE", Invalid),
        (ada.id, Kind.LOCAL, "", Invalid),
        (ada.id, Kind.APPLICATION, "x", NotFound),
        (robot.id, Kind.LOCAL, "x", NotFound),
        (uuid4(), Kind.LOCAL, "x", NotFound),
    ):
        with pytest.raises(error):
            database.submit_write(people.update, LOCUM, who, kind, name=name, **NONE).result()
    assert database.submit_read(people.get, ada.id).result().name == "ada"


def test_who_needs_a_factor(database: Database, world: World) -> None:
    ada, robot = world.person(), world.application()
    for factor in (SecondFactor.REQUIRED, SecondFactor.NOT_REQUIRED, None):
        database.submit_write(people.require_factor, LOCUM, ada.id, factor).result()
        assert database.submit_read(people.local, ada.id).result().second_factor is factor
    assert [found["state"] for found in details(database, "second_factor.required", ada.id)] == [
        "required",
        "not_required",
        "default",
    ]
    for who, error in ((robot.id, Invalid), (uuid4(), NotFound)):
        with pytest.raises(error):
            database.submit_write(people.require_factor, LOCUM, who, None).result()


def test_lists_of_names(database: Database, world: World, vault: Vault) -> None:
    for name in ("eve", "Ada"):
        world.person(name)
    robot = world.application()
    gone = world.person("gone")
    database.submit_write(remove, vault, LOCUM, gone.id).result()
    people_names = database.submit_read(people.names, Kind.LOCAL).result()
    assert [row.name for row in people_names] == ["Ada", "eve"]
    assert [(row.id, row.name) for row in database.submit_read(people.names, Kind.APPLICATION).result()] == [
        (robot.id, "robot")
    ]


def test_by_name_and_kind(database: Database, world: World, vault: Vault) -> None:
    robot = world.application()
    named = lambda name, kind: database.submit_read(people.named, name, kind).result()  # noqa: E731
    assert named("ROBOT", Kind.APPLICATION).id == robot.id
    assert named("robot", Kind.LOCAL) is None
    assert named("\u200b", Kind.APPLICATION) is None
    database.submit_write(remove, vault, LOCUM, robot.id).result()
    assert named("robot", Kind.APPLICATION) is None


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
