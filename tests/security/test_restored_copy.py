"""SEC-28: a restored copy touches nothing on a live host, and lets nobody in, until an operator says go."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from demo.client import Refused
from demo.hosts import Host

from hosts import settled, state_of
from installation import ENDED, USER, USER_PASSWORD, Installation, ask

LOOKS_S = 3  # a worker looks at least once a second


@pytest.fixture
def original(tmp_path: Path, linux_hosts: list[Host]) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    made.prepare()
    made.start()
    made.seed(linux_hosts[0])
    yield made
    assert made.stop() == 0


def restored(original: Installation, folder: Path) -> Installation:
    """A copy from a backup that was made while the original serves."""
    file = folder / "one.backup"
    written = original.locum("backup", str(file))
    assert written.returncode == 0, written.stderr
    copy = Installation(folder / "copy")
    (copy.data / "keys").mkdir(parents=True, mode=0o700)
    shutil.copy(original.data / "keys" / "root.key", copy.data / "keys" / "root.key")
    done = copy.locum("restore", str(file))
    assert done.returncode == 0, done.stderr
    assert "PAUSED" in done.stdout
    return copy


def time_passes(copy: Installation) -> None:
    """In the copy alone, everything is over: whatever works there would take the access away at once."""
    database = sqlite3.connect(copy.data / "locum.db")
    with database:
        database.execute("UPDATE access_session SET scheduled_start = '2026-01-01', scheduled_end = '2026-01-02'")
        database.execute("UPDATE job SET due_at = '2026-01-02 00:00:00.000000'")
    database.close()


def test_a_restored_copy_touches_nothing_until_told(
    original: Installation, linux_hosts: list[Host], tmp_path: Path
) -> None:
    host = linux_hosts[0]
    before = state_of(host)
    user = original.user()
    session = ask(user)
    assert user.wait_for_session(session, {1, *ENDED}, 20)["status"] == 1
    live = state_of(host)
    assert live != before
    copy = restored(original, tmp_path)
    time_passes(copy)
    copy.start()
    assert copy.healthy(), copy.log()
    time.sleep(LOOKS_S)
    assert state_of(host) == live
    assert user.call("GET", f"/api/v1/ActivitySession/{session}")["status"] == 1  # the original goes on
    nobody_gets_in(copy, session)
    people_are_told(copy)
    assert state_of(host) == live

    listed = json.loads(copy.locum("resume").stdout)
    assert [(row["session"], row["resource"]) for row in listed["sessions"]] == [(session, "web01")]
    assert listed["sessions"][0]["ledger"] > 0
    time.sleep(1)
    assert state_of(host) == live  # looking is not yet going
    assert copy.locum("resume", "--yes").returncode == 0
    assert copy.user().wait_for_session(session, ENDED, 20)["status"] in ENDED
    assert settled(host, before)
    assert json.loads(copy.locum("status").stdout)["paused"] is None
    assert copy.stop() == 0
    assert copy.locum("audit", "verify").returncode == 0
    user.call("DELETE", f"/api/v1/ActivitySession/{session}")
    user.wait_for_session(session, ENDED, 20)


def nobody_gets_in(copy: Installation, session: str) -> None:
    user = copy.user()
    with pytest.raises(Refused, match="paused") as refusal:
        ask(user)
    assert refusal.value.status == 409
    shell = pexpect.spawn(
        "ssh",
        ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
         "-p", copy.ssh.split(":")[1], f"{USER}+Linux_shell+web01@127.0.0.1"],
        encoding="utf-8",
        timeout=30,
    )  # fmt: skip
    shell.expect("[Pp]assword: ")
    shell.sendline(USER_PASSWORD)
    shell.expect("paused since")
    shell.close()
    user.call("DELETE", f"/api/v1/ActivitySession/{session}")  # a wish that waits
    time.sleep(LOOKS_S)
    assert user.call("GET", f"/api/v1/ActivitySession/{session}")["status"] == 2


def people_are_told(copy: Installation) -> None:
    told = [json.loads(line) for line in copy.log().splitlines() if "paused: nothing reaches a target" in line]
    assert told
    assert told[0]["since"]
    assert "restored from the backup made" in told[0]["reason"]
    shown = json.loads(copy.locum("status").stdout)["paused"]
    assert shown["since"].startswith("20")
    assert "lives past its end" not in copy.log()
