"""What a step may say before it comes near a database (SEC-18, SEC-19)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.connectors.base import Step, TargetRefused
from locum.connectors.database_steps import (
    MARIADB_PRIVILEGES,
    POSTGRESQL_PRIVILEGES,
    about,
    as_found,
    asked_of,
    database_right,
    had_before,
)

MARKER = str(uuid.UUID(int=7))
GRANT = {"login": "anna", "on": "schema", "name": "public", "privileges": "USAGE"}


def right(kind: str, most: int = 63, **parameters: str) -> object:
    return database_right(Step(kind, parameters, MARKER), most, POSTGRESQL_PRIVILEGES)


def test_an_account_has_an_end() -> None:
    found = database_right(
        Step("account", {"login": "anna", "until": "2026-11-26T20:00:00+01:00"}, MARKER), 63, POSTGRESQL_PRIVILEGES
    )
    assert found.until == dt.datetime(2026, 11, 26, 19, tzinfo=dt.UTC)
    assert found.owned_to is None


def test_privileges_are_of_the_list() -> None:
    found = database_right(
        Step(
            "grant", {"login": "a", "on": "database", "name": "d", "privileges": " select ,create  view"}, MARKER
        ),
        128,
        MARIADB_PRIVILEGES,
    )
    assert found.privileges == ("SELECT", "CREATE VIEW")


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("account", {"until": "soon"}, "no point in time"),
        ("account", {"until": "2026-11-26T20:00:00"}, "no time zone"),
        ("account", {"login": ""}, "account's name"),
        ("account", {"owned_to": "x" * 64}, "account's name"),
        ("role", {}, "account's name"),
        ("role", {"role": "a\nb"}, "account's name"),
        ("grant", {"on": "everything"}, "a grant is on one of database, schema, tables, sequences"),
        ("grant", {"on": ""}, "a grant is on one of"),
        ("grant", {"privileges": ""}, "the privileges on a schema are USAGE, CREATE"),
        ("grant", {"privileges": "USAGE, "}, "the privileges on a schema are"),
        ("grant", {"privileges": "ALL"}, "the privileges on a schema are"),
        ("grant", {"privileges": "USAGE ON SCHEMA x TO PUBLIC; --"}, "the privileges on a schema are"),
        ("grant", {"name": ""}, "account's name"),
        ("sudoers", {}, "a database knows no step of that kind"),
    ],
)
def test_anything_else_is_refused(kind: str, changes: dict[str, str], words: str) -> None:
    with pytest.raises(TargetRefused, match=words):
        right(kind, **{**GRANT, **changes})


@pytest.mark.parametrize("marker", ["", "x", "a" * 36, f"{MARKER}'"])
def test_a_marker_is_a_session(marker: str) -> None:
    with pytest.raises(TargetRefused, match="id is malformed"):
        database_right(Step("account", {"login": "anna"}, marker), 63, POSTGRESQL_PRIVILEGES)


@given(st.text(max_size=40))
def test_no_text_becomes_a_privilege(text: str) -> None:
    try:
        found = database_right(Step("grant", {**GRANT, "privileges": text}, MARKER), 63, POSTGRESQL_PRIVILEGES)
    except TargetRefused:
        return
    assert set(found.privileges) <= {"USAGE", "CREATE"}


def test_rights_of_a_login_that_stays() -> None:
    asked = {"on": "tables", "name": "shop", "privileges": "select,  insert", "kept": "true"}
    assert asked_of("grant", asked) == {"SELECT", "INSERT"}
    assert asked_of("role", {"role": "a"}) == {"member"}
    assert asked_of("managed_account", {}) == {"there"}
    assert about("grant", asked) == ("grant", "", "tables", "shop") != about("role", {"role": "shop"})
    found = as_found({"SELECT:42", "INSERT"}, "7")
    assert found["key"] == "7"
    assert had_before(found) == {"SELECT:42", "INSERT"}
    assert had_before(None) == had_before(as_found(set())) == frozenset()
    assert "key" not in as_found(set())
