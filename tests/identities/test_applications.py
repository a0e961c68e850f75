"""Making applications, and telling them from people."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from identities_world import World
from locum.identities import applications, people
from locum.identities.caller import Role
from locum.identities.model import Identity, Kind
from locum.kit.actor import LOCUM
from locum.kit.db import Database
from locum.kit.errors import Invalid, NotFound


@pytest.mark.parametrize(
    ("given", "kept"), [(None, None), ("", None), ("  ", None), (" 0A 1b ", "0A1b"), ("00:ff", "00:ff")]
)
def test_a_certificate_serial(database: Database, given: str | None, kept: str | None) -> None:
    made: Identity = database.submit_write(
        applications.create, LOCUM, name="robot", certificate_serial=given
    ).result()
    assert (made.kind, made.name, made.certificate_serial) == (Kind.APPLICATION, "robot", kept)
    assert database.submit_read(people.roles_of, made.id).result() == {Role.APP}


def test_names_are_shared_with_people(database: Database, world: World) -> None:
    world.person("ada", enrolled=False)
    with pytest.raises(Invalid):
        database.submit_write(applications.create, LOCUM, name="ADA").result()


def test_an_application_does_not_sign_in(database: Database, world: World) -> None:
    world.application("robot")
    assert database.submit_read(people.login_named, "robot").result() is None


def test_holding_tells_what_it_is_not(database: Database, world: World) -> None:
    robot = world.application()
    assert database.submit_write(applications.hold, robot.id).result().id == robot.id
    with pytest.raises(Invalid):
        database.submit_write(applications.hold, world.person(enrolled=False).id).result()
    with pytest.raises(NotFound):
        database.submit_write(applications.hold, uuid4()).result()


@pytest.mark.parametrize("bad", ["xyz", "0x1F", "1" * 41, "12-34", "é"])
def test_what_is_no_serial_number(database: Database, bad: str) -> None:
    with pytest.raises(Invalid) as refused:
        database.submit_write(applications.create, LOCUM, name="robot", certificate_serial=bad).result()
    assert refused.value.field == "certificateSerialNumber"


@pytest.mark.parametrize(
    ("text", "digits"),
    [("0A 1b", "A1B"), ("00:ff", "FF"), ("0" * 20 + "F" * 40, "F" * 40), ("0", ""), ("", None), ("F" * 41, None)],
)
def test_the_number_itself(text: str, digits: str | None) -> None:
    assert applications.serial_digits(text) == digits


def test_who_is_one(database: Database, world: World) -> None:
    robot, ada = world.application(), world.person()
    for verb in (applications.check, applications.hold):
        assert database.submit_write(verb, robot.id).result().name == "robot"
        with pytest.raises(Invalid, match="only applications"):
            database.submit_write(verb, ada.id).result()
        with pytest.raises(NotFound):
            database.submit_write(verb, UUID(int=1)).result()


def test_what_an_application_is_made_with(database: Database) -> None:
    given = {
        "display_name": "The robot",
        "email": "robot@example.org",
        "department": "Lab",
        "user_principal_name": "robot@corp.example.org",
        "sam_account_name": "CORP\\robot",
    }
    made = database.submit_write(applications.create, LOCUM, name="robot", **given).result()
    assert {field: getattr(made, field) for field in given} == given


def test_a_person_has_no_keys_and_is_told_so(database: Database, world: World) -> None:
    with pytest.raises(Invalid) as refused:
        database.submit_write(applications.hold, world.person(enrolled=False).id).result()
    assert refused.value.detail == "only applications have API keys, and this account is none"
