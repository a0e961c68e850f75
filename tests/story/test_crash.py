"""kill -9 at every step boundary of a session's life: whatever was half made is finished or undone.

Each case runs one session from request to end on a real host with a server that kills itself at one boundary, starts
the server again and demands: a session nobody ended goes on; one that was ended is revoked within 20 s of being
healthy; the host is then as it was; the ledger is closed; the audit chain verifies; no failure was counted.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from demo.client import Client, Refused
from demo.hosts import Host

from hosts import settled, state_of
from installation import ENDED, USER, USER_PASSWORD, Installation, ask

CRASHING = [sys.executable, str(Path(__file__).with_name("crashing_locum.py"))]
MOST_BOUNDARIES = 38  # `test_the_list_of_boundaries_is_whole` fails when there are more
SLICE = {22}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, linux_hosts: list[Host]) -> Path:
    """A data directory as it is before a session: each case gets a copy."""
    made = Installation(tmp_path_factory.mktemp("seeded") / "data")
    made.prepare()
    made.start()
    made.seed(linux_hosts[0])
    made.stop()
    return made.data


@pytest.fixture
def installation(tmp_path: Path, seeded: Path) -> Iterator[Installation]:
    shutil.copytree(seeded, tmp_path / "data")
    made = Installation(tmp_path / "data")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def crash_at(installation: Installation, boundary: int) -> None:
    count = installation.data / "boundaries"
    installation.start(CRASHING, {"LOCUM_CRASH_AT": str(boundary), "LOCUM_CRASH_COUNT": str(count)})


def one_life(installation: Installation) -> tuple[str, bool]:
    """Ask, wait until active, end, wait until ended; stops where the server dies. (id, whether the end was asked)."""
    session, ending = "", False
    try:
        user = installation.user()
        session = ask(user)
        user.wait_for_session(session, {1, *ENDED}, 20)
        ending = True
        user.call("DELETE", f"/api/v1/ActivitySession/{session}")
        user.wait_for_session(session, ENDED, 20)
    except (OSError, ValueError):
        assert installation.process is not None
        installation.process.wait(5)
    return session, ending


def wait_gone(user: Client, session: str, seconds: float) -> dict[str, object]:
    return user.wait_for_session(session, ENDED, seconds)


def test_the_list_of_boundaries_is_whole(installation: Installation, linux_hosts: list[Host]) -> None:
    before = state_of(linux_hosts[0])
    crash_at(installation, 0)
    session, ending = one_life(installation)
    assert session
    assert ending
    assert settled(linux_hosts[0], before)
    passed = (installation.data / "boundaries").read_text().splitlines()
    assert len(passed) == MOST_BOUNDARIES, passed


@pytest.mark.parametrize(
    "boundary",
    [pytest.param(n, marks=() if n in SLICE else (pytest.mark.full,)) for n in range(1, MOST_BOUNDARIES + 1)],
)
def test_killed_at(installation: Installation, linux_hosts: list[Host], boundary: int) -> None:
    host = linux_hosts[0]
    before = state_of(host)
    crash_at(installation, boundary)
    session, ending = one_life(installation)
    assert installation.process is not None
    assert installation.process.poll() == -9, installation.log()

    installation.start()
    healthy = time.monotonic()
    user = installation.user()
    if not session:  # the answer was lost with the server, the wish was not
        found = [
            row["id"]
            for status in ("Pending", "Active")
            for row in user.call("GET", f"/api/v1/ActivitySession/SummaryByStatus/{status}")["data"]
        ]
        session = found[0]
    if not ending:
        assert user.wait_for_session(session, {1, *ENDED}, 20)["status"] == 1
        try:
            user.call("DELETE", f"/api/v1/ActivitySession/{session}")
        except Refused as refusal:
            raise AssertionError(installation.log()) from refusal
    ended = wait_gone(user, session, 20)
    assert time.monotonic() - healthy < 25
    assert ended["status"] == 3
    assert settled(host, before)
    assert installation.stop() == 0

    database = sqlite3.connect(installation.data / "locum.db")
    assert database.execute("SELECT count(*) FROM ledger_entry WHERE state <> 'reverted'").fetchone() == (0,)
    assert database.execute("SELECT coalesce(sum(failures), 0) FROM ledger_entry").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM job").fetchone() == (0,)
    verified = installation.locum("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_all_that_was_seen_is_in_the_recording_and_a_direct_connect_ends(
    installation: Installation, linux_hosts: list[Host], tmp_path: Path
) -> None:
    """SEC-26: kill -9 while a shell is open. What the person saw plays; access that hung on the connection goes."""
    before = state_of(linux_hosts[0])
    installation.start()
    shell = pexpect.spawn(
        "ssh",
        ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
         "-p", installation.ssh.split(":")[1], f"{USER}+Linux_shell+web01@127.0.0.1"],
        encoding="utf-8",
        timeout=30,
    )  # fmt: skip
    shell.expect("[Pp]assword: ")
    shell.sendline(USER_PASSWORD)
    shell.expect(r"\$ ")
    shell.sendline("for i in $(seq 1 200); do echo seen-$i-$((i * 7)); done; echo all-$((40 + 2))")
    shell.expect("all-42")
    installation.kill()
    shell.close()

    installation.start()
    listed = json.loads(installation.locum("recording", "list").stdout)
    assert len(listed) == 1
    connection = listed[0]["connection"]
    verified = installation.locum("recording", "verify", connection)
    assert verified.returncode == 0, verified.stderr
    assert "interrupted" in verified.stdout
    cast = tmp_path / "seen.cast"
    assert installation.locum("recording", "export", connection, str(cast)).returncode == 0
    text = "".join(json.loads(line)[2] for line in cast.read_text().splitlines()[1:])
    assert all(f"seen-{i}-{i * 7}" in text for i in range(1, 201))
    assert "all-42" in text

    user = installation.user()
    session = user.wait_for_session(listed[0]["session"], ENDED, 20)
    assert session["status"] == 3
    assert settled(linux_hosts[0], before)
    assert installation.stop() == 0
    changed = installation.data / "recordings"
    (file,) = changed.rglob("*.locrec")
    file.write_bytes(file.read_bytes()[:-40])
    assert installation.locum("recording", "verify", connection).returncode == 1
