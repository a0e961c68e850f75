"""The form of a backup: what was altered, moved, doubled, left out, added or cut off does not read."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import tracemalloc
from pathlib import Path

import pytest

from locum.kit.errors import Invalid, StartError
from locum.kit.ids import new_id
from locum.main import backup_format
from locum.main.backup_format import (
    CHUNK_BYTES,
    End,
    File,
    Head,
    Piece,
    Reader,
    Record,
    Row,
    Table,
    Writer,
    key_of,
)
from locum.vault.seal import new_key
from locum.vault.secret import Secret
from world import new_vault

KEY = Secret(bytes(range(32)))
RECORDS: list[Record] = [
    File("settings", ""),
    Piece(b"x = 1\n"),
    Table("thing", [("id", "uuid"), ("at", "time")]),
    Row([new_id().bytes, dt.datetime(2026, 11, 25, 1, 2, 3, 4, dt.UTC)]),
    Row([None, None]),
]
END = End(1, 2, 1)


def made(*, records: list[Record] = RECORDS, key: Secret = KEY) -> bytes:
    head = Head(new_id(), dt.datetime(2026, 11, 25, tzinfo=dt.UTC), "0.1", "0003", "wrapped")
    file = io.BytesIO()
    writer = Writer(file, head, key)
    for record in records:
        writer.add(record)
    writer.end(END)
    return file.getvalue()


def read(raw: bytes, key: Secret = KEY) -> list[Record]:
    return list(Reader(io.BytesIO(raw)).records(key))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Many chunks in few bytes."""
    monkeypatch.setattr(backup_format, "CHUNK_BYTES", 16)
    return made()


def chunks(raw: bytes) -> tuple[bytes, list[bytes]]:
    """The head, and each chunk with its front."""
    at = raw.index(b"\n", raw.index(b"\n") + 1) + 1
    head, found = raw[:at], []
    while at < len(raw):
        length = 5 + int.from_bytes(raw[at + 1 : at + 5], "big")
        found.append(raw[at : at + length])
        at += length
    return head, found


def test_what_was_written_is_read(small: bytes) -> None:
    assert read(small) == [*RECORDS, END]
    assert Reader(io.BytesIO(small)).head.schema == "0003"
    assert len(chunks(small)[1]) > 5


def test_cut_short_anywhere_it_does_not_read(small: bytes) -> None:
    for length in range(len(small)):
        with pytest.raises(Invalid):
            read(small[:length])


def test_one_changed_bit_anywhere_is_found(small: bytes) -> None:
    for place in range(len(small)):
        with pytest.raises(Invalid):
            read(small[:place] + bytes([small[place] ^ 1 << place % 8]) + small[place + 1 :])


def test_chunks_that_moved_do_not_open(small: bytes) -> None:
    head, found = chunks(small)
    for one, other in itertools.combinations(range(len(found)), 2):
        moved = found.copy()
        moved[one], moved[other] = moved[other], moved[one]
        with pytest.raises(Invalid):
            read(head + b"".join(moved))
    for place in range(len(found)):
        with pytest.raises(Invalid):
            read(head + b"".join(found[:place] + found[place + 1 :]))
        with pytest.raises(Invalid):
            read(head + b"".join(found[: place + 1] + found[place:]))


def test_chunks_of_another_backup_under_the_same_key_do_not_open(small: bytes) -> None:
    head, _ = chunks(small)
    _, others = chunks(made())
    with pytest.raises(Invalid, match="chunk 0"):
        read(head + b"".join(others))


def test_what_is_added_behind_is_found(small: bytes) -> None:
    with pytest.raises(Invalid, match="added behind the end"):
        read(small + b"\n")
    with pytest.raises(Invalid, match="goes on behind its end"):
        read(made(records=[*RECORDS, END]))


def test_another_key_does_not_open_it(small: bytes) -> None:
    with pytest.raises(Invalid, match="chunk 0"):
        read(small, new_key())


def test_other_files_are_none(small: bytes) -> None:
    for other in (b"", b"SQLite format 3\0", small.replace(b"locum-backup 1", b"locum-backup 2", 1)):
        with pytest.raises(Invalid, match="not a backup that this version"):
            read(other)


def test_only_the_root_key_gives_its_key(tmp_path: Path) -> None:
    vault, backup_id = new_vault(tmp_path / "one"), new_id()
    key, wrapped = backup_format.new_key(vault, backup_id)
    head = Head(backup_id, dt.datetime.now(dt.UTC), "0.1", "0003", wrapped)
    assert key_of(vault, head) == key
    with pytest.raises(
        StartError, match=r"does not open the backup: sealed under root key .* not in the key file"
    ):
        key_of(new_vault(tmp_path / "other"), head)
    with pytest.raises(StartError, match="does not open the backup"):
        key_of(vault, Head(new_id(), head.made_at, "0.1", "0003", wrapped))


def test_memory_stays_small_whatever_the_size(tmp_path: Path) -> None:
    path = tmp_path / "big"
    tracemalloc.start()
    with open(path, "wb") as file:
        writer = Writer(file, Head(new_id(), dt.datetime.now(dt.UTC), "0.1", "0003", "wrapped"), KEY)
        for _ in range(640):
            writer.add(Piece(bytes(64 * 1024)))
        writer.end(END)
    with open(path, "rb") as file:
        assert sum(isinstance(record, Piece) for record in Reader(file).records(KEY)) == 640
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 640 * 64 * 1024
    assert peak < 12 * CHUNK_BYTES
