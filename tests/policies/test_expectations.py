"""Files of expectations, and policies in a file: the same decision as the server's."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from locum.kit.errors import Invalid
from locum.policies.expectations import Question, Said, difference, from_file, read

FILE = """
[groups]
operators = ["Alice", "Bob"]
"on call" = ["operators", "Carol"]
web = ["web01", "web02"]

[[policy]]
name = "Web"
users = ["on call"]
activities = ["Linux sudo"]
resources = ["web"]
priority = 5
ticket_required = true

[[policy]]
name = "Asked for"
users = ["Alice"]
activities = ["linux SUDO"]
resources = ["WEB01"]
approval = "workflow"

[[policy]]
name = "Closed"
users = ["Dave"]
activities = ["Linux sudo"]
resources = ["web01"]
disabled = true

[[expect]]
user = "alice"
activity = "Linux sudo"
resource = "web01"
outcome = "needs approval"
decided_by = "asked for"
"""


def ask(user: str, resource: str = "web01", **more: str) -> Said:
    return from_file(read(FILE))(Question(user=user, activity="Linux  sudo", resource=resource, **more))


def test_groups_and_groups_of_groups_count() -> None:
    for user in ("Bob", "bob ", "Carol"):
        assert ask(user, "WEB02", ticket="T-1").policy == "Web", user
        assert ask(user).missing == "ticket"
    assert ask("Eve", ticket="T-1").missing == "access policy"
    assert ask("Bob", "db01", ticket="T-1").missing == "access policy"


def test_the_order_and_the_policy_that_is_asked_for() -> None:
    assert ask("Alice", ticket="T-1").outcome == "needs approval"
    assert ask("Alice", ticket="T-1").policy == "Asked for"
    assert ask("Alice", ticket="T-1", policy="web").outcome == "allowed"
    assert ask("Alice", ticket="T-1", policy="Closed").missing == "access policy"
    assert ask("Alice", ticket="T-1", policy="none such").missing == "access policy"
    assert ask("Dave").missing == "enabled access policy"


def test_groups_that_hold_each_other_end() -> None:
    written = read(FILE.replace("web =", 'a = ["b"]\nb = ["a", "Zoe"]\nweb ='))
    asked = Question(user="Zoe", activity="Linux sudo", resource="web01")
    assert from_file(written)(asked).outcome == "denied"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"outcome": "allowed"}, "needs approval, not allowed"),
        ({"decided_by": "Web"}, "not by “Web”"),
        ({"user": "Dave", "outcome": "denied", "decided_by": None, "missing": "enabled access policy"}, None),
        ({"user": "Dave", "outcome": "denied", "decided_by": None, "missing": "notes"}, "not of notes"),
        ({"user": "Dave", "outcome": "denied", "decided_by": "Web"}, "not by “Web”"),
    ],
)
def test_differences(changes: dict[str, str], words: str | None) -> None:
    (plain,) = read(FILE).expect
    expected = msgspec.structs.replace(plain, **changes)
    found = difference(expected, from_file(read(FILE))(expected))
    assert found is None if words is None else words in str(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expects nothing"),
        ("[[policy]]\nname = 'x'", "expects nothing"),
        ("[[expect]]\nuser = 'a'", "outcome"),
        ("[[expect]]\nuser = 'a'\noutcome = 'denied'", "expectation 1, of “a”: activity is needed"),
        ("[[expect]]\nuser = 'a'\nactivity = 'b'\noutcome = 'denied'", "resource is needed"),
        ("[[expect]]\nuser='a'\nactivity='b'\ncredential='c'\noutcome='denied'", "not for both"),
        ("[[expect]]\nuser='a'\nresource='b'\ncredential='c'\noutcome='denied'", "not for both"),
        ("[[expect]]\nuser='a'\nactivity='b'\nresource='c'\noutcome='maybe'", "maybe"),
        ("[[expect]]\nuser='a'\nactivity='b'\nresource='c'\noutcome='denied'\ncolour='red'", "colour"),
        ("not toml", "not a file of expectations"),
    ],
)
def test_a_file_that_is_none(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read(text)


RULES = """
[[policy]]
name = "Office"
users = ["Alice"]
activities = ["Linux sudo"]
resources = ["web01"]
allow_from = ["10.0.0.0/8", "192.0.2.1-192.0.2.9", "2001:db8::1"]
deny_from = ["10.9.9.9"]
windows = [{weekdays = "Thursday", from_time = "11:00", to_time = "13:00", time_zone = "UTC"}]

[[expect]]
user = "Alice"
activity = "Linux sudo"
resource = "web01"
address = "10.1.2.3"
at = 2026-11-26T12:00:00Z
outcome = "allowed"

[[expect]]
user = "Alice"
activity = "Linux sudo"
resource = "web01"
address = "10.9.9.9"
outcome = "denied"
missing = "allowed address"

[[expect]]
user = "Alice"
activity = "Linux sudo"
resource = "web01"
at = 2026-11-26T14:00:00Z
outcome = "denied"
missing = "access window"
"""


def test_from_where_and_when() -> None:
    written = read(RULES)
    ask = from_file(written)
    assert [difference(one, ask(one)) for one in written.expect] == [None, None, None]
    with pytest.raises(Invalid, match="between 2000 and 2200"):
        ask(
            Question(
                user="Alice", activity="Linux sudo", resource="web01", at=dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
            )
        )


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ('"10.9.9.9"', '"10.9.9"', "“Office”: address must be"),
        ('"Thursday"', '"Thirstday"', "“Office”: weekdays must be"),
        ("12:00:00Z", "12:00:00", "timezone component"),
    ],
)
def test_wrong_rules_are_said_before_anything_is_asked(right: str, wrong: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read(RULES.replace(right, wrong))


SECRETS = """
[groups]
operators = ["Alice", "Bob"]
safe = ["deploy", "Corp\\\\root"]

[[policy]]
name = "Deployers"
users = ["operators"]
credentials = ["safe"]
notes_required = true

[[policy]]
name = "Hosts"
users = ["Eve"]
activities = ["Linux sudo"]
resources = ["safe"]

[[expect]]
user = "alice"
credential = "Deploy"
outcome = "denied"
missing = "notes"

[[expect]]
user = "Bob"
credential = "corp\\\\ROOT"
note = "release 7"
outcome = "allowed"
decided_by = "Deployers"

[[expect]]
user = "Bob"
credential = "backup"
note = "release 7"
outcome = "denied"
missing = "access policy"

[[expect]]
user = "Eve"
credential = "deploy"
outcome = "denied"
missing = "access policy"
"""


def test_a_credential_by_its_policies_alone() -> None:
    written = read(SECRETS)
    ask = from_file(written)
    assert [difference(one, ask(one)) for one in written.expect] == [None] * 4
    assert ask(written.expect[2]).reason == "no access policy gives you this credential"
    asked = Question(user="Bob", activity="Linux sudo", resource="deploy", note="n")
    assert ask(asked).missing == "access policy"
    wrong = msgspec.structs.replace(written.expect[1], outcome="denied")
    assert difference(wrong, ask(wrong)) == (
        "Bob, the credential corp\\ROOT: allowed, not denied: the access policy “Deployers” says so"
    )


def test_a_policy_of_a_file_gives_one_or_the_other() -> None:
    for word in ("activities", "resources"):
        with pytest.raises(Invalid, match="“Deployers”: it gives activities on resources, or credentials"):
            read(SECRETS.replace("notes_required = true", f'{word} = ["x"]'))
