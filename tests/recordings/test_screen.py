"""What of a recorded terminal reaches the terminal of who watches: what draws, and nothing that does more (SEC-22)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.recordings.screen import Screen

_ALLOWED = re.compile(
    r"\x1b\[[0-9;:]*[@ABCDEFGHIJKLMPSTXZ`abdefgmrsu]|\x1b\[\??[0-9;]+[hl]|\x1b\[!p|\x1b\[\d* q"
    r"|\x1b[78DEHM]|\x1b[()][AB0]"
)


@pytest.mark.parametrize(
    "text",
    [
        "a line\r\n\tß 漢 \U0001f600\x08",
        "\x1b[1;31mred\x1b[0m \x1b[38:2::1:2:3mrgb\x1b[m",
        "\x1b[2J\x1b[H\x1b[10;20Hx\x1b[K\x1b[3P\x1b[2S\x1b[1T\x1b[5;20r\x1b[s\x1b[u",
        "\x1b(0lqk\x1b(B\x0e\x0f",
        "\x1b7\x1b8\x1bM\x1bD\x1bE\x1bH",
        "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?1049l\x1b[4h\x1b[4l",
        "\x1b[!p\x1b[4 q",
    ],
)
def test_what_draws_is_shown(text: str) -> None:
    assert Screen().show(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;title\x07", "\x1b]52;c;cm0gLXJm\x1b\\", "\x1b]8;;http://x\x1b\\", "\x1b]4;1;?\x9c",
        "\x1bP+q544e\x1b\\", "\x1bP$qm\x1b\\", "\x1b_Gi=1;AAAA\x1b\\", "\x1b^private\x1b\\", "\x1bXsos\x1b\\",
        "\x1b[c", "\x1b[>c", "\x1b[=c", "\x1b[5n", "\x1b[6n", "\x1b[?6n", "\x1bZ", "\x1b[?1$p", "\x1b[x", "\x1b[>q",
        "\x1b[21t", "\x1b[8;1;1t", "\x1b[3;0;0t", "\x1b[5i", "\x1b[?4i", "\x1b[3J",
        "\x1b[?1000h", "\x1b[?1006h", "\x1b[?1004h", "\x1b[?2004h", "\x1b[?1h", "\x1b[?3h", "\x1b[?2026h", "\x1b[20h",
        "\x1b=", "\x1b>", "\x1b[>1u", "\x1b[>4;2m", "\x1b[1;2;3;4;5T", "\x1b[99999999b", "\x1b[2;4s", "\x1b#8",
        "\x9b6n", "\x9d0;x\x07"[:1], "\x90"[:1], "\x05", "\x07", "\x00", "\x7f", "\x1b%G", "\x1b[1\x18",
    ],
)  # fmt: skip
def test_what_does_more_is_not(text: str) -> None:
    assert "\x1b" not in Screen().show(text)
    shown = Screen().show(f"a{text}b")
    assert shown.startswith("a")
    assert shown.endswith("b")
    assert not re.search(r"[\x1b\x80-\x9f\x07\x05\x7f]", shown)


def test_modes_that_draw_are_kept_out_of_a_list_with_others() -> None:
    assert Screen().show("\x1b[?25;1000;1049h") == "\x1b[?25;1049h"


def test_a_full_reset_only_clears() -> None:
    assert Screen().show("\x1bc") == "\x1b[!p\x1b[2J\x1b[H"


@pytest.mark.parametrize("opened", ["\x1b]0;", "\x1bP", "\x1b_", "\x1b^", "\x1bX"])
def test_a_string_left_open_hides_no_more_than_its_line(opened: str) -> None:
    assert Screen().show(f"a{opened}hidden\r\n$ rm file") == "a\r\n$ rm file"
    assert Screen().show(f"{opened}hidden\x1b[1mshown") == "\x1b[1mshown"


@pytest.mark.parametrize(
    ("before", "put_back"),
    [
        ("", ""),
        ("\x1b[?1049h", "\x1b[?1049l"),
        ("\x1b[?1049h\x1b[?1049l", ""),
        ("\x1b[?47h\x1b[?5;1048h", "\x1b[?1048;47;5l"),
        ("\x1b[?5h\x1b[?5l", ""),
    ],
)
def test_the_end_puts_back_what_was_set(before: str, put_back: str) -> None:
    screen = Screen()
    screen.show(before)
    assert screen.leave() == put_back + "\x1b[!p\x1b[0m\x1b[4l\x1b[?7h\x1b[?25h\x1b(B\x0f"


_PIECES = st.lists(
    st.one_of(
        st.text(max_size=4),
        st.sampled_from(["\x1b", "\x1b[", "\x1b]", "\x1bP", "\x9b", "?", ";", "25", "1000", "h", "6n", "m", "\n"]),
    ),
    max_size=30,
)


@given(_PIECES)
def test_nothing_else_comes_through_whatever_it_is_made_of(pieces: list[str]) -> None:
    shown = Screen().show("".join(pieces))
    assert not re.search(r"[\x00-\x07\x10-\x1f\x7f-\x9f]", _ALLOWED.sub("", shown))


@given(_PIECES)
def test_where_it_is_cut_makes_no_difference(pieces: list[str]) -> None:
    screen = Screen()
    assert "".join(screen.show(piece) for piece in pieces) == Screen().show("".join(pieces))
