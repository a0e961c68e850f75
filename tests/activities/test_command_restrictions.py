"""Command restrictions and the connection profiles that have them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities import command_restrictions as room
from locum.activities.command_rules import CommandAction, CommandRule
from locum.activities.profiles import add_profile, retire_profile
from locum.activities.read import connection_profile_of
from locum.audit.model import audit_event
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, LocumError, NotFound
from locum.kit.ids import new_id
from locum.main.seed import seed

ADMIN = Actor(None, "admin")
RULES = (CommandRule("^rm ", CommandAction.BLOCK, "no", True), CommandRule("^ls", CommandAction.LOG))


def write(database: Database, fn: Any, *args: Any) -> Any:
    return database.submit_write(fn, ADMIN, *args).result()


def made(database: Database, name: str, **given: Any) -> UUID:
    wanted = {"rules": RULES, "mail_to": "ops@example.org", **given}
    found: UUID = write(database, room.add_restriction, name, wanted).id
    return found


def profile_of(database: Database, name: str) -> UUID:
    found: UUID = database.submit_write(add_profile, ADMIN, name=name).result().id
    return found


def audited(database: Database, thing: UUID) -> list[str]:
    c = audit_event.c
    actions = sa.select(c.action).where(c.object_id == thing).order_by(c.id)
    return list(database.submit_read(lambda tx: tx.scalars(actions)).result())


def refused(database: Database, kind: type[LocumError], fn: Any, *args: Any) -> str:
    with pytest.raises(kind) as refusal:
        write(database, fn, *args)
    return refusal.value.detail


def test_one_is_made_changed_and_deleted(database: Database) -> None:
    one = made(database, "Deletes")
    held = database.submit_read(room.restriction_of, one).result()
    assert (held.name, held.active, held.mail_to, held.rules) == ("Deletes", True, "ops@example.org", RULES)
    write(database, room.change_restriction, one, "Removals", {"active": False, "description": "x"})
    held = database.submit_read(room.restriction_of, one).result()
    assert (held.name, held.active, held.description, held.rules) == ("Removals", False, "x", RULES)
    write(database, room.change_restriction, one, "Removals", {"active": False})
    write(database, room.delete_restriction, one)
    assert refused(database, NotFound, room.delete_restriction, one)
    assert database.submit_read(room.restrictions).result() == []
    assert audited(database, one) == [f"command_restriction.{word}" for word in ("created", "changed", "deleted")]


def test_what_it_may_not_be_is_said(database: Database) -> None:
    one = made(database, "Deletes")
    assert "of this name" in refused(database, Conflict, room.add_restriction, "deletes", {"rules": RULES[1:]})
    assert "mailTo is needed" in refused(database, Invalid, room.add_restriction, "x", {"rules": RULES})
    assert "no mail address" in refused(database, Invalid, room.change_restriction, one, None, {"mail_to": "x"})
    assert "1 to" in refused(database, Invalid, room.change_restriction, one, None, {"rules": ()})


def test_profiles_have_some_and_the_active_ones_are_in_force(database: Database) -> None:
    database.submit_write(seed).result()
    profile = profile_of(database, "strict")
    first, second, off = made(database, "b"), made(database, "a"), made(database, "c", active=False)
    for _ in range(2):
        kept = write(database, room.set_profile_restrictions, profile, [first, off, second, first])
        assert [one.name for one in kept] == ["a", "b", "c"]
    found = database.submit_read(room.in_force, profile).result()
    assert [(one.name, one.rules) for one in found] == [("a", RULES), ("b", RULES)]
    assert audited(database, profile) == ["connection_profile.created", "connection_profile.changed"]
    assert "names no" in refused(database, Invalid, room.set_profile_restrictions, profile, [new_id()])
    assert "at most" in refused(
        database,
        Invalid,
        room.set_profile_restrictions,
        profile,
        [new_id() for _ in range(room.MOST_OF_PROFILE + 1)],
    )
    assert refused(database, NotFound, room.set_profile_restrictions, new_id(), [first])


def test_one_that_a_profile_has_is_not_deleted(database: Database) -> None:
    database.submit_write(seed).result()
    one, profile = made(database, "b"), profile_of(database, "strict")
    write(database, room.set_profile_restrictions, profile, [one])
    assert "“strict”" in refused(database, Conflict, room.delete_restriction, one)
    held = database.submit_read(connection_profile_of, profile).result()
    write(database, retire_profile, held)
    write(database, room.delete_restriction, one)
    assert database.submit_read(room.in_force, profile).result() == ()
