"""kill -9 at every step boundary of a session on a database: whatever was half made is finished or undone.

Each case runs one session with a login, a role and a privilege on a real server, as test_crash.py does on a host, with
a login for it alone or with a managed one, and demands the same: the target is then as it was, the ledger is closed,
the audit chain verifies, no failure was counted.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bench.postgres import PostgresServer
from demo.client import Client

from connectors.test_mariadb_access import Server as MariadbTarget
from connectors.test_postgresql_access import Server as PostgresTarget
from database_targets import Authority, DatabaseTarget, MariadbServer
from installation import ENDED, USER, USER_PASSWORD, Installation

CRASHING = [sys.executable, str(Path(__file__).with_name("crashing_locum.py"))]
SERVICE = "session_opener"
RIGHTS = ("role", "grant")
SLICE = {("account", "after revert role"), ("managed_account", "after stay")}


def boundaries(login: str) -> list[str]:
    """A login that stays is looked at, and whoever takes access away asks who else is on it."""
    kinds, stays = (login, *RIGHTS), login != "account"
    looked = ("found",) if stays else ()
    made = [step for kind in kinds for step in ("_begin", *looked, f"apply {kind}", "_applied")]
    gone = [step for kind in reversed(kinds) for step in (f"revert {kind}", "_reverted")]
    steps = ["_intend", *made, "_activate", *(("stay",) if stays else ()), *gone, "_finish"]
    return [f"{when} {step}" for step in steps for when in ("before", "after")]


@dataclass
class Course:
    """One kind of database: what an administrator enters, and how the server looks."""

    activity: str
    resource: dict[str, Any]
    password: str
    actions: list[tuple[str, dict[str, str]]]
    state: Callable[[], list[str]]
    settled: Callable[[list[str]], bool]


@pytest.fixture
def trusted(database_authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(database_authority.file))


@pytest.fixture
def postgresql(postgres_target: tuple[PostgresServer, DatabaseTarget], trusted: None) -> Iterator[Course]:
    server, target = postgres_target
    made = PostgresTarget(server, target)
    made.run(f"CREATE ROLE {SERVICE} SUPERUSER LOGIN PASSWORD '{target.password}'")
    grant = {"on": "schema", "name": "public", "privileges": "CREATE"}
    yield Course(
        "PostgreSQL login",
        _resource(target, 0),
        target.password,
        [("role", {"role": "pg_monitor"}), ("grant", grant)],
        made.state,
        made.settled,
    )
    made.run(f"DROP ROLE {SERVICE}")


@pytest.fixture
def mariadb(mariadb_target: MariadbServer, trusted: None) -> Iterator[Course]:
    made, target = MariadbTarget(mariadb_target), mariadb_target.target
    made.run("CREATE DATABASE orders")
    made.run(f"CREATE USER {SERVICE}@'127.0.0.1' IDENTIFIED BY %s", target.password)
    made.run(f"GRANT ALL ON *.* TO {SERVICE}@'127.0.0.1' WITH GRANT OPTION")
    made.run(f"CREATE ROLE clerks WITH ADMIN {SERVICE}@'127.0.0.1'")
    grant = {"on": "database", "name": "orders", "privileges": "SELECT"}
    yield Course(
        "MySQL login",
        _resource(target, 4),
        target.password,
        [("role", {"role": "clerks"}), ("grant", grant)],
        made.state,
        made.settled,
    )
    made.run("DROP ROLE clerks")
    made.run(f"DROP USER {SERVICE}@'127.0.0.1'")
    made.run("DROP DATABASE orders")


def _resource(target: DatabaseTarget, kind: int) -> dict[str, Any]:
    return {"type": 5, "ipAddress": "127.0.0.1", "managedDatabase": {"type": kind, "port": target.port}}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    made.prepare()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def set_up(admin: Client, course: Course) -> None:
    user = admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": USER},
        "localUserPasswordChangeRequest": {"passwordNew": USER_PASSWORD},
    })["id"]  # fmt: skip
    service = {"username": SERVICE, "password": course.password}
    account = admin.call("POST", "/api/v1/Credential", service)["id"]
    resource = {"name": "orders", "serviceAccountId": account, **course.resource}
    where = admin.call("POST", "/api/v1/ManagedResource", resource)["id"]
    (activity,) = [a["id"] for a in admin.call("GET", "/api/v1/Activity") if a["name"] == course.activity]
    policy = {"name": "all", "managedAccountIds": [user], "managedResourceIds": [where], "activityIds": [activity]}
    admin.call("POST", "/api/v1/AccessControlPolicy", policy)


def add_actions(installation: Installation, course: Course, login: str) -> None:
    """Besides, let the activity be for a managed login, where it is to be one."""
    with sqlite3.connect(installation.data / "locum.db") as database:
        (activity,) = database.execute("SELECT id FROM activity WHERE name = ?", (course.activity,)).fetchone()
        for position, (kind, parameters) in enumerate(course.actions):
            database.execute(
                "INSERT INTO activity_action (id, activity_id, position, kind, parameters) VALUES (?, ?, ?, ?, ?)",
                (uuid.uuid4().hex, activity, position, kind, json.dumps(parameters)),
            )
        if login != "account":
            managed = "UPDATE activity SET login_type = 1, login_template = 'kept login' WHERE id = ?"
            database.execute(managed, (activity,))
    database.close()


def one_life(installation: Installation, course: Course) -> tuple[str, bool]:
    """Ask, wait until active, end, wait until ended; stops where the server dies. (id, whether the end was asked)."""
    session, ending = "", False
    try:
        user = installation.user()
        asked = {"activityName": course.activity, "managedResourceName": "orders"}
        session = user.call("POST", "/api/v1/ActivitySession", asked)["id"]
        user.wait_for_session(session, {1, *ENDED}, 20)
        ending = True
        user.call("DELETE", f"/api/v1/ActivitySession/{session}")
        user.wait_for_session(session, ENDED, 20)
    except (OSError, ValueError):
        assert installation.process is not None
        installation.process.wait(5)
    return session, ending


def go_through(installation: Installation, course: Course, login: str, boundary: int) -> None:
    before = course.state()
    add_actions(installation, course, login)
    count = installation.data / "boundaries"
    installation.start()
    set_up(installation.admin(), course)
    installation.stop()
    installation.start(CRASHING, {"LOCUM_CRASH_AT": str(boundary), "LOCUM_CRASH_COUNT": str(count)})
    session, ending = one_life(installation, course)
    assert count.read_text().splitlines() == boundaries(login)[: boundary or None]
    assert installation.process is not None
    if boundary:
        assert installation.process.poll() == -9, installation.log()
        installation.start()
    healthy = time.monotonic()
    user = installation.user()
    if not session:  # the answer was lost with the server, the wish was not
        listed = [user.call("GET", f"/api/v1/ActivitySession/SummaryByStatus/{s}") for s in ("Pending", "Active")]
        session = next(row["id"] for page in listed for row in page["data"])
    if not ending:
        assert user.wait_for_session(session, {1, *ENDED}, 20)["status"] == 1
        user.call("DELETE", f"/api/v1/ActivitySession/{session}")
    assert user.wait_for_session(session, ENDED, 20)["status"] == 3
    assert time.monotonic() - healthy < 25
    assert course.settled(before)
    assert installation.stop() == 0
    database = sqlite3.connect(installation.data / "locum.db")
    assert database.execute("SELECT count(*) FROM ledger_entry WHERE state <> 'reverted'").fetchone() == (0,)
    assert database.execute("SELECT coalesce(sum(failures), 0) FROM ledger_entry").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM job").fetchone() == (0,)
    verified = installation.locum("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


CASES = [
    pytest.param(
        login, number, id=f"{login}-{number}-{name}", marks=() if (login, name) in SLICE else pytest.mark.full
    )
    for login in ("account", "managed_account")
    for number, name in enumerate(["never", *boundaries(login)])
]


@pytest.mark.parametrize(("login", "boundary"), CASES)
def test_killed_on_postgresql(installation: Installation, postgresql: Course, login: str, boundary: int) -> None:
    go_through(installation, postgresql, login, boundary)


@pytest.mark.parametrize(("login", "boundary"), CASES)
def test_killed_on_mariadb(installation: Installation, mariadb: Course, login: str, boundary: int) -> None:
    go_through(installation, mariadb, login, boundary)
