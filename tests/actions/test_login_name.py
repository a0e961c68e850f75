"""What people's logins are called on each platform, and which names are refused."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.actions.login_name import Named, checked, from_template, mask_values, own_login
from locum.actions.login_template import MASKS
from locum.connectors.linux_steps import LOGIN
from locum.kit.errors import Invalid

ADA = Named(
    name="EXAMPLE\\ada",
    sam_account_name="AdaL",
    user_principal_name="ada@corp.example.org",
    email="ada.lovelace@example.org",
    department="Engines",
    display_name="Ada King Lovelace",
    resource_name="web one",
    resource_dns_name="web01.example.org",
    session_id="0a1b2c3d-0000-4000-8000-000000000001",
)
NOBODY = Named("eve", None, None, None, None, None, "web01", None, "0a1b2c3d-0000-4000-8000-000000000001")


def test_every_mask_stands_for_something() -> None:
    values = mask_values(ADA)
    assert set(values) == MASKS
    assert values == {
        "domain": "EXAMPLE",
        "targetdomain": "example.org",
        "targetdomainname": "example.org",
        "samaccountname": "AdaL",
        "userprincipalname": "ada@corp.example.org",
        "upn-username": "ada",
        "upn-domain": "corp.example.org",
        "email": "ada.lovelace@example.org",
        "email-username": "ada.lovelace",
        "email-domain": "example.org",
        "department": "Engines",
        "displayname": "Ada King Lovelace",
        "fullname": "Ada King Lovelace",
        "firstname": "Ada",
        "lastname": "King Lovelace",
        "hostname": "web01",
        "dnshostname": "web01.example.org",
        "fqdn": "web01.example.org",
        "sessionid": "0a1b2c3d000040008000000000000001",
    }


def test_what_nothing_is_known_of_is_empty() -> None:
    values = mask_values(NOBODY)
    assert {mask for mask, value in values.items() if value} == {
        "samaccountname", "hostname", "dnshostname", "fqdn", "sessionid"
    }  # fmt: skip
    assert values["samaccountname"] == "eve"
    assert mask_values(replace(NOBODY, name="eve@example.org"))["samaccountname"] == "eve"


@pytest.mark.parametrize(
    ("connector", "template", "login"),
    [
        ("linux", "adm-%samaccountname%", "adm-adal"),
        ("linux", "%first(%samaccountname%,4)/first%_%first(%sessionid%,8)/first%", "adal_0a1b2c3d"),
        ("postgresql", "adm %samaccountname%", "adm AdaL"),
        ("mariadb", "%domain%\\%samaccountname%", "EXAMPLE\\AdaL"),
    ],
)
def test_a_template_makes_a_name(connector: str, template: str, login: str) -> None:
    assert from_template(template, ADA, connector) == login


@pytest.mark.parametrize(
    ("number", "login"),
    [(0, "EXAMPLE\\AdaL"), (1, "ada@corp.example.org"), (2, "ada.lovelace@example.org"), (3, "AdaL")],
)
def test_a_person_has_an_account_of_their_own(number: int, login: str) -> None:
    assert own_login(number, None, ADA, "mariadb") == login


def test_a_custom_name_is_the_template_s() -> None:
    assert own_login(4, "x%firstname%", ADA, "linux") == "xada"
    with pytest.raises(Invalid, match="has none"):
        own_login(4, None, ADA, "linux")
    with pytest.raises(Invalid, match="no account can have"):
        own_login(1, None, NOBODY, "linux")


@pytest.mark.parametrize(
    ("connector", "login"),
    [
        *(("linux", name) for name in ("", "1a", "a b", "a" * 33, "dom\\a", "a.b", "ä", "a\n", "-rf", "$(id)")),
        *(("postgresql", name) for name in ("", "x" * 64, "ä" * 32, "pg_monitor", "a\0b", "a\nb")),
        *(("mariadb", name) for name in ("", "x" * 81, "a\x1bb", "a\u2028b", "\ud800")),
    ],
)
def test_what_a_platform_does_not_take_is_refused(connector: str, login: str) -> None:
    with pytest.raises(Invalid, match="no account can have") as refused:
        checked(login, connector)
    assert login not in refused.value.detail or len(login) < 2


@given(st.text(max_size=40))
def test_a_name_for_linux_is_one_that_the_connector_takes(text: str) -> None:
    with suppress(Invalid):
        assert LOGIN.fullmatch(checked(text, "linux"))
