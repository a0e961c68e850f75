"""A link from the API lets a real ssh client into its session once, without a question, through a real server."""

from __future__ import annotations

import subprocess

from demo.installation import ACTIVE, ADMIN, Demo
from demo.story import ACTIVITY, RESOURCE, Story

PROFILES = "/api/v1/ConnectionProfile"
SESSIONS = "/api/v1/ActivitySession"


def test_a_link_opens_its_session_once(demo: Demo) -> None:
    admin = demo.client()
    admin.sign_in(ADMIN, demo.admin_password, "NA")
    (default,) = admin.call("GET", PROFILES)
    admin.call("PUT", f"{PROFILES}/{default['id']}", {"proxyAutoConnect": True})
    story = Story(demo, lambda line: None)
    story._sign_in()
    body = {"activityName": ACTIVITY, "managedResourceName": RESOURCE, "note": "by a link"}
    session = story._user.call("POST", SESSIONS, body)
    assert story._user.wait_for_session(session["id"], {ACTIVE})["status"] == ACTIVE
    name = story._user.call("GET", f"{SESSIONS}/Ssh/{session['id']}").removeprefix("ssh://").rsplit("@", 1)[0]
    assert _ssh(demo, name) == (0, "0\n")
    status, said = _ssh(demo, name)
    assert status == 255
    assert "this link was used before, or is more than a minute old: sign in" in said
    again = story._user.call("GET", f"{SESSIONS}/Ssh/{session['id']}").removeprefix("ssh://").rsplit("@", 1)[0]
    assert again != name
    assert _ssh(demo, again) == (0, "0\n")
    story._user.call("DELETE", f"{SESSIONS}/{session['id']}")


def _ssh(demo: Demo, name: str) -> tuple[int, str]:
    """Status and words of a client that nobody answers questions for."""
    host, port = demo.ssh.rsplit(":", 1)
    quiet = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null")
    command = ["ssh", "-F", "none", *(f"-o{one}" for one in quiet), "-p", port, f"{name}@{host}", "sudo -n id -u"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout or done.stderr
