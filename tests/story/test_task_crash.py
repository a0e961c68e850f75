"""A task made, asked for and seen over the API of a real server, which is killed in the middle of its script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from demo.client import Client, Refused
from demo.hosts import Host

from demo import hosts
from hosts import settled, state_of
from installation import ENDED, Installation

MARK = "/var/tmp/task"
SESSIONS = "/api/v1/ActivitySession"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    made.prepare()
    made.start()
    yield made
    made.stop()


def task(admin: Client, ids: dict[str, str], name: str, *scripts: str) -> None:
    """A task of these scripts, and a policy that gives it."""
    (linux,) = [p["id"] for p in admin.call("GET", "/api/v1/Platform") if p["name"] == "Linux"]
    (template,) = [
        t for t in admin.call("GET", "/api/v1/ActionTemplate") if t["definition"] == "linux/custom_script"
    ]
    parameters = {p["name"]: p["id"] for p in template["actionTemplateParameter"]}

    def action(text: str) -> dict[str, Any]:
        given = {"script": text, "run_as": "root"}
        said = [{"actionTemplateParameterId": parameters[one], "value": value} for one, value in given.items()]
        return {"actionTemplateId": template["id"], "actionParameter": said, "timeout": 600}

    made = admin.call("POST", "/api/v1/Activity", {"name": name, "platformId": linux, "activityType": 2})
    assert made["activityType"] == 2
    steps = [action(text) for text in scripts]
    admin.call("PUT", f"/api/v1/ActionGroup/{made['duringActionGroupId']}/Action", steps)
    policy = {"name": name, "managedAccountIds": [ids["user"]], "managedResourceIds": [ids["resource"]]}
    admin.call("POST", "/api/v1/AccessControlPolicy", {**policy, "activityIds": [made["id"]]})


def said(user: Client, session: str) -> str:
    return json.dumps(user.call("GET", f"{SESSIONS}/{session}/Log")["lines"])


def test_killed_in_the_middle_of_a_script(installation: Installation, linux_hosts: list[Host]) -> None:
    host = linux_hosts[0]
    before = state_of(host)
    ids = installation.seed(host)
    task(
        installation.admin(),
        ids,
        "Clean up",
        f"echo ran >> {MARK}",
        f"echo ran >> {MARK}; sleep 500",
        f"rm {MARK}",
    )
    user = installation.user()
    asked = {"activityName": "Clean up", "managedResourceName": "web01"}
    session = user.call("POST", SESSIONS, asked)["id"]
    hosts.run(host, f'until [ "$(wc -l < {MARK} 2>/dev/null)" = 2 ]; do sleep 0.05; done')
    with pytest.raises(Refused, match="404"):
        user.call("GET", f"{SESSIONS}/Ssh/{session}")
    installation.kill()
    installation.start()
    user = installation.user()
    ended = user.wait_for_session(session, ENDED, 30)
    log = said(user, session)
    assert ended["status"] == 4, log
    assert "nobody knows whether it was done, for it was cut off; it is not run again" in log
    assert hosts.run(host, f"wc -l < {MARK}; rm {MARK}").strip() == "2"
    assert hosts.run(host, "pgrep -fx 'sleep 500'", check=False) == ""
    assert settled(host, before)
    verified = installation.locum("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_who_ends_a_task_has_cancelled_it(installation: Installation, linux_hosts: list[Host]) -> None:
    host = linux_hosts[0]
    before = state_of(host)
    ids = installation.seed(host)
    task(installation.admin(), ids, "Sleep", f"echo asleep; touch {MARK}; sleep 500")
    user = installation.user()
    session = user.call("POST", SESSIONS, {"activityName": "Sleep", "managedResourceName": "web01"})["id"]
    hosts.run(host, f"until [ -e {MARK} ]; do sleep 0.05; done; rm {MARK}")
    user.call("DELETE", f"{SESSIONS}/{session}")
    assert user.wait_for_session(session, ENDED, 30)["status"] == 5
    assert "custom_script is cut off" in said(user, session)
    assert settled(host, before)
