"""What may go to a target as a password or a name (SEC-18, SEC-19)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.connectors.base import TargetRefused
from locum.connectors.values import MOST_PASSWORD, account_name, has_controls, password_text, without
from locum.vault.secret import Secret


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=MOST_PASSWORD // 4)
)
def test_a_password_of_printable_characters_stays_what_it_is(text: str) -> None:
    assert password_text(Secret(text)) == text


@given(st.text(max_size=5), st.sampled_from("\n\r\0\t\x1b\x7f\x85\u2028\u2029"), st.text(max_size=5))
def test_a_control_character_anywhere_is_refused_and_not_shown(before: str, control: str, after: str) -> None:
    text = f"{before}{control}{after}".encode(errors="replace")
    with pytest.raises(TargetRefused, match="control character"):
        password_text(Secret(text))


@pytest.mark.parametrize(
    ("password", "words"),
    [
        (b"", "1 to 500 bytes"),
        (b"x" * 501, "1 to 500 bytes"),
        ("é" * 251, "1 to 500 bytes"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_password_has_limits(password: bytes | str, words: str) -> None:
    with pytest.raises(TargetRefused, match=words):
        password_text(Secret(password))


def test_the_longest_password_is_taken() -> None:
    assert password_text(Secret("é" * 250)) == "é" * 250


@pytest.mark.parametrize("name", ["", "x" * 11, "é" * 6, "a\nb", "a\0", "\ud800"])
def test_names_that_no_account_has_are_refused(name: str) -> None:
    with pytest.raises(TargetRefused):
        account_name(name, 10)


@pytest.mark.parametrize("name", ["x" * 10, "é" * 5, "'; --", '"', "\\", "%", "-rf", "$(id)"])
def test_any_other_name_is_a_name(name: str) -> None:
    account_name(name, 10)


def test_tabs_are_control_characters_and_spaces_are_not() -> None:
    assert has_controls("a\tb")
    assert not has_controls("a b\u00a0c")


def test_what_a_target_says_again_is_left_out() -> None:
    assert without("bad line: app:canary-1", "canary", "canary-1", "") == "bad line: app:…"
    assert without("no", "canary") == "no"
