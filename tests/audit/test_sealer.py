"""The sealer: every committed event gets exactly one seal, whoever writes, whatever dies."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from structlog.testing import capture_logs

from locum.audit import anchors
from locum.audit import sealer as sealing
from locum.audit.log import record
from locum.audit.model import audit_checkpoint, audit_event, audit_pending, audit_seal
from locum.audit.seal import Checkpoint
from locum.audit.sealer import BATCH_ROWS, Sealer, has_work
from locum.audit.verify import Report, verify_database
from locum.kit.actor import LOCUM
from locum.kit.db import Database, ReadTx, open_database

pytestmark = pytest.mark.anyio


def count(database: Database, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return int(database.submit_read(lambda tx: tx.scalar(query)).result())


def verified(database: Database, key: Ed25519PrivateKey, anchor_path: Path) -> Report:
    return database.submit_read(verify_database, key.public_key(), anchor_path).result()


def anchored(path: Path) -> list[Checkpoint | int]:
    return list(anchors.read(path, path.stat().st_size))


def in_table(database: Database) -> list[Checkpoint]:
    query = sa.select(audit_checkpoint).order_by(audit_checkpoint.c.seq)
    return database.submit_read(lambda tx: tx.rows(Checkpoint, query)).result()


@contextlib.asynccontextmanager
async def running(sealer: Sealer) -> AsyncIterator[None]:
    task = asyncio.create_task(sealer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.02)


def test_finish_seals_signs_and_anchors_everything(
    database: Database, sealer: Sealer, write: Callable[[int], None], key: Ed25519PrivateKey, anchor_path: Path
) -> None:
    write(2 * BATCH_ROWS + 5)
    sealer.finish()
    report = verified(database, key, anchor_path)
    assert report.ok, report.words
    assert report.seals == report.signed_seq == 2 * BATCH_ROWS + 5
    assert count(database, audit_pending) == 0
    assert anchored(anchor_path) == in_table(database)
    assert not database.submit_read(has_work).result()


def test_finish_with_nothing_to_do_changes_nothing(
    database: Database, sealer: Sealer, write: Callable[[int], None], anchor_path: Path
) -> None:
    sealer.finish()
    assert anchored(anchor_path) == []
    write(1)
    sealer.finish()
    sealer.finish()
    assert len(anchored(anchor_path)) == len(in_table(database)) == 1


def test_a_batch_is_small_and_says_whether_more_waits(
    database: Database, sealer: Sealer, write: Callable[[int], None]
) -> None:
    write(BATCH_ROWS + 3)
    first = database.submit_write(sealer.seal_once).result()
    assert (first.sealed, first.more) == (BATCH_ROWS, True)
    second = database.submit_write(sealer.seal_once).result()
    assert (second.sealed, second.more) == (3, False)


def test_no_more_than_one_checkpoint_a_second(
    database: Database, sealer: Sealer, write: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dt.timedelta(seconds=1) == sealing.CHECKPOINT_INTERVAL
    monkeypatch.setattr(sealing, "CHECKPOINT_INTERVAL", dt.timedelta(hours=1))
    signed = []
    for _ in range(4):
        write(1)
        signed.append(database.submit_write(sealer.seal_once).result().signed)
    assert signed == [True, False, False, False]
    monkeypatch.setattr(sealing, "CHECKPOINT_INTERVAL", dt.timedelta(0))
    assert database.submit_write(sealer.seal_once).result().signed  # what went unsigned is signed when it is time
    assert not database.submit_write(sealer.seal_once).result().signed
    assert [c.seq for c in in_table(database)] == [1, 4]


async def test_it_runs_by_itself_and_catches_up_with_signing(
    database: Database, sealer: Sealer, write: Callable[[int], None], key: Ed25519PrivateKey, anchor_path: Path
) -> None:
    async with running(sealer):
        for number in range(1, 4):
            await asyncio.to_thread(write, 5)
            await until(lambda wanted=5 * number: count(database, audit_seal) == wanted)  # type: ignore[misc]
        await until(lambda: not database.submit_read(has_work).result())
        await until(lambda: anchored(anchor_path) == in_table(database))
    report = verified(database, key, anchor_path)
    assert report.ok, report.words
    assert report.signed_seq == 15


async def test_close_does_the_rest(
    database: Database, sealer: Sealer, write: Callable[[int], None], key: Ed25519PrivateKey, anchor_path: Path
) -> None:
    async with running(sealer):
        await asyncio.to_thread(write, 30)
    await sealer.close()
    report = verified(database, key, anchor_path)
    assert report.ok, report.words
    assert report.signed_seq == 30
    assert anchored(anchor_path) == in_table(database)


async def test_writers_and_sealers_at_once(
    database: Database, database_url: str, key: Ed25519PrivateKey, tmp_path: Path, anchor_path: Path
) -> None:
    """Two nodes, each with a sealer and writers in threads: every event is sealed once, and some writers fail."""

    def fail(tx: object) -> None:
        record(tx, LOCUM, "x.done")  # type: ignore[arg-type]
        raise RuntimeError("rolled back")

    def many(node: Database) -> None:
        for number in range(40):
            if number % 8 == 7:
                with pytest.raises(RuntimeError):
                    node.submit_write(fail).result()
            else:
                node.submit_write(record, LOCUM, "x.done", detail={"count": number}).result()

    other = open_database(database_url)
    here, there = Sealer(database, key, anchor_path), Sealer(other, key, tmp_path / "other.jsonl")
    try:
        async with running(here), running(there):
            await asyncio.gather(*(asyncio.to_thread(many, node) for node in (database, other) for _ in range(3)))
            await until(lambda: count(database, audit_pending) == 0)
        await here.close()
        await there.close()
    finally:
        other.close()
    assert count(database, audit_event) == count(database, audit_seal) == 6 * 35
    for path in (anchor_path, tmp_path / "other.jsonl"):
        report = verified(database, key, path)
        assert report.ok, report.words
        assert anchored(path) == in_table(database)


CHILD = """
import asyncio, itertools, sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from locum.audit.log import record
from locum.audit.sealer import Sealer
from locum.kit.actor import LOCUM
from locum.kit.db import open_database

async def main(url, anchors, seals):
    db = open_database(url)
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    if seals == "yes":
        task = asyncio.create_task(Sealer(db, key, Path(anchors)).run())
    for number in itertools.count(1):
        await asyncio.gather(*(db.write(record, LOCUM, "x.done", detail={"count": number}) for _ in range(10)))
        print(number * 10, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("seals", ["yes", "no"])
def test_killed_between_commit_and_seal(
    database: Database, database_url: str, sealer: Sealer, key: Ed25519PrivateKey, anchor_path: Path, seals: str
) -> None:
    command = [sys.executable, "-c", CHILD, database_url, str(anchor_path), seals]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        committed = 0
        while committed < 300:
            committed = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        rest = [line for line in child.stdout.read().split("\n") if line]
    committed = int(rest[-1]) if rest else committed
    if seals == "no":
        assert count(database, audit_pending) >= committed
    sealer.finish()
    report = verified(database, key, anchor_path)
    assert report.ok, report.words
    assert count(database, audit_pending) == 0
    assert committed <= report.seals == report.signed_seq == count(database, audit_event)
    assert anchored(anchor_path) == in_table(database)


async def test_what_a_crash_kept_from_being_anchored_is_anchored_at_the_start(
    database: Database, sealer: Sealer, write: Callable[[int], None], anchor_path: Path
) -> None:
    await asyncio.to_thread(write, 3)
    await database.write(sealer.seal_once, final=True)
    assert not anchor_path.exists()
    async with running(sealer):
        await until(lambda: anchor_path.exists() and len(anchored(anchor_path)) == 1)


async def test_a_broken_anchor_file_is_reported_and_sealing_goes_on(
    database: Database, sealer: Sealer, write: Callable[[int], None], anchor_path: Path
) -> None:
    anchor_path.mkdir()  # can't be opened for writing, not even by root
    with capture_logs() as logs:
        async with running(sealer):
            await asyncio.to_thread(write, 3)
            await until(lambda: count(database, audit_seal) == 3)
    assert "audit checkpoints can't be written to the anchor file" in [line["event"] for line in logs]
    anchor_path.rmdir()
    sealer.finish()
    assert anchored(anchor_path) == in_table(database)


async def test_a_broken_table_is_reported_and_tried_again(
    database: Database,
    sealer: Sealer,
    write: Callable[[int], None],
    tamper: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sealing, "RETRY_SECONDS", 0.05)
    with capture_logs() as logs:
        tamper("ALTER TABLE audit_seal RENAME TO gone")
        async with running(sealer):
            await asyncio.to_thread(write, 3)
            await until(lambda: any(line["event"] == "the audit log can't be sealed" for line in logs))
            tamper("ALTER TABLE gone RENAME TO audit_seal")
            await until(lambda: count(database, audit_seal) == 3)


async def test_a_log_behind_its_anchors_is_loud(
    database: Database, sealer: Sealer, write: Callable[[int], None], tamper: Callable[..., None]
) -> None:
    await asyncio.to_thread(write, 3)
    sealer.finish()
    tamper(
        "DELETE FROM audit_checkpoint",
        "DELETE FROM audit_seal WHERE seq = 3",
        "DELETE FROM audit_event WHERE id = 3",
    )
    with capture_logs() as logs:
        async with running(sealer):
            await until(lambda: any("run locum audit verify" in line["event"] for line in logs))
    assert {line["log_level"] for line in logs if "run locum audit verify" in line["event"]} == {"error"}


def test_looking_for_work_writes_nothing(database: Database, write: Callable[[int], None], sealer: Sealer) -> None:
    def look(tx: ReadTx) -> bool:
        return has_work(tx)

    assert not database.submit_read(look).result()
    write(1)
    assert database.submit_read(look).result()
    sealer.finish()
    assert not database.submit_read(look).result()
