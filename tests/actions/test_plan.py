"""Login names a Linux host accepts, and steps in the order their undo can rely on."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.actions.plan import login_name, steps


@pytest.mark.parametrize(
    ("person", "login"),
    [
        ("alice", "alice-abcd2345"),
        ("DOM\\Alice.Smith", "alicesmith-abcd2345"),
        ("bob@example.org", "bob-abcd2345"),
        ("42", "u42-abcd2345"),
        ("-rf", "rf-abcd2345"),
        ("Ωμέγα", "u-abcd2345"),
        ("x" * 100, "x" * 23 + "-abcd2345"),
    ],
)
def test_names(person: str, login: str) -> None:
    assert login_name(person, "abcd2345") == login


@given(st.text(max_size=300))
def test_any_person_gets_a_name_that_linux_takes(person: str) -> None:
    assert re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", login_name(person, "abcd2345"))


def test_the_account_comes_first_and_so_goes_last() -> None:
    planned = steps(login="a-b", public_key="ssh-ed25519 A", actions=[("sudoers", {"commands": "ALL"})])
    assert [kind for kind, _ in planned] == ["account", "authorized_key", "sudoers"]
    assert planned[2][1] == {"login": "a-b", "commands": "ALL"}
