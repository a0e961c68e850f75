"""The anchor file: only ever grows, survives crashes, and is read no further than asked."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.audit.anchors import AnchorsDamaged, append, read
from locum.audit.seal import Checkpoint, sign

KEY = Ed25519PrivateKey.generate()
AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ALL = [sign(KEY, seq, bytes([seq] * 32), AT) for seq in range(1, 41)]


def later_than(last: Checkpoint | None) -> list[Checkpoint]:
    """As the table gives them: a few at a time."""
    start = last.seq if last else 0
    return ALL[start : start + 7]


@pytest.fixture
def path(anchor_path: Path) -> Path:
    return anchor_path


def content(path: Path) -> list[Checkpoint | int]:
    return list(read(path, path.stat().st_size))


def test_everything_once_and_in_order(path: Path) -> None:
    append(path, later_than)
    append(path, later_than)
    assert content(path) == ALL


def test_it_goes_on_where_it_stopped(path: Path) -> None:
    append(path, lambda last: [] if last else ALL[:3])
    before = path.read_bytes()
    append(path, later_than)
    assert content(path) == ALL
    assert path.read_bytes().startswith(before)


def test_nothing_to_add_makes_an_empty_file(path: Path) -> None:
    append(path, lambda last: [])
    assert path.read_bytes() == b""


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_line_a_crash_cut_short_is_written_anew(path: Path, cut: int) -> None:
    append(path, later_than)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    left = content(path)
    assert left == ALL[: len(left)]
    assert len(left) in (38, 39)
    append(path, later_than)
    assert path.read_bytes() == whole


def test_a_file_that_is_nothing_but_a_cut_line(path: Path) -> None:
    path.write_bytes(b'{"seq":1,"ha')
    assert content(path) == []
    append(path, later_than)
    assert content(path) == ALL


@pytest.mark.parametrize("damage", [b"nonsense\n", b"{}\n", b"\xff\n", b"\n", b"x" * 5000])
def test_a_damaged_end_is_left_as_it_is(path: Path, damage: bytes) -> None:
    append(path, later_than)
    before = path.read_bytes() + damage
    path.write_bytes(before)
    with pytest.raises(AnchorsDamaged):
        append(path, later_than)
    assert path.read_bytes().startswith(before[: -len(damage)])


def test_damaged_lines_are_numbered(path: Path) -> None:
    append(path, later_than)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b'"seq":5', b'"seq": 5')  # not as written
    lines[9] = b"nonsense\n"
    path.write_bytes(b"".join(lines))
    assert [found for found in content(path) if isinstance(found, int)] == [5, 10]


def test_it_is_read_up_to_the_size_asked_for(path: Path) -> None:
    append(path, later_than)
    half = len(b"".join(msgspec.json.encode(checkpoint) + b"\n" for checkpoint in ALL[:20]))
    assert list(read(path, half)) == ALL[:20]


def test_two_at_once_do_not_write_twice(path: Path) -> None:
    threads = [threading.Thread(target=append, args=(path, later_than)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert content(path) == ALL
