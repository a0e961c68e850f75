"""A backup becomes a whole, paused installation on either database, or nothing at all."""

from __future__ import annotations

import contextlib
import fcntl
from pathlib import Path

import pytest
import sqlalchemy as sa
from bench.postgres import PostgresServer

import second_release
from backed_up import Made, backed_up, break_audit, empty_directory, make, restored, rows
from locum.audit.verify import ANCHOR_FILE
from locum.kit.db import open_database, sqlite_url
from locum.kit.errors import StartError
from locum.kit.settings import read_file
from locum.main import restore as module
from locum.main.backup import back_up
from locum.main.operate import operate
from locum.recordings.store import Store, key_path
from locum.vault.key_file import create_root_key
from sudden_death import dies_at, small_disk, steps

OF_THE_RESTORE = {"audit_event", "audit_pending", "audit_seal", "audit_checkpoint", "pause"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def file(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return backed_up(made, tmp_path_factory.mktemp("backup") / "one.backup")


def same(one: dict[str, list[dict[str, object]]], other: dict[str, list[dict[str, object]]]) -> None:
    """All rows are there as they were; the audit log has grown by that of the restore."""
    assert {k: v for k, v in one.items() if k not in OF_THE_RESTORE} == {
        k: v for k, v in other.items() if k not in OF_THE_RESTORE
    }
    begun = next(n for n, event in enumerate(one["audit_event"], 1) if event["action"] == "backup.begun")
    assert other["audit_event"][:begun] == one["audit_event"][:begun]
    assert other["audit_event"][begun]["action"] == "backup.restored"
    assert len(other["pause"]) == 1


def test_everything_comes_back_and_stands_paused(made: Made, file: Path, tmp_path: Path) -> None:
    copy = empty_directory(tmp_path / "copy", made)
    assert "PAUSED" in restored(file, copy)
    same(made.rows(), rows(sqlite_url(copy / "locum.db")))
    assert operate("audit.verify", copy, None)["ok"]
    assert (copy / "public" / ANCHOR_FILE).read_bytes()[:200] == (made.data / "public" / ANCHOR_FILE).read_bytes()[
        :200
    ]
    assert not (copy / module.MARK).exists()
    assert not (copy / "node").exists()  # two nodes of one name would take each other's work for their own
    assert operate("resume", copy, None, go=False)["object"]["session_count"] == 1


def test_from_sqlite_to_postgresql_and_back(
    made: Made, file: Path, tmp_path: Path, postgres: PostgresServer
) -> None:
    there = postgres.create()
    copy = empty_directory(tmp_path / "there", made)
    restored(file, copy, there)
    in_postgres = rows(there)
    assert ["base_platform_id"] in foreign_keys(there, "platform")
    same(made.rows(), in_postgres)
    assert operate("audit.verify", copy, None)["ok"]  # which found the database by its locum.toml, and counted on
    back = Made(copy, there, made.session)
    second = backed_up(back, tmp_path / "second.backup")
    assert there.encode() not in second.read_bytes()
    with pytest.raises(StartError, match="database is not empty"):
        restored(file, empty_directory(tmp_path / "twice", made), there)
    again = empty_directory(tmp_path / "again", made)
    restored(second, again)  # which is paused, though that copy was paused already
    same(in_postgres, rows(sqlite_url(again / "locum.db")))
    assert operate("audit.verify", again, None)["ok"]


def test_recordings_come_along_if_asked(tmp_path: Path) -> None:
    data = tmp_path / "data"
    left = second_release.leave(data, None, "correct horse battery")
    old = Made(data, sqlite_url(data / "locum.db"), left.ids["session"])
    recording = Store(data / "recordings").path(left.ids["recorded"])
    key_path(recording).write_text("wrapped anew\n")
    for name, asked in (("with", True), ("without", False)):
        file = backed_up(old, tmp_path / f"{name}.backup", recordings=asked)
        copy = empty_directory(tmp_path / name, old)
        restored(file, copy)
        found = sorted(path.name for path in (copy / "recordings").iterdir())
        assert found == ([recording.name, key_path(recording).name] if asked else [])
        for one in found:
            assert (copy / "recordings" / one).read_bytes() == (data / "recordings" / one).read_bytes()


def test_settings_come_along_without_the_database(made: Made, tmp_path: Path, postgres: PostgresServer) -> None:
    settings = 'database_url = "postgresql://locum:hunter2@db/locum"\nhttps = "127.0.0.1:6501"\n# hunter2\n'
    (made.data / "locum.toml").write_text(settings)
    try:
        file = tmp_path / "one.backup"
        back_up(file, made.data, made.url, recordings=False)
    finally:
        (made.data / "locum.toml").unlink()
    there, copy = postgres.create(), empty_directory(tmp_path / "copy", made)
    restored(file, copy, there)
    assert read_file(copy) == {"https": "127.0.0.1:6501", "database_url": there}
    assert (copy / "locum.toml").stat().st_mode & 0o777 == 0o600


def foreign_keys(url: str, table: str) -> list[list[str]]:
    database = open_database(url)
    found = sa.inspect(database.engine).get_foreign_keys(table)
    database.close()
    return [key["constrained_columns"] for key in found]


def untouched(copy: Path) -> bool:
    return sorted(str(path.relative_to(copy)) for path in copy.rglob("*")) == ["keys", "keys/root.key"]


def test_another_root_key_changes_nothing(made: Made, file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    create_root_key(copy / "keys" / "root.key")
    with pytest.raises(StartError, match="this root key does not open the backup"):
        restored(file, copy)
    assert untouched(copy)
    with pytest.raises(StartError, match="put the root key file"):
        restored(file, tmp_path / "nowhere")


def test_nothing_but_the_key_may_be_there(made: Made, file: Path, tmp_path: Path) -> None:
    copy = empty_directory(tmp_path / "copy", made)
    (copy / "locum.toml").write_text("")
    with pytest.raises(StartError, match="is not empty"):
        restored(file, copy)
    (copy / "locum.toml").unlink()
    restored(file, copy)
    before = rows(sqlite_url(copy / "locum.db"))
    with open(copy / module.MARK, "wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StartError, match=r"another restore into .* is under way"):
            restored(file, copy)
    (copy / module.MARK).touch()  # as after a crash just behind the commit
    with pytest.raises(StartError, match="database is not empty"):
        restored(file, copy)
    assert rows(sqlite_url(copy / "locum.db")) == before


@pytest.mark.parametrize("at", [0.02, 0.3, 0.9, 0.999])
def test_what_was_altered_or_cut_short_changes_nothing(made: Made, file: Path, tmp_path: Path, at: float) -> None:
    copy, raw = empty_directory(tmp_path / "copy", made), file.read_bytes()
    place = int(at * len(raw))
    for name, broken in (
        ("cut", raw[:place]),
        ("altered", raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]),
    ):
        (tmp_path / name).write_bytes(broken)
        with pytest.raises(StartError, match=r"nothing was restored|does not open the backup"):
            restored(tmp_path / name, copy)
        assert untouched(copy)


def test_a_newer_schema_is_refused(
    made: Made, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = empty_directory(tmp_path / "copy", made)
    monkeypatch.setattr(module, "revisions", lambda: ["0002", "0001"])
    with pytest.raises(StartError, match="made by a newer Locum"):
        restored(file, copy)
    assert untouched(copy)


def test_a_broken_audit_log_is_named_and_can_be_restored_all_the_same(tmp_path: Path) -> None:
    broken = make(tmp_path)
    break_audit(broken)
    file, copy = backed_up(broken, tmp_path / "one.backup"), empty_directory(tmp_path / "copy", broken)
    with pytest.raises(StartError, match=r"does NOT hold(.|\n)*event 1(.|\n)*--broken-audit-log"):
        restored(file, copy)
    assert untouched(copy)
    restored(file, copy, broken_audit=True)
    last = rows(sqlite_url(copy / "locum.db"))["audit_event"][-1]
    assert '"forced":true' in str(last["detail"])


def test_a_full_disk_leaves_nothing(made: Made, file: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "512k") as disk:
        copy = empty_directory(disk / "copy", made)
        with pytest.raises(StartError, match=r"nothing was restored: .*(full|No space)"):
            restored(file, copy)
        assert untouched(copy)


FEWEST_STEPS, MOST_STEPS = 26, 30
"""The last are those of sealing the audit log, once all is done: they may be more or fewer."""


def test_the_list_of_steps_is_whole(made: Made, file: Path, tmp_path: Path) -> None:
    copy = empty_directory(tmp_path / "copy", made)
    assert not dies_at(MOST_STEPS + 1, lambda: restored(file, copy))


@pytest.mark.parametrize("step", steps(MOST_STEPS, few={12, 26}))
def test_killed_at_any_step_it_is_restored_or_can_be_restored(
    made: Made, file: Path, tmp_path: Path, step: int
) -> None:
    copy = empty_directory(tmp_path / "copy", made)
    assert dies_at(step, lambda: restored(file, copy)) or step > FEWEST_STEPS
    with contextlib.suppress(StartError):  # where it was killed behind the commit
        restored(file, copy)
    assert len(rows(sqlite_url(copy / "locum.db"))["pause"]) == 1
    same(made.rows(), rows(sqlite_url(copy / "locum.db")))
    assert operate("audit.verify", copy, None)["ok"]
