"""Export: asciicast v2 that the standard player takes, with the bytes as they passed."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.kit.errors import NotFound, TooLarge
from locum.recordings import cast
from locum.recordings.format import Event, Opening
from locum.recordings.reader import Damaged, Playback
from locum.vault.secret import Secret
from recorded import DATA_KEY, OPENING, container, frames, playback


def cast_of(*events: Event, with_input: bool = False, opening: Opening = OPENING) -> list[Any]:
    """The lines of the cast of these events, each in a chunk of its own."""
    played = playback(container(*events))
    played.opening = opening
    return [json.loads(line) for line in cast.lines(played, with_input=with_input)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "x.locrec"


def test_the_first_line_says_what_the_player_needs() -> None:
    assert cast_of() == [
        {
            "version": 2,
            "width": 80,
            "height": 24,
            "timestamp": 1_700_000_000,
            "title": "kim: Linux sudo on web01",
            "env": {"TERM": "xterm"},
        }
    ]


@pytest.mark.parametrize(
    ("said", "shown"), [((0, 0), (80, 24)), ((132, 0), (132, 24)), ((-5, 2**32), (80, 1000)), ((1, 1), (1, 1))]
)
def test_a_size_no_player_can_show_is_clamped(said: tuple[int, int], shown: tuple[int, int]) -> None:
    header, event = cast_of(Event(1.0, "r", b"%dx%d" % (abs(said[0]), said[1])), opening=Opening(*said, 0))
    assert (header["width"], header["height"]) == shown
    assert "title" not in header
    if said[0] >= 0:
        assert event == [1.0, "r", "{}x{}".format(*shown)]


def test_text_of_others_is_escaped_and_cut() -> None:
    """SEC-22."""
    header, marker = cast_of(
        Event(1.0, "m", b"\x1b]0;x\x07 \xff"), opening=Opening(80, 24, 0, "\x1b[2J\u202e" + "x" * 9999, "\x9b")
    )
    assert header["title"].startswith("\\x1b[2J\\u202exxx")
    assert len(header["title"]) < 300
    assert header["env"] == {"TERM": "\\x9b"}
    assert marker == [1.0, "m", "\\x1b]0;x\\x07 \ufffd"]


def test_a_size_that_is_none_is_left_out() -> None:
    assert (
        cast_of(Event(1.0, "r", b"wide"), Event(1.0, "r", b"80x24\n"), Event(1.0, "r", b"1" * 99 + b"x1"))[1:]
        == []
    )


def test_stderr_is_shown_as_output_and_input_only_when_asked_for() -> None:
    events = [Event(1.0, "i", b"pw\r"), Event(2.0, "o", b"out"), Event(3.0, "e", b"err")]
    assert cast_of(*events)[1:] == [[2.0, "o", "out"], [3.0, "o", "err"]]
    assert cast_of(*events, with_input=True)[1:] == [[1.0, "i", "pw\r"], [2.0, "o", "out"], [3.0, "o", "err"]]


def test_a_character_split_over_reads_is_whole_again() -> None:
    euro = "€".encode()
    events = [
        Event(1.0, "o", b"a" + euro[:1]),
        Event(1.5, "e", "é".encode()[:1]),  # stderr between the halves of a character of stdout
        Event(2.0, "o", euro[1:2]),
        Event(2.5, "e", "é".encode()[1:]),
        Event(3.0, "o", euro[2:] + b"b"),
    ]
    assert cast_of(*events)[1:] == [[1.0, "o", "a"], [2.5, "o", "é"], [3.0, "o", "€b"]]


def test_bytes_that_are_no_text_show_as_replaced() -> None:
    halves = [Event(1.0, "o", b"\xff\xfe"), Event(2.0, "o", b"\xe2\x82"), Event(2.0, "i", b"\xe2")]
    assert cast_of(*halves)[1:] == [[1.0, "o", "\ufffd\ufffd"], [2.0, "o", "\ufffd"]]
    assert cast_of(*halves, with_input=True)[-1] == [2.0, "i", "\ufffd"]


@given(st.text(), st.lists(st.integers(0, 200)))
def test_text_cut_anywhere_comes_back(text: str, cuts: list[int]) -> None:
    raw = text.encode()
    places = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    events = [Event(1.0, "o", raw[start:end]) for start, end in itertools.pairwise(places)]
    assert "".join(line[2] for line in cast_of(*events)[1:]) == text


def test_the_standard_player_prints_the_bytes_that_passed(source: Path, tmp_path: Path) -> None:
    output = '\x1b[32mżółw 東京\x1b[0m \u2028 \x7f\x00 "quoted" back\\slash\r\n'.encode() * 50
    pieces = [output[start : start + 7] for start in range(0, len(output), 7)]
    events = [Event(number / 1000, "o", piece) for number, piece in enumerate(pieces)]
    events[10:10] = [Event(0.01, "r", b"0x0"), Event(0.01, "m", b"here"), Event(0.01, "i", b"typed")]
    source.write_bytes(b"".join(frames([events, [Event(1.0, "e", b"from stderr\n")]])))
    target = tmp_path / "out.cast"
    cast.export(source, DATA_KEY, target, with_input=True)
    # The player wants a terminal of its own and a UTF-8 locale; what it prints goes past the terminal to a file.
    player = pexpect.spawn(
        "sh",
        ["-c", 'asciinema cat "$0" > "$1"', str(target), str(tmp_path / "shown")],
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        timeout=30,
    )
    player.expect(pexpect.EOF)
    player.close()
    assert (player.exitstatus, player.before) == (0, b"")
    assert (tmp_path / "shown").read_bytes() == output + b"from stderr\n"


def test_export_is_for_its_owner_only_and_leaves_nothing_else(source: Path, tmp_path: Path) -> None:
    source.write_bytes(container(Event(1.0, "o", b"x")))
    directory = tmp_path / "out"
    directory.mkdir()
    (directory / "x.cast").write_text("older")
    (directory / "x.cast").chmod(0o644)
    cast.export(source, DATA_KEY, directory / "x.cast")
    assert (directory / "x.cast").stat().st_mode & 0o777 == 0o600
    assert (directory / "x.cast").read_bytes() == b"".join(cast.lines(playback(source.read_bytes())))
    assert [path.name for path in directory.iterdir()] == ["x.cast"]


def test_a_link_at_the_target_is_replaced_and_not_followed(source: Path, tmp_path: Path) -> None:
    source.write_bytes(container(Event(1.0, "o", b"x")))
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "x.cast").symlink_to(tmp_path / "precious")
    cast.export(source, DATA_KEY, tmp_path / "x.cast")
    assert (tmp_path / "precious").read_text() == "kept"


def test_an_unfinished_recording_plays_up_to_its_last_chunk(source: Path, tmp_path: Path) -> None:
    source.write_bytes(container(Event(1.0, "o", b"one"), Event(2.0, "o", b"two"), reason=None)[:-1])
    cast.export(source, DATA_KEY, tmp_path / "x.cast")
    assert (tmp_path / "x.cast").read_bytes().splitlines()[1:] == [b'[1.0,"o","one"]']


def test_of_a_damaged_recording_the_good_part_is_kept_and_the_damage_told(source: Path, tmp_path: Path) -> None:
    parts = frames([[Event(1.0, "o", b"one")], [Event(2.0, "o", b"two")]])
    source.write_bytes(b"".join([*parts[:3], parts[3][:20] + b"!" + parts[3][21:], parts[4]]))
    with pytest.raises(Damaged, match="frame 3"):
        cast.export(source, DATA_KEY, tmp_path / "x.cast")
    assert (tmp_path / "x.cast").read_bytes().splitlines()[1:] == [b'[1.0,"o","one"]']


def test_what_can_not_be_opened_writes_nothing(source: Path, tmp_path: Path) -> None:
    directory = tmp_path / "out"
    directory.mkdir()
    source.write_bytes(container())
    with pytest.raises(Damaged):
        cast.export(source, Secret(bytes(32)), directory / "x.cast")
    with pytest.raises(NotFound):
        cast.export(tmp_path / "missing", DATA_KEY, directory / "x.cast")
    assert list(directory.iterdir()) == []


def test_lines_come_one_by_one(source: Path) -> None:
    """So that an export of gigabytes needs the memory of one chunk."""
    source.write_bytes(b"".join(frames([[Event(float(number), "o", b"x" * 1000)] for number in range(100)])))
    with source.open("rb") as file:
        lines = cast.lines(Playback(file, DATA_KEY))
        next(lines), next(lines)
        assert file.tell() < source.stat().st_size / 2


def test_as_text_it_is_the_export_without_what_was_typed_up_to_a_limit(source: Path, tmp_path: Path) -> None:
    source.write_bytes(container(Event(1.0, "i", b"typed"), Event(2.0, "o", b"x" * 100)))
    cast.export(source, DATA_KEY, tmp_path / "x.cast")
    whole = (tmp_path / "x.cast").read_bytes()
    assert cast.text(source, DATA_KEY, limit=len(whole)) == whole
    with pytest.raises(TooLarge, match=f"over {len(whole) - 1} bytes"):
        cast.text(source, DATA_KEY, limit=len(whole) - 1)
    raw = source.read_bytes()
    source.write_bytes(raw[:-300] + bytes([raw[-300] ^ 1]) + raw[-299:])
    with pytest.raises(Damaged):
        cast.text(source, DATA_KEY, limit=10_000)
    with pytest.raises(NotFound):
        cast.text(tmp_path / "none.locrec", DATA_KEY, limit=10_000)
