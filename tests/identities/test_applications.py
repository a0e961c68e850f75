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
    ("given", "kept"), [(None, None), ("", None), ("  ", None), (" 0A 1b ", "A1B"), ("00:ff", "FF"), ("0", "0")]
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
    assert applications.plain_serial("0" * 20 + "F" * 40) == "F" * 40


def test_who_is_one(database: Database, world: World) -> None:
    robot, ada = world.application(), world.person()
    for verb in (applications.check, applications.hold):
        assert database.submit_write(verb, robot.id).result().name == "robot"
        with pytest.raises(Invalid, match="only applications"):
            database.submit_write(verb, ada.id).result()
        with pytest.raises(NotFound):
            database.submit_write(verb, UUID(int=1)).result()
