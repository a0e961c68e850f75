"""What a connection profile says reaches a real ssh client through a real server and a real host."""

from __future__ import annotations

import datetime as dt

import pexpect
import pytest
from demo.installation import ACTIVE, ADMIN, Demo
from demo.story import ACTIVITY, ENDED, RESOURCE, Story

PROFILES = "/api/v1/ConnectionProfile"


@pytest.mark.full  # it waits for minutes to pass; tests/gateway/ssh/test_connection.py has the notice in make test
def test_the_person_is_told_before_the_session_ends_with_its_time(demo: Demo) -> None:
    admin = demo.client()
    admin.sign_in(ADMIN, demo.admin_password, "NA")
    (default,) = admin.call("GET", PROFILES)
    admin.call("PUT", f"{PROFILES}/{default['id']}", {"expirationTimeoutThreshold": 1})
    story = Story(demo, lambda line: None)
    story._sign_in()
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=20)
    body = {"activityName": ACTIVITY, "managedResourceName": RESOURCE, "endDateTimeUtc": end.isoformat()}
    session = story._user.call("POST", "/api/v1/ActivitySession", body)
    assert story._user.wait_for_session(session["id"], {ACTIVE, *ENDED})["status"] == ACTIVE
    url = story._user.call("GET", f"/api/v1/ActivitySession/Ssh/{session['id']}")
    shell = story._ssh(url.removeprefix("ssh://").rsplit("@", 1)[0])
    shell.expect(r"locum: your session ends in 1 minute, at \d\d:\d\d UTC", timeout=20)
    shell.expect("locum: your session ended: [^\r\n]*", timeout=30)
    shell.expect(pexpect.EOF, timeout=5)
