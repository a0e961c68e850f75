"""kill -9 at every step boundary of a session on a person's own account, with rights, a key and scripts on a real host.

As test_crash.py, which runs the account made for one session: what was half made is finished or undone, the account
is then as it was before, the ledger is closed, the audit chain verifies.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from demo.client import Client
from demo.hosts import Host

from demo import hosts
from hosts import settled, state_of
from installation import ENDED, Installation

CRASHING = [sys.executable, str(Path(__file__).with_name("crashing_locum.py"))]
LOGIN = "dora"
KINDS = ("own_account", "authorized_key", "group", "sudoers", "custom_script")
LOOKED_AT = ("group",)
MADE = [
    step
    for kind in KINDS
    for step in ("_begin", *(("found",) if kind in LOOKED_AT else ()), f"apply {kind}", "_applied")
]
GONE = [step for kind in reversed(KINDS) for step in (f"revert {kind}", "_reverted")]
STEPS = ["pin_host_key", "_intend", *MADE, "_activate", "apply custom_script", "_reverted", *GONE, "_finish"]
BOUNDARIES = [f"{when} {step}" for step in STEPS for when in ("before", "after")]
SLICE = {"after revert group"}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, linux_hosts: list[Host]) -> Path:
    """A data directory as it is before a session: each case gets a copy."""
    made = Installation(tmp_path_factory.mktemp("seeded") / "data")
    made.prepare()
    made.start()
    ids = made.seed(linux_hosts[0])
    admin = made.admin()
    activity = _activity(admin)
    policy = {"name": "own", "managedAccountIds": [ids["user"]], "managedResourceIds": [ids["resource"]]}
    admin.call("POST", "/api/v1/AccessControlPolicy", {**policy, "activityIds": [activity]})
    made.stop()
    return made.data


def _activity(admin: Client) -> str:
    (linux,) = [p["id"] for p in admin.call("GET", "/api/v1/Platform") if p["name"] == "Linux"]
    templates = {t["definition"]: t for t in admin.call("GET", "/api/v1/ActionTemplate")}

    def action(kind: str, **parameters: str) -> dict[str, Any]:
        template = templates[f"linux/{kind}"]
        ids = {p["name"]: p["id"] for p in template["actionTemplateParameter"]}
        given = [{"actionTemplateParameterId": ids[name], "value": value} for name, value in parameters.items()]
        return {"actionTemplateId": template["id"], "actionParameter": given}

    named = {"name": "Own account", "platformId": linux, "loginAccountNameFormat": LOGIN}
    made = admin.call("POST", "/api/v1/Activity", {**named, "loginAccount": 0, "requesterLoginFormat": 4})
    script = action("custom_script", script='id "$LOCUM_LOGIN"', run_as="root")
    start = [action("group", group="users"), action("sudoers", nopasswd="true"), script]
    admin.call("PUT", f"/api/v1/ActionGroup/{made['startActionGroupId']}/Action", start)
    admin.call("PUT", f"/api/v1/ActionGroup/{made['endActionGroupId']}/Action", [script])
    return str(made["id"])


@pytest.fixture
def installation(tmp_path: Path, seeded: Path, linux_hosts: list[Host]) -> Iterator[Installation]:
    shutil.copytree(seeded, tmp_path / "data")
    hosts.run(linux_hosts[0], f"useradd -m -s /bin/bash {LOGIN}")
    made = Installation(tmp_path / "data")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()
    hosts.run(linux_hosts[0], f"pkill -KILL -u {LOGIN}; userdel -f -r {LOGIN} 2>/dev/null", check=False)


def one_life(installation: Installation) -> tuple[str, bool]:
    """Ask, wait until active, end, wait until ended; stops where the server dies. (id, whether the end was asked)."""
    session, ending = "", False
    try:
        user = installation.user()
        asked = {"activityName": "Own account", "managedResourceName": "web01"}
        session = user.call("POST", "/api/v1/ActivitySession", asked)["id"]
        user.wait_for_session(session, {1, *ENDED}, 20)
        ending = True
        user.call("DELETE", f"/api/v1/ActivitySession/{session}")
        user.wait_for_session(session, ENDED, 20)
    except (OSError, ValueError):
        assert installation.process is not None
        installation.process.wait(5)
    return session, ending


CASES = [
    pytest.param(number, id=f"{number}-{name}", marks=() if name in SLICE else pytest.mark.full)
    for number, name in enumerate(["never", *BOUNDARIES])
]


@pytest.mark.parametrize("boundary", CASES)
def test_killed_at(installation: Installation, linux_hosts: list[Host], boundary: int) -> None:
    host = linux_hosts[0]
    before = state_of(host)
    count = installation.data / "boundaries"
    installation.start(CRASHING, {"LOCUM_CRASH_AT": str(boundary), "LOCUM_CRASH_COUNT": str(count)})
    session, ending = one_life(installation)
    assert count.read_text().splitlines() == BOUNDARIES[: boundary or None]
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
    assert settled(host, before)
    assert installation.stop() == 0
    database = sqlite3.connect(installation.data / "locum.db")
    assert database.execute("SELECT count(*) FROM ledger_entry WHERE state <> 'reverted'").fetchone() == (0,)
    assert database.execute("SELECT coalesce(sum(failures), 0) FROM ledger_entry").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM job").fetchone() == (0,)
    verified = installation.locum("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
