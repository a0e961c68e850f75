"""Connection profiles with all that hangs on them, and what the audit log says of each change."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from locum.activities.access_windows import AccessWindow
from locum.activities.channel_rules import DEFAULT
from locum.activities.custom_fields import CustomField
from locum.activities.ip_rules import IpRule
from locum.activities.model import ConnectionProfile, connection_profile
from locum.activities.profile_settings import NEW
from locum.activities.profiles import (
    add_profile,
    change_profile,
    retire_profile,
    set_channel_rules,
    set_ip_rules,
    set_windows,
)
from locum.activities.read import (
    all_custom_fields,
    channel_rules_of,
    connection_profile_of,
    connection_profiles,
    custom_fields_of,
    ip_rules_of,
    windows_of,
)
from locum.audit.model import audit_event
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import NIL, new_id
from locum.main.seed import seed

ADMIN = Actor(None, "admin")
ASKED = CustomField(NIL, 1, "change", "Change", None, 1, None, True, None)
RULE = IpRule("10.0.0.0/8", True, 2)
WINDOW = AccessWindow("Monday", "09:00", "17:00", "UTC")


def write(database: Database, fn: Any, *args: Any, **values: Any) -> Any:
    return database.submit_write(fn, ADMIN, *args, **values).result()


def details(database: Database, profile_id: UUID) -> list[tuple[str, dict[str, str]]]:
    c = audit_event.c
    found = sa.select(c.action, c.detail).where(c.object_id == profile_id).order_by(c.id)
    actions = database.submit_read(lambda tx: tx.scalars(found.with_only_columns(c.action))).result()
    texts = database.submit_read(lambda tx: tx.scalars(found.with_only_columns(c.detail))).result()
    return [(action, json.loads(text)) for action, text in zip(actions, texts, strict=True)]


def test_a_profile_is_made_with_its_settings_and_questions(database: Database) -> None:
    settings = replace(NEW, record=False, expiration_notice_minutes=5)
    made: ConnectionProfile = write(
        database, add_profile, name=" P ", description="", settings=settings, fields=[ASKED]
    )
    assert (made.name, made.description, made.is_default, made.is_deleted) == ("P", None, False, False)
    assert (made.record, made.expiration_notice_minutes, made.max_session_minutes) == (False, 5, 60)
    assert database.submit_read(connection_profile_of, made.id).result() == made
    mine = [replace(ASKED, profile_id=made.id)]
    assert database.submit_read(custom_fields_of, made.id).result() == mine
    assert database.submit_read(all_custom_fields).result() == {made.id: mine}
    assert details(database, made.id) == [("connection_profile.created", {"name": "P"})]


def test_what_can_not_be_leaves_nothing(database: Database) -> None:
    for values in ({"settings": replace(NEW, max_session_minutes=0)}, {"fields": [ASKED, ASKED]}, {"name": ""}):
        with pytest.raises(Invalid):
            write(database, add_profile, **{"name": "P", **values})
    assert database.submit_read(connection_profiles).result() == []
    write(database, add_profile, name="P_1")
    with pytest.raises(Conflict):
        write(database, add_profile, name="p 1")


def test_only_what_changes_is_written_down(database: Database) -> None:
    made = write(database, add_profile, name="P", fields=[ASKED])
    same = write(database, change_profile, made.id, {"record": True}, name="P", description="", fields=[ASKED])
    assert same == made
    changes = {"record": False, "ssh_proxy_host": "gate:22"}
    changed = write(database, change_profile, made.id, changes, name="p", description="d", fields=[])
    assert (changed.name, changed.description, changed.record, changed.ssh_proxy_host) == (
        "p",
        "d",
        False,
        "gate:22",
    )
    assert database.submit_read(custom_fields_of, made.id).result() == []
    fields = "description, name, record, ssh_proxy_host, custom_fields"
    assert details(database, made.id)[1:] == [("connection_profile.changed", {"name": "p", "fields": fields})]
    with pytest.raises(Invalid):
        write(database, change_profile, made.id, {"allow_session_extension": True})
    with pytest.raises(NotFound):
        write(database, change_profile, new_id(), {})


def test_rules_and_windows_are_replaced_as_a_whole(database: Database) -> None:
    one, other = (write(database, add_profile, name=name).id for name in ("one", "other"))
    for rules in ([RULE, replace(RULE, address="10.0.0.1", type=0, allowed=False)], [RULE], [RULE], []):
        write(database, set_ip_rules, one, rules)
        assert database.submit_read(ip_rules_of, one).result() == rules
    for windows in ([WINDOW, replace(WINDOW, weekdays="Friday")], [WINDOW], [WINDOW], []):
        write(database, set_windows, one, windows)
        assert database.submit_read(windows_of, one).result() == windows
    write(database, set_ip_rules, other, [RULE])
    write(database, set_windows, other, [WINDOW])
    for broken in (
        lambda: write(database, set_ip_rules, other, [replace(RULE, address="x")]),
        lambda: write(database, set_windows, other, [WINDOW] * 51),
        lambda: write(database, set_windows, other, [replace(WINDOW, to_time="x")]),
    ):
        with pytest.raises(Invalid):
            broken()
    assert database.submit_read(ip_rules_of, other).result() == [RULE]
    assert database.submit_read(windows_of, other).result() == [WINDOW]
    named = [detail["fields"] for _, detail in details(database, one)[1:]]
    assert named == ["address_rules"] * 3 + ["access_windows"] * 3
    for setter, nothing in ((set_ip_rules, []), (set_windows, [])):
        with pytest.raises(NotFound):
            write(database, setter, new_id(), nothing)


def test_a_deleted_profile_is_kept_out_of_sight(database: Database) -> None:
    database.submit_write(seed).result()
    made = write(database, add_profile, name="P" * 256)
    write(database, retire_profile, made)
    assert [row.name for row in database.submit_read(connection_profiles).result()] == ["Default"]
    kept = database.submit_read(connection_profile_of, made.id).result()
    assert kept.is_deleted
    assert kept.name.endswith(f"(deleted {made.id})")
    with pytest.raises(NotFound):
        database.submit_read(connection_profile_of, made.id, deleted_too=False).result()
    for change in (
        lambda: write(database, change_profile, made.id, {}),
        lambda: write(database, set_windows, made.id, []),
    ):
        with pytest.raises(NotFound):
            change()
    assert details(database, made.id)[-1] == ("connection_profile.deleted", {"name": "P" * 256})
    default = database.submit_read(
        lambda tx: tx.scalar(sa.select(connection_profile.c.id).where(connection_profile.c.is_default.is_(True)))
    ).result()
    with pytest.raises(Conflict):
        write(database, retire_profile, database.submit_read(connection_profile_of, default).result())
    write(database, add_profile, name="P" * 256)


def test_channel_rules_are_those_that_are_not_changed_and_those_that_are(database: Database) -> None:
    profile = write(database, add_profile, name="P")

    def held() -> object:
        return database.submit_read(channel_rules_of, profile.id).result()

    assert held() == DEFAULT
    assert write(database, set_channel_rules, profile.id, {"upload": True, "paths": ("/srv/",)}) == held()
    assert held() == replace(DEFAULT, upload=True, paths=("/srv",))
    write(database, set_channel_rules, profile.id, {"paths": ("/srv",)})  # changes nothing
    write(
        database,
        set_channel_rules,
        profile.id,
        {"upload": False, "destinations": ("a:1",), "max_file_bytes": 2**40},
    )
    assert held() == replace(DEFAULT, paths=("/srv",), destinations=("a:1",), max_file_bytes=2**40)
    assert [detail.get("fields") for _, detail in details(database, profile.id)] == [
        None,
        "upload, paths",
        "upload, max_file_bytes, destinations",
    ]
    with pytest.raises(Invalid):
        write(database, set_channel_rules, profile.id, {"paths": ("..",)})
    with pytest.raises(NotFound):
        write(database, set_channel_rules, new_id(), {})
