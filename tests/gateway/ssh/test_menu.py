"""The menu: what keys make of a line, and lines of a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.gateway.ssh.menu import LINE_LIMIT, Leave, Line, Menu, Open, Show

ROWS = [("Linux shell", f"web{number:02}") for number in range(15)]


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        (b"12\r", ["12"]),
        (b"ab\x7fc\r", ["ac"]),
        (b"\x7f\x7fa\r", ["a"]),
        (b"abc\x15d\r\r", ["d", ""]),
        (b"a\x03", [None]),
        (b"\x04", [None]),
        ("wéb\r".encode(), ["wéb"]),
        (b"\x1b[Aa\r", ["[Aa"]),
        (b"\xff\r", ["\ufffd"]),
        (b"x" * 500 + b"\r", ["x" * LINE_LIMIT]),
    ],
)
def test_keys_make_lines(keys: bytes, lines: list[str | None]) -> None:
    whole, single = Line(), Line()
    assert whole.typed(keys)[1] == lines
    assert [line for key in keys for line in single.typed(bytes((key,)))[1]] == lines


@given(st.binary(max_size=100))
def test_what_is_typed_is_shown_without_controls(keys: bytes) -> None:
    echo, _ = Line().typed(keys)
    assert not set(echo) & (set(map(chr, range(32))) - set("\r\n\b"))


def test_pages_follow_each_other_and_numbers_go_on() -> None:
    menu = Menu()
    text = menu.page(Show(), ROWS, 32)
    assert "     1  Linux shell on web00\r\n" in text
    assert "1–15 of 32: a number opens" in text
    assert menu.answer("") == Show("", 15)
    assert menu.answer("15") == Open(14)
    assert menu.answer("16") == "there is no 16 in this list; /16 searches for it"
    menu.page(Show("", 30), ROWS[:2], 32)
    assert menu.answer(" 31 ") == Open(0)
    assert menu.answer("1") == "there is no 1 in this list; /1 searches for it"
    assert menu.answer("") == Show("", 0)


def test_text_narrows_and_goes_on_in_what_it_found() -> None:
    menu = Menu()
    assert menu.answer("web 1") == Show("web 1")
    assert menu.answer("/01") == Show("01")
    assert menu.answer("/") == Show()
    assert "1–15 of 20 with “web”" in menu.page(Show("web"), ROWS, 20)
    assert menu.answer("") == Show("web", 15)
    assert "nothing with “x” that you may open" in menu.page(Show("x"), [], 0)
    assert menu.answer("") == Show("x", 0)


@pytest.mark.parametrize("line", [None, "q", " Q ", "quit", "exit"])
def test_who_wants_to_leave_leaves(line: str | None) -> None:
    assert isinstance(Menu().answer(line), Leave)


def test_names_are_shown_without_controls() -> None:
    """SEC-22."""
    text = Menu().page(Show("\x1b[2J"), [("a\x1b[31m", "b\u202e\r\n")], 1)
    assert "\x1b" not in text
    assert "1  a\ufffd[31m on b\ufffd\ufffd\ufffd\r\n" in text
