"""The line in a terminal when Enter is pressed, from the keys and from what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.gateway.ssh.command_line import LONGEST, CommandLine, ShownLine, TypedLine


def typed(*pieces: bytes) -> str:
    line = TypedLine()
    for piece in pieces:
        line.take(piece)
    return line.text


def shown(*pieces: bytes, width: int = 80) -> str:
    line = ShownLine(width)
    for piece in pieces:
        line.take(piece)
    return line.text


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (b"ls -l", "ls -l"),
        (b"lx\x7fs\x08s", "ls"),
        (b"\x7f\x7frm", "rm"),
        (b"rm x\x15ls", "ls"),
        (b"m\x01r\x05 x", "rm x"),
        (b"m x\x1b[Hr", "rm x"),
        (b"ab\x1b[D\x1b[DX\x1b[CY", "XaYb"),
        (b"ab\x02\x02\x06X", "aXb"),
        (b"one two\x17three", "one three"),
        (b"one/two\x1b\x7fthree", "one/three"),
        (b"one two\x01\x1bf!\x1bd", "one!"),
        (b"one two\x1bbx", "one xtwo"),
        (b"abc\x01\x04\x1b[3~", "c"),
        (b"abc\x02\x0b", "ab"),
        (b"rm x\x03ls", "ls"),
        (b"first\x1b[Asecond", "second"),
        ("größe 中".encode(), "größe 中"),
        (b"\x1b[200~rm a\rrm b\x1b[201~", "rm a\nrm b"),
        (b"a\x1b]b", "ab"),
    ],
)
def test_keys_make_and_change_the_line(keys: bytes, text: str) -> None:
    assert typed(keys) == text
    assert typed(*(bytes([key]) for key in keys)) == text  # however they arrive


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (b"$ rm x", "$ rm x"),
        (b"before\r\n$ ls\r\n$ rm", "$ rm"),
        (b"$ rx\b\x1b[Km", "$ rm"),
        (b"$ m\b\x1b[1@r", "$ rm"),
        (b"$ xrm\x1b[3D\x1b[1P", "$ rm"),
        (b"\x1b]0;title\x07\x1b[01;32mme\x1b[00m$ rm", "me$ rm"),
        (b"long old text\r$ ls\x1b[K", "$ ls"),
        (b"abc\x1b[2Dx\x1b[Cy", "axcy"),
        (b"abc\x1b[1Gx", "xbc"),
        (b"a\tb", "a       b"),
        (b"$ \x1b[H\x1b[2J$ rm", "$ rm"),
        (b"\x1b[?1049hrm -rf /", ""),
        (b"\x1b[?1049hvi\x1b[?1049l$ rm", "vi$ rm"),
    ],
)
def test_what_is_shown_is_read_as_a_terminal_does(output: bytes, text: str) -> None:
    assert shown(output) == text
    assert shown(*(bytes([one]) for one in output)) == text


def test_a_line_goes_on_in_the_next_row() -> None:
    # As readline has it: the row is full, a space and a return take the cursor to the next one.
    assert shown(b"$ 34567890 \rabc", width=10) == "$ 34567890abc"
    assert shown(b"$ 34567890 \rabc", b"\x1b[A\rX\nY", width=10) == "X 34567890aYc"


@given(st.lists(st.binary(max_size=20), max_size=8))
def test_nothing_is_too_strange(pieces: list[bytes]) -> None:
    line = CommandLine(7)
    for piece in pieces:
        line.type(piece)
        line.shown.take(piece)
        assert all(len(command) <= LONGEST for command in line.commands())


def test_there_is_an_end_to_what_is_kept() -> None:
    line = CommandLine(80)
    for _ in range(10):
        line.type(b"x" * 5000)
        line.shown.take(b"y" * 5000)
    assert {len(command) for command in line.commands()} == {LONGEST}


def test_the_prompt_is_taken_off() -> None:
    line = CommandLine(80)
    line.shown.take(b"root@production# ")
    line.type(b"\x1b[A")
    assert line.typed.uncertain
    line.shown.take(b"rm -rf /srv")
    assert line.commands() == ["rm -rf /srv"]
    line.run()
    assert line.commands() == []


def test_a_prompt_that_came_later_is_guessed() -> None:
    line = CommandLine(80)
    line.shown.take(b"still here")
    line.type(b"rm x")
    line.shown.take(b"\r\nroot@production# rm x")
    assert line.commands() == ["rm x", "root@production# rm x"]


def test_of_what_may_be_a_secret_only_what_is_shown_counts() -> None:
    line = CommandLine(80)
    line.shown.take(b"Password: ")
    line.type(b"hunter2", hidden=True)
    assert (line.commands(), line.typed.uncertain) == ([], True)
    line.shown.take(b"rm x")
    assert line.commands() == ["rm x"]


def test_a_pasted_line_end_runs_something_unless_the_shell_asked_for_pastes() -> None:
    line = CommandLine(80)
    line.type(b"\x1b[200~rm x")
    assert not line.pasting
    line.shown.take(b"\x1b[?2004h$ ")
    assert line.pasting
    line.type(b"\x1b[201~")
    assert not line.pasting
