"""A backup is one state of everything, private and whole, or it is not there."""

from __future__ import annotations

import fcntl
import stat
import threading
import tracemalloc
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from bench.postgres import PostgresServer

from backed_up import Made, backed_up, empty_directory, make, restored, rows
from locum.actions.plan import PlannedStep
from locum.activities.model import activity
from locum.identities.model import identity
from locum.kit.db import Tx, open_database, sqlite_url
from locum.kit.errors import StartError
from locum.main.backup import verify
from locum.main.operate import operate
from locum.resources.model import resource
from locum.sessions.ledger import intend
from locum.sessions.model import session_log
from locum.sessions.request import Request, request_session
from locum.vault.key_file import create_root_key
from sudden_death import dies_at, small_disk, steps
from world import ACTOR

FEWEST_STEPS, MOST_STEPS = 22, 30
"""How often the audit log's anchor file is written depends on how many checkpoints were due."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    if request.param == "sqlite":
        return make(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return make(tmp_path, server.create())


def beside(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir())


def test_it_is_private_holds_and_is_audited(made: Made, tmp_path: Path) -> None:
    file = backed_up(made, tmp_path / "one.backup")
    assert beside(file) == ["one.backup"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    answer = verify(file, made.data, None)
    assert answer["ok"], answer
    assert answer["text"].startswith("The backup holds: ")
    actions = [event["action"] for event in made.rows()["audit_event"]]
    assert actions[-4:] == ["console.command", "backup.begun", "console.command", "backup.made"]


def test_it_shows_nothing_of_what_is_in_it(made: Made, tmp_path: Path) -> None:
    raw = backed_up(made, tmp_path / "one.backup").read_bytes()
    assert b"Alice" in Path(made.url.removeprefix("sqlite:///")).read_bytes()
    for word in (b"Alice", b"web01", b"audit", b"CREATE", (made.data / "keys" / "root.key").read_bytes()[40:80]):
        assert word not in raw


def test_it_never_overwrites(made: Made, tmp_path: Path) -> None:
    there = tmp_path / "one.backup"
    there.write_text("precious")
    with pytest.raises(StartError, match="never overwrites"):
        backed_up(made, there)
    assert there.read_text() == "precious"
    there.unlink()
    there.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StartError, match="never overwrites"):
        backed_up(made, there)


def test_two_at_once_do_not_meet_and_a_left_part_is_taken_over(made: Made, tmp_path: Path) -> None:
    part = tmp_path / "one.backup.part"
    part.write_text("of another run" * 100_000)
    with open(part, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StartError, match="another backup is being written"):
            backed_up(made, tmp_path / "one.backup")
    assert part.stat().st_size > 1000
    assert verify(backed_up(made, tmp_path / "one.backup"), made.data, None)["ok"]
    assert beside(part) == ["one.backup"]
    (tmp_path / "two.backup.part").symlink_to(tmp_path / "one.backup")
    with pytest.raises(StartError, match="can't write"):
        backed_up(made, tmp_path / "two.backup")


def test_a_full_disk_leaves_nothing(made: Made, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "8k") as disk:
        with pytest.raises(StartError, match="No space left"):
            backed_up(made, disk / "one.backup")
        assert beside(disk / "one.backup") == []


def test_what_is_not_whole_does_not_verify(made: Made, tmp_path: Path) -> None:
    file = backed_up(made, tmp_path / "one.backup")
    raw = file.read_bytes()
    file.write_bytes(raw[:-1])
    assert verify(file, made.data, None) == {
        "ok": False,
        "text": "The backup does NOT hold: the backup is cut short after 0 chunks",
    }
    other = tmp_path / "other"
    create_root_key(other / "keys" / "root.key")
    file.write_bytes(raw)
    with pytest.raises(StartError, match="this root key does not open the backup"):
        verify(file, other, None)
    with pytest.raises(StartError, match="can't read"):
        verify(tmp_path / "nowhere", made.data, None)


def test_it_is_one_state_whatever_others_write_meanwhile(either: Made, tmp_path: Path) -> None:
    with Busy(either) as written:
        for number in range(2):
            backed_up(either, tmp_path / f"{number}.backup")
            assert written
    for number in range(2):
        copy = empty_directory(tmp_path / f"copy{number}", either)
        restored(tmp_path / f"{number}.backup", copy)  # which checks what points where, and the audit log
        found = rows(sqlite_url(copy / "locum.db"))
        sessions = {row["id"] for row in found["access_session"]}
        assert {row["session_id"] for row in found["ledger_entry"]} == sessions - {either.session}
        assert {row["subject_id"] for row in found["job"]} == sessions
        assert operate("audit.verify", copy, None)["ok"]


class Busy:
    """Somebody who asks for sessions, each with an entry of the ledger, one after the other."""

    def __init__(self, made: Made) -> None:
        self._database = open_database(made.url)
        self._stop = threading.Event()
        self.written: list[UUID] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> list[UUID]:
        self._thread.start()
        return self.written

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._database.close()

    def _run(self) -> None:
        def one(tx: Tx) -> UUID:
            person = tx.scalar(sa.select(identity.c.id).where(identity.c.name == "Alice"))
            sudo = tx.scalar(sa.select(activity.c.id).where(activity.c.name == "Linux sudo"))
            where = tx.scalar(sa.select(resource.c.id))
            asked = Request(person, activity_id=sudo, resource_id=where)
            session = request_session(tx, ACTOR, asked, node="gone")
            intend(tx, session_id=session, resource_id=where, steps=[PlannedStep("account", {"name": "x"})])
            return session

        # With a breath between them: SQLite gives its lock to whoever asks first, and others must get it, too.
        while not self._stop.wait(0.02):
            self.written.append(self._database.submit_write(one).result())


def test_rows_are_not_all_held_at_once(either: Made, tmp_path: Path) -> None:
    database = open_database(either.url)
    for _ in range(20):
        database.submit_write(
            lambda tx: tx.add_all(
                session_log,
                [
                    {"session_id": either.session, "at": tx.now, "level": 1, "text": "x" * 1000}
                    for _ in range(1000)
                ],
            )
        ).result()
    database.close()
    backed_up(either, tmp_path / "warm.backup")  # what is imported and prepared once is not what is counted
    tracemalloc.start()
    file = backed_up(either, tmp_path / "one.backup")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.stat().st_size > 20_000_000
    assert peak < 8_000_000


def test_the_list_of_steps_is_whole(made: Made, tmp_path: Path) -> None:
    assert not dies_at(MOST_STEPS + 1, lambda: backed_up(made, tmp_path / "one.backup"))


@pytest.mark.parametrize("step", steps(MOST_STEPS, few={4, 13, 21}))
def test_killed_at_any_step_there_is_a_whole_one_or_none(made: Made, tmp_path: Path, step: int) -> None:
    file = tmp_path / "one.backup"
    assert dies_at(step, lambda: backed_up(made, file)) or step > FEWEST_STEPS
    if not file.exists():
        backed_up(made, file)
        assert beside(file) == ["one.backup"]
    assert verify(file, made.data, None)["ok"]
