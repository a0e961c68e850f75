"""Verification finds and locates whatever is done to the log behind Locum's back (SEC-25), on both databases."""

# ruff: noqa: S608 - the values are numbers of this file

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.audit import stream
from locum.audit.export import export
from locum.audit.log import record
from locum.audit.model import audit_checkpoint, audit_event, audit_pending, audit_seal
from locum.audit.seal import GENESIS, Event, link
from locum.audit.sealer import Sealer
from locum.audit.verify import Report, verify_database, verify_file
from locum.kit.actor import LOCUM
from locum.kit.db import Database, metadata, open_database, sqlite_url

Tamper = Callable[..., None]
Verify = Callable[..., Report]
NOW = dt.timedelta(0)


@pytest.fixture
def verify(database: Database, key: Ed25519PrivateKey, anchor_path: Path) -> Verify:
    def run(**options: Any) -> Report:
        return database.submit_read(verify_database, key.public_key(), anchor_path, **options).result()

    return run


@pytest.fixture
def filled(
    database: Database, write: Callable[[int], None], sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> Database:
    """Twelve events, signed after 5, 10 and 12, read in pages of 4."""
    monkeypatch.setattr(stream, "PAGE_ROWS", 4)
    for number in (5, 5, 2):
        write(number)
        sealer.finish()
    return database


def first(report: Report) -> tuple[str, int | None, int | None]:
    assert not report.ok
    found = report.findings[0]
    return found.kind, found.seq, found.event_id


def other(value: object) -> object:
    """A value of the same kind that differs in one bit or character."""
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, dt.datetime):
        return value + dt.timedelta(microseconds=1)
    if isinstance(value, UUID):
        return UUID(int=value.int ^ 1)
    if isinstance(value, int):
        return value + 1000
    return "x" if value is None else f"{value}x"


def test_a_good_log(filled: Database, verify: Verify) -> None:
    report = verify(patience=NOW)
    assert report.ok
    assert (report.seals, report.checkpoints, report.signed_seq) == (12, 6, 12)  # table and anchor file
    assert report.words == "The audit log holds: 12 events and 6 checkpoints verified, signed up to seal 12."


def test_an_empty_log(database: Database, verify: Verify) -> None:
    assert verify().ok


@pytest.mark.parametrize("table", [audit_event, audit_seal, audit_checkpoint], ids=str)
def test_every_field_of_every_row(filled: Database, tamper: Tamper, verify: Verify, table: sa.Table) -> None:
    key = next(iter(table.primary_key.columns))
    rows = filled.submit_read(lambda tx: tx._connection.execute(sa.select(table)).mappings().all()).result()
    assert len(rows) in (12, 3)
    for row in rows:
        for column in table.columns:
            changed = other(row[column.name]) if column.name not in ("actor_id", "object_id") else UUID(int=77)
            tamper(sa.update(table).where(key == row[key.name]).values({column.name: changed}))
            report = verify()
            back = changed if column is key else row[key.name]
            tamper(sa.update(table).where(key == back).values({column.name: row[column.name]}))
            assert not report.ok, f"{column} of {row[key.name]}"
            near = {row[key.name], row.get("event_id")}
            assert {report.findings[0].seq, report.findings[0].event_id} & near, f"{column}: {report.words}"
    assert verify().ok


@pytest.mark.parametrize("event_id", [1, 7, 12])
def test_a_deleted_event(filled: Database, tamper: Tamper, verify: Verify, event_id: int) -> None:
    tamper(f"DELETE FROM audit_event WHERE id = {event_id}")
    assert first(verify()) == ("missing", event_id, event_id)


@pytest.mark.parametrize("seq", [1, 7])
def test_a_deleted_event_and_its_seal(filled: Database, tamper: Tamper, verify: Verify, seq: int) -> None:
    tamper(f"DELETE FROM audit_event WHERE id = {seq}", f"DELETE FROM audit_seal WHERE seq = {seq}")
    assert first(verify()) == ("missing", seq, None)
    assert verify().bad == 1


def test_a_deleted_seal(filled: Database, tamper: Tamper, verify: Verify) -> None:
    tamper("DELETE FROM audit_seal WHERE seq = 7")
    assert [(f.kind, f.seq, f.event_id) for f in verify().findings] == [
        ("missing", 7, None),
        ("inserted", None, 7),
    ]


def test_a_deleted_event_that_was_not_sealed_yet(
    filled: Database, tamper: Tamper, verify: Verify, write: Callable[[int], None]
) -> None:
    write(1)
    assert verify().ok
    tamper("DELETE FROM audit_event WHERE id = 13")
    assert first(verify()) == ("missing", None, 13)


def forged(event_id: int) -> sa.Insert:
    return sa.insert(audit_event).values(
        id=event_id,
        at=dt.datetime.now(dt.UTC),
        actor_name="mallory",
        action="policy.added",
        outcome="ok",
        detail="{}",
    )


@pytest.mark.parametrize("event_id", [13, -1])
def test_an_inserted_event(filled: Database, tamper: Tamper, verify: Verify, event_id: int) -> None:
    tamper(forged(event_id))
    report = verify()
    assert not report.ok
    assert report.findings[0].event_id == event_id
    assert report.findings[0].kind in ("inserted", "unreadable")


def test_an_inserted_event_with_a_seal_in_the_chain(filled: Database, tamper: Tamper, verify: Verify) -> None:
    """Put in at 7, all behind it moved up, and every hash computed anew: only the signatures tell."""
    tamper(forged(20))
    events = filled.submit_read(
        lambda tx: tx.rows(Event, sa.select(audit_event).order_by(audit_event.c.id))
    ).result()
    events.insert(6, events.pop())
    tamper("DELETE FROM audit_seal", *rewritten(events))
    assert first(verify()) == ("altered", 6, None)  # somewhere in 6 to 10, the next that was signed


def rewritten(events: list[Event]) -> list[sa.Insert]:
    seals = []
    previous = GENESIS
    for seq, event in enumerate(events, start=1):
        digest = link(seq, previous, event)
        seals.append(sa.insert(audit_seal).values(seq=seq, event_id=event.id, previous=previous, hash=digest))
        previous = digest
    return seals


def test_swapped_seals(filled: Database, tamper: Tamper, verify: Verify) -> None:
    tamper(*(f"UPDATE audit_seal SET seq = {new} WHERE seq = {old}" for old, new in ((6, 99), (7, 6), (99, 7))))
    assert first(verify()) == ("reordered", 6, 7)


def test_swapped_events(filled: Database, tamper: Tamper, verify: Verify) -> None:
    tamper(*(f"UPDATE audit_event SET id = {new} WHERE id = {old}" for old, new in ((6, 99), (9, 6), (99, 9))))
    report = verify()
    assert [(f.kind, f.seq, f.event_id) for f in report.findings] == [("altered", 6, 6), ("altered", 9, 9)]
    assert report.words.splitlines()[:2] == [
        "The audit log does NOT hold. The first of 2 faults in 12 events and 6 checkpoints:",
        "seal 6, event 6: altered: the event is not the one that was sealed",
    ]


def test_a_tail_cut_behind_a_checkpoint(filled: Database, tamper: Tamper, verify: Verify) -> None:
    tamper("DELETE FROM audit_seal WHERE seq > 10", "DELETE FROM audit_event WHERE id > 10")
    assert first(verify()) == ("tail cut", 11, None)


def test_a_tail_cut_with_its_checkpoints_shows_in_the_anchors(
    filled: Database, tamper: Tamper, verify: Verify, key: Ed25519PrivateKey
) -> None:
    tamper(
        "DELETE FROM audit_seal WHERE seq > 10",
        "DELETE FROM audit_event WHERE id > 10",
        "DELETE FROM audit_checkpoint WHERE seq > 10",
    )
    assert first(verify()) == ("tail cut", 11, None)
    assert filled.submit_read(verify_database, key.public_key(), None).result().ok  # nobody could know


def test_a_deleted_checkpoint_shows_in_the_anchors(filled: Database, tamper: Tamper, verify: Verify) -> None:
    tamper("DELETE FROM audit_checkpoint WHERE seq = 5")
    assert first(verify()) == ("missing", 5, None)


def test_all_checkpoints_gone(filled: Database, tamper: Tamper, key: Ed25519PrivateKey) -> None:
    tamper("DELETE FROM audit_checkpoint")
    report = filled.submit_read(verify_database, key.public_key(), None, patience=NOW).result()
    assert first(report) == ("never signed", 1, None)


def test_a_lost_anchor_file(filled: Database, verify: Verify, anchor_path: Path) -> None:
    anchor_path.unlink()
    assert first(verify())[0] == "missing"


def test_damaged_anchors_are_named_by_line(filled: Database, verify: Verify, anchor_path: Path) -> None:
    lines = anchor_path.read_bytes().splitlines(keepends=True)
    anchor_path.write_bytes(lines[0] + b"nonsense\n" + lines[2] + lines[0])
    report = verify()
    assert [f.what for f in report.findings if f.kind == "unreadable"] == [
        "line 2 of the anchor file is not a checkpoint"
    ]
    assert [f.seq for f in report.findings if f.kind == "reordered"] == [5]


def test_any_changed_byte_of_the_anchors(filled: Database, verify: Verify, anchor_path: Path) -> None:
    whole = anchor_path.read_bytes()
    for position in range(0, len(whole) - 1, 7):
        anchor_path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert not verify().ok, position


def test_the_wrong_key(filled: Database, anchor_path: Path) -> None:
    stranger = Ed25519PrivateKey.generate().public_key()
    report = filled.submit_read(verify_database, stranger, anchor_path).result()
    assert first(report) == ("signature wrong", 5, None)
    assert report.signed_seq == 0


def test_an_event_that_nobody_seals(filled: Database, write: Callable[[int], None], verify: Verify) -> None:
    write(1)
    assert verify().ok
    assert first(verify(patience=NOW)) == ("never sealed", None, 13)


def test_a_waiting_event_forced_out_of_the_queue(
    filled: Database, write: Callable[[int], None], verify: Verify
) -> None:
    write(1)
    filled.submit_write(lambda tx: tx.run(sa.delete(audit_pending))).result()
    assert first(verify()) == ("inserted", None, 13)


def test_rows_that_hold_no_values(filled: Database, tamper: Tamper, verify: Verify) -> None:
    tamper("UPDATE audit_seal SET hash = 'abc' WHERE seq = 7")
    assert first(verify()) == ("unreadable", 7, 7)
    assert verify().bad == 1


def test_verifying_while_events_are_written_and_sealed(
    database: Database,
    sealer: Sealer,
    write: Callable[[int], None],
    verify: Verify,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No false alarm: between two pages more events are sealed, signed and anchored."""
    monkeypatch.setattr(stream, "PAGE_ROWS", 3)
    write(7)
    sealer.finish()
    genuine = stream.sealed

    def slowly(*args: Any) -> Any:
        for row in genuine(*args):
            yield row
            write(1)
            sealer.finish()

    if not database.is_sqlite:  # a reader of SQLite sees one moment of it, whatever is written meanwhile
        monkeypatch.setattr(stream, "sealed", slowly)
    report = verify()
    assert report.ok, report.words
    assert report.seals == 7


# -- exported files


@pytest.fixture
def exported(key: Ed25519PrivateKey, tmp_path: Path, anchor_path: Path) -> Iterator[Path]:
    """Twelve events and three checkpoints, as `filled`; what is in a file does not depend on the database."""
    path = tmp_path / "audit.jsonl"
    database = open_database(sqlite_url(tmp_path / "exported.db"))
    with database.engine.begin() as connection:
        metadata.create_all(connection, [audit_event, audit_pending, audit_seal, audit_checkpoint])
    sealer = Sealer(database, key, anchor_path)
    for number in (5, 5, 2):
        for _ in range(number):
            database.submit_write(record, LOCUM, "x.done", detail={"resource": "db1"}).result()
        sealer.finish()
    database.submit_read(export, path).result()
    yield path
    database.close()


@pytest.fixture
def public(key: Ed25519PrivateKey) -> Any:
    return key.public_key()


def test_a_good_file(exported: Path, public: Any, anchor_path: Path) -> None:
    report = verify_file(exported, public, anchor_path)
    assert report.ok, report.words
    assert (report.seals, report.checkpoints, report.signed_seq) == (12, 6, 12)


def test_every_byte_of_a_file(exported: Path, public: Any) -> None:
    """Of a seal's line the row is named; only the first line, which says when it was written, is not protected."""
    whole = exported.read_bytes()
    position = whole.index(b"\n") + 1
    for line in whole.splitlines(keepends=True)[1:]:
        place = json.loads(line)
        seq = (place.get("seal") or place.get("checkpoint") or {}).get("seq", 12)
        for _ in range(0, len(line), 5):
            exported.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
            report = verify_file(exported, public)
            assert not report.ok, position
            assert report.findings[0].seq is None or abs(report.findings[0].seq - seq) <= 5, report.words
            position += 5
        position = whole.index(b"\n", position - 5) + 1


def test_any_line_taken_out_of_a_file(exported: Path, public: Any, anchor_path: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    assert len(lines) == 17
    for number, line in enumerate(lines):
        exported.write_bytes(b"".join(lines[:number] + lines[number + 1 :]))
        report = verify_file(exported, public, anchor_path)
        gone = json.loads(line)
        if "checkpoint" in gone:
            assert report.ok  # the copy of the anchors has it
        elif "seal" in gone and gone["seal"]["seq"] < 12:
            assert first(report) == ("missing", gone["seal"]["seq"], None)
        else:
            assert not report.ok


def test_a_file_cut_short(exported: Path, public: Any, anchor_path: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    exported.write_bytes(b"".join(lines[:8]))
    assert [found.kind for found in verify_file(exported, public).findings] == ["tail cut"]
    assert first(verify_file(exported, public, anchor_path)) == ("tail cut", 7, None)
    exported.write_bytes(b"".join(lines[:8])[:-9])
    assert not verify_file(exported, public).ok


def test_a_file_with_swapped_lines(exported: Path, public: Any) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    lines[2], lines[3] = lines[3], lines[2]
    exported.write_bytes(b"".join(lines))
    assert first(verify_file(exported, public)) == ("missing", 2, None)


OTHER_FORMAT = b'{"start":{"format":"other","at":"2026-01-01T00:00:00Z"}}\n'


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"\xff\xfe\n", OTHER_FORMAT])
def test_a_file_that_is_no_export(tmp_path: Path, public: Any, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    report = verify_file(path, public)
    assert report.findings[0].what == "line 1 is not the start of an exported audit log"


def test_more_after_the_end_of_a_file(exported: Path, public: Any) -> None:
    exported.write_bytes(exported.read_bytes() + b"{}\n")
    assert first(verify_file(exported, public))[0] == "unreadable"


def test_events_that_wait_are_said_in_a_file(
    filled: Database, write: Callable[[int], None], public: Any, tmp_path: Path
) -> None:
    path = tmp_path / "audit.jsonl"
    write(1)
    filled.submit_read(export, path).result()
    assert verify_file(path, public).ok
    assert first(verify_file(path, public, patience=NOW)) == ("never sealed", None, 13)
