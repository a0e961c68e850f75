"""The grammar of direct-connect names (PRX-03) and of bound addresses."""

from __future__ import annotations

from urllib.parse import quote, unquote, unquote_plus
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.gateway.ssh.names import is_bare, login_of, parse
from locum.kit.errors import Invalid
from locum.sessions.address import user_part
from locum.sessions.connections import Wanted

SESSION = UUID("0193a7d2-5b7c-7e1a-9f00-0123456789ab")


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("alice+Linux_sudo+web01", Wanted("alice", "Linux_sudo", "web01")),
        ("alice+Linux sudo+web01+Night shift", Wanted("alice", "Linux sudo", "web01", "Night shift")),
        ("alice+a+b+policy+some notes", Wanted("alice", "a", "b", "policy", "some notes")),
        ("alice+a+b++notes", Wanted("alice", "a", "b", None, "notes")),
        ("alice+a+b++notes+with+plus", Wanted("alice", "a", "b", None, "notes+with+plus")),
        ("alice+a+b+", Wanted("alice", "a", "b")),
        ("\\alice+a+b", Wanted("alice", "a", "b")),
        ("CORP\\alice+a+b", Wanted("CORP\\alice", "a", "b")),
        ("\\CORP\\alice+a+b", Wanted("CORP\\alice", "a", "b")),
        ("alice@corp.example+a+b", Wanted("alice@corp.example", "a", "b")),
        ("alice+a+b+~notauuid", Wanted("alice", "a", "b", "~notauuid")),
        (f"alice+a+b+~{SESSION}", Wanted("alice", "a", "b", session_id=SESSION)),
        (f"alice+Linux_sudo+web01+~{SESSION.hex}", Wanted("alice", "Linux_sudo", "web01", session_id=SESSION)),
        (f"alice a b ~{SESSION}", Wanted("alice", "a", "b", session_id=SESSION)),
        (f"john smith a b ~{SESSION}", Wanted("john smith", "a", "b", session_id=SESSION)),
        (f"alice%2Ba%2bb%2B~{SESSION}", Wanted("alice", "a", "b", session_id=SESSION)),
        (f"CORP%5Calice+a+b+~{SESSION}", Wanted("CORP\\alice", "a", "b", session_id=SESSION)),
        ("alice Linux_sudo web01", Wanted("alice", "Linux_sudo", "web01")),
        ("alice:Linux_sudo:web01", Wanted("alice", "Linux_sudo", "web01")),
        ("alice:a:b:policy:some:notes", Wanted("alice", "a", "b", "policy", "some:notes")),
        ("alice:a:b::notes", Wanted("alice", "a", "b", None, "notes")),
        ("CORP\\alice:a:b", Wanted("CORP\\alice", "a", "b")),
        ("alice+sudo: root+b", Wanted("alice", "sudo: root", "b")),
        ("alice:a b:c d", Wanted("alice", "a b", "c d")),
        (f"\\alice+a+b+~{SESSION}", Wanted("alice", "a", "b", session_id=SESSION)),
    ],
)
def test_says_what_to_open(typed: str, wanted: Wanted) -> None:
    assert parse(typed) == wanted
    assert login_of(typed) == wanted.user


@pytest.mark.parametrize(
    ("typed", "login"),
    [
        ("alice", "alice"),
        ("\\alice", "alice"),
        ("alice+a", "alice"),
        ("alice+a+", "alice"),
        ("alice++b", "alice"),
        ("alice:a", "alice"),
        ("alice::b", "alice"),
        ("+a+b", ""),
        ("", ""),
        (f"alice+~{SESSION}", "alice"),
        (f"alice ~{SESSION}", f"alice ~{SESSION}"),
        ("alice+a\n+b", "alice"),
        (f"alice%00+a+b+~{SESSION}", "alice%00"),
    ],
)
def test_names_the_person_and_shows_the_form_where_the_rest_is_missing(typed: str, login: str) -> None:
    assert login_of(typed) == login
    with pytest.raises(Invalid, match=r"user\+activity\+resource|control characters"):
        parse(typed)


@given(st.text(max_size=300))
def test_any_text_is_parsed_or_refused(typed: str) -> None:
    try:
        wanted = parse(typed)
    except Invalid:
        assert isinstance(login_of(typed), str)
    else:
        assert wanted.user
        assert wanted.activity
        assert wanted.resource


names = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30)


@given(user=names, activity=names, resource=names)
def test_a_bound_address_survives_clients_that_decode_urls_and_those_that_do_not(
    user: str, activity: str, resource: str
) -> None:
    session_id = uuid4()
    address = user_part(user, activity, resource, session_id)
    wanted = Wanted(user, activity.replace(" ", "_"), resource.replace(" ", "_"), session_id=session_id)
    assert address.count("+") == 3
    assert not set(address) & set(' @:/?#[]\\"<>')
    if not user.startswith("\\"):  # one is dropped, as some clients add one
        for as_sent in (address, quote(address, safe=""), unquote_plus(address)):
            assert parse(as_sent) == wanted, as_sent


@given(user=names.filter(lambda name: not set(name) & set("+%\\")), other=names)
def test_a_client_that_decodes_all_but_the_plus_still_reaches_the_session(user: str, other: str) -> None:
    session_id = uuid4()
    wanted = parse(unquote(user_part(user, other, "web01", session_id)))
    assert (wanted.user, wanted.session_id) == (user, session_id)


@pytest.mark.parametrize("name", ["alice", "\\alice", "CORP\\alice", "alice@corp.example", "john smith"])
def test_a_name_that_says_nothing_of_what_to_open(name: str) -> None:
    assert is_bare(name)


@pytest.mark.parametrize(
    "name", ["", "\\", " ", "alice+a", "alice:a", "alice+a+b", "alice a b", "a\x1b", f"alice ~{SESSION}", "alice+"]
)
def test_a_name_that_tries_to_say_it(name: str) -> None:
    assert not is_bare(name)
