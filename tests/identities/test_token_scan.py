"""Keys in bytes that come in pieces: wherever they are cut, whatever is around them, and nothing else."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.identities.key_format import spelled
from locum.identities.token_scan import Found, TokenScan, mentions

KEY = spelled(3**160)
OTHER = spelled(5**100)
WRONG = KEY[:-1] + ("x" if KEY[-1] != "x" else "y")

keys = st.integers(min_value=0, max_value=2**256 - 1).map(spelled)


def scan(*pieces: bytes, look_alikes: bool = False) -> list[Found]:
    made = TokenScan(look_alikes=look_alikes)
    return [found for piece in pieces for found in made.feed(piece)]


def places(*pieces: bytes) -> list[tuple[int, int, str]]:
    return [(found.line, found.column, found.key.reveal_text()) for found in scan(*pieces)]


def cut(text: bytes, at: list[int]) -> list[bytes]:
    bounds = [0, *sorted(min(place, len(text)) for place in at), len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        '"{}"',
        "'{}'",
        "token={}&x=1",
        "\\n{}\\n",
        "locum_ak_{}",
        "x{}x",
        "{}0",
        "_{}_",
        "<{}>",
        "locum_ak_{}locum",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16", "latin-1"])
def test_whatever_is_around_a_key(around: str, encoding: str) -> None:
    (found,) = scan(around.format(KEY).encode(encoding))
    assert found.key.reveal_text() == KEY
    assert found.genuine
    assert found.end == KEY[-4:]


def test_in_a_url_and_in_binary() -> None:
    assert len(scan(quote(f'"{KEY}"=é').encode())) == 1
    assert len(scan(bytes(range(256)) + KEY.encode() + bytes(range(255, -1, -1)))) == 1


@pytest.mark.parametrize(
    "text",
    ["", "locum_ak_", KEY[:-1], KEY[1:], WRONG, KEY.upper(), KEY[:30] + "\n" + KEY[30:], KEY.replace("_", "%5F")],
)
def test_what_is_no_key(text: str) -> None:
    assert scan(text.encode()) == []
    assert scan(text.encode("utf-16")) == []


def test_a_look_alike_is_reported_only_when_asked_for() -> None:
    (found,) = scan(WRONG.encode(), look_alikes=True)
    assert not found.genuine
    both = scan(f"{WRONG}\n{KEY}".encode(), look_alikes=True)
    assert [(found.line, found.genuine) for found in both] == [(1, False), (2, True)]


def test_half_a_key_right_before_a_whole_one_hides_nothing() -> None:
    for length in range(len(KEY)):
        assert places((OTHER[:length] + KEY).encode()) == [(1, length + 1, KEY)]
        assert places((OTHER[:length] + KEY).encode("utf-16-le")) == [(1, length + 1, KEY)]


def test_lines_and_columns() -> None:
    text = f"first\n  {KEY}, {OTHER}\r\n\n\n{OTHER}"
    wanted = [(2, 3, KEY), (2, 5 + len(KEY), OTHER), (5, 1, OTHER)]
    assert places(text.encode()) == wanted
    assert places(text.encode("utf-16-le")) == wanted
    assert places(text.encode("utf-16-be")) == wanted


def test_both_kinds_of_text_in_one_file_come_in_order() -> None:
    assert places(KEY.encode("utf-16-le") + b"\n" + OTHER.encode() + b"\n" + KEY.encode("utf-16-be")) == [
        (1, 1, KEY),
        (2, 1, OTHER),
        (3, 1, KEY),
    ]


def test_a_line_longer_than_memory_allows_for() -> None:
    made = TokenScan()
    piece = b"locum_ak_" * 20_000
    for _ in range(50):
        assert made.feed(piece) == []
    (found,) = made.feed(KEY.encode())
    assert (found.line, found.column) == (1, 50 * len(piece) + 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_cut_at_every_byte(encoding: str) -> None:
    text = f"a\nb{KEY}c\n{OTHER}".encode(encoding)
    whole = places(text)
    assert len(whole) == 2
    for place in range(len(text) + 1):
        assert places(text[:place], text[place:]) == whole
    assert places(*(bytes([byte]) for byte in text)) == whole


filler = st.one_of(st.binary(max_size=200), st.sampled_from([b"locum_ak_", b"\n", b"\0l", KEY.encode()[:57]]))


@given(st.lists(st.tuples(filler, keys, st.sampled_from(["utf-8", "utf-16-le"])), max_size=4), filler, st.data())
def test_pieces_give_what_the_whole_gives(
    parts: list[tuple[bytes, str, str]], rest: bytes, data: st.DataObject
) -> None:
    text = b"".join(before + key.encode(encoding) for before, key, encoding in parts) + rest
    at = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
    whole = places(text)
    assert places(*cut(text, at)) == whole
    assert [key for _, _, key in whole] == [key for _, key, _ in parts]
    assert mentions(cut(text, at)) or not parts


@given(st.binary(max_size=2000))
def test_no_key_is_found_where_none_was_put(text: bytes) -> None:
    assert scan(text) == []


def test_what_may_hold_a_key_is_told_from_what_can_not() -> None:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        text = f"some {KEY}".encode(encoding)
        assert mentions([text])
        assert all(mentions([text[:place], text[place:]]) for place in range(len(text)))
    assert not mentions([])
    assert not mentions([b"locum_", b"", b"a", b"k", b"\0" * 300, b"l\0o\0c\0u\0m"])
