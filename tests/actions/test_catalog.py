"""The kinds of steps there are, and which of them are said well."""

from __future__ import annotations

import uuid

import pytest

from locum.actions.catalog import CONNECTORS, TEMPLATES, checked_parameters, has_steps, template_for, template_of
from locum.actions.plan import AFTER, BEFORE, DURING
from locum.kit.errors import Invalid


def checked(connector: str, kind: str, given: dict[str, str], phase: int = BEFORE) -> dict[str, str]:
    template = template_for(connector, kind)
    assert template is not None
    return checked_parameters(template, given, phase)


def test_ids_are_theirs_alone() -> None:
    assert len({template.id for template in TEMPLATES}) == len(TEMPLATES)
    parameters = [t.parameter_id(p.name) for t in TEMPLATES for p in t.parameters]
    assert len(set(parameters)) == len(parameters)
    for template in TEMPLATES:
        assert template_of(template.id) is template
        assert template_for(template.connector, template.kind) is template
    assert {"linux", "postgresql", "mariadb"} == CONNECTORS
    assert template_for("postgresql", "sudoers") is None


def test_only_hosts_have_something_to_do_by_itself() -> None:
    assert [one for one in sorted(CONNECTORS) if has_steps(one, DURING)] == ["linux"]
    assert all(has_steps(one, BEFORE) for one in CONNECTORS)
    assert not has_steps("nosuch", BEFORE)


def test_defaults_are_filled_in() -> None:
    assert checked("linux", "sudoers", {}) == {"run_as": "ALL", "commands": "ALL", "nopasswd": "false"}
    assert checked("linux", "sudoers", {"commands": "/bin/ls", "nopasswd": "true"})["commands"] == "/bin/ls"
    assert checked("linux", "custom_script", {"script": "id"}, AFTER) == {"script": "id"}
    assert checked("postgresql", "role", {"role": "pg_monitor"}) == {"role": "pg_monitor"}
    grant = {"on": "database", "name": "orders", "privileges": "select, insert"}
    assert checked("mariadb", "grant", grant) == grant


@pytest.mark.parametrize(
    ("connector", "kind", "given", "phase", "words"),
    [
        ("linux", "group", {}, BEFORE, "needs group"),
        ("linux", "group", {"group": ""}, BEFORE, "needs group"),
        ("linux", "group", {"group": "a,b"}, BEFORE, "group name is malformed"),
        ("linux", "group", {"group": "users"}, AFTER, "can't be done in that part"),
        ("linux", "group", {"group": "users", "login": "root"}, BEFORE, "has no such parameter; it has group"),
        ("linux", "sudoers", {"commands": "reboot"}, BEFORE, "absolute paths"),
        ("linux", "sudoers", {"nopasswd": "yes"}, BEFORE, "nopasswd must be one of true, false"),
        ("linux", "custom_script", {"script": "x" * 16385}, DURING, "16384 bytes"),
        ("linux", "custom_script", {"script": "id", "run_as": "Not A Login"}, DURING, "run as is malformed"),
        ("linux", "custom_script", {"script": "id", "user": "x"}, DURING, "has no such parameter"),
        ("linux", "custom_script", {"script": "id", "repeatable": "maybe"}, DURING, "repeatable must be one of"),
        ("linux", "file_monitor", {"path": "etc/passwd"}, BEFORE, "absolute path"),
        ("linux", "file_monitor", {"path": "/etc/passwd", "on_missing": "shrug"}, BEFORE, "one of warn, fail"),
        ("postgresql", "role", {"role": "x" * 64}, BEFORE, "1 to 63 bytes"),
        ("postgresql", "grant", {"on": "planet", "privileges": "x"}, BEFORE, "on must be one of"),
        (
            "postgresql",
            "grant",
            {"on": "schema", "name": "s", "privileges": "SELECT"},
            BEFORE,
            "the privileges on a",
        ),
        ("postgresql", "grant", {"on": "schema", "privileges": "USAGE"}, BEFORE, "account's name"),
        ("mariadb", "grant", {"on": "server", "privileges": "SUPER"}, BEFORE, "the privileges on a server"),
    ],
)
def test_what_is_not_said_well(connector: str, kind: str, given: dict[str, str], phase: int, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        checked(connector, kind, given, phase)
    assert refused.value.field == "actionParameter"


def test_an_unknown_kind() -> None:
    with pytest.raises(Invalid, match="names no kind of action"):
        template_of(uuid.uuid4())
