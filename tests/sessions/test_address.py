"""The address of a session says again what it was made of, whatever the names are."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from locum.gateway.ssh.names import parse
from locum.sessions.address import ssh_url, user_part

ID = UUID("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)


def test_the_usual_case() -> None:
    assert ssh_url("ada", "Linux sudo", "web01", ID, gateway="pam.example.org:4422") == (
        f"ssh://ada+Linux_sudo+web01+~{ID}@pam.example.org:4422"
    )


def test_a_link_that_spares_the_sign_in() -> None:
    token = "Zz9_-" + "a" * 38
    url = ssh_url("ada", "Linux sudo", "web01", ID, gateway="pam.example.org:4422", token=token)
    assert url == f"ssh://ada+Linux_sudo+web01+~{ID}.{token}@pam.example.org:4422"
    for name in (urlsplit(url).username or "", f"ada Linux_sudo web01 ~{ID}.{token}"):
        found = parse(name)
        assert (found.user, found.session_id) == ("ada", ID)
        assert found.token is not None
        assert found.token.reveal_text() == token
        assert token not in repr(found)
        assert parse(name[:-44]) == parse(name[:-43]) == replace(found, token=None)


def test_names_that_a_url_cannot_hold() -> None:
    made = user_part("CORP\\ada@example.org", "a+b", "50% ö/é?#", ID)
    assert made == f"CORP%5Cada%40example.org+a%2Bb+50%25_%C3%B6%2F%C3%A9%3F%23+~{ID}"


@given(NAMES, NAMES, NAMES)
def test_the_gateway_reads_what_was_written(user: str, activity: str, resource: str) -> None:
    found = parse(user_part(user, activity, resource, ID))
    assert (found.user, found.session_id) == (user, ID)
    assert (found.activity, found.resource) == (activity.replace(" ", "_"), resource.replace(" ", "_"))


@given(NAMES, NAMES, NAMES)
def test_it_is_one_url(user: str, activity: str, resource: str) -> None:
    url = urlsplit(ssh_url(user, activity, resource, ID, gateway="[2001:db8::1]:4422"))
    assert (url.scheme, url.hostname, url.port, url.path, url.query) == ("ssh", "2001:db8::1", 4422, "", "")
    assert url.username == user_part(user, activity, resource, ID)
