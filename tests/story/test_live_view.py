"""An administrator watches a real ssh client's session through a real server, while it is typed in."""

from __future__ import annotations

import http.client
import ssl
import time

from demo.installation import ACTIVE, ADMIN, Demo
from demo.story import ACTIVITY, RESOURCE, Story

LINES_WITHIN_S = 20


def until(answer: http.client.HTTPResponse, text: bytes) -> bytes:
    """What comes until `text` has. Each line is sent as it happens, or this waits in vain."""
    seen = b""
    while text not in seen:
        line = answer.readline()
        assert line, f"the answer ended before {text!r}: {seen!r}"
        seen += line
    return seen


def test_what_is_typed_is_seen_while_it_is_typed(demo: Demo) -> None:
    story = Story(demo, lambda line: None)
    story._sign_in()
    body = {"activityName": ACTIVITY, "managedResourceName": RESOURCE, "note": "watched"}
    session = story._user.call("POST", "/api/v1/ActivitySession", body)
    assert story._user.wait_for_session(session["id"], {ACTIVE})["status"] == ACTIVE
    url = story._user.call("GET", f"/api/v1/ActivitySession/Ssh/{session['id']}")
    shell = story._ssh(url.removeprefix("ssh://").rsplit("@", 1)[0])
    shell.expect(r"\$ $", timeout=20)

    admin = demo.client()
    admin.sign_in(ADMIN, demo.admin_password, "NA")
    (row,) = admin.call("GET", "/api/v1/ActivitySession/SummaryByStatus/Active")["data"]
    (proxy,) = row["proxySessions"]
    host, _, port = demo.https.rpartition(":")
    connection = http.client.HTTPSConnection(
        host, int(port), timeout=LINES_WITHIN_S, context=ssl.create_default_context(cafile=demo.ca)
    )
    path = f"/api/locum/v1/Recording/{proxy['id']}/Live"
    connection.request("GET", path, headers={"Authorization": admin.authorization})
    answer = connection.getresponse()
    assert answer.status == 200
    until(answer, b"$ ")
    for word in ("first", "second"):
        began = time.monotonic()
        shell.sendline(f"echo {word}-$((20+3))")
        until(answer, f"{word}-23".encode())
        assert time.monotonic() - began < LINES_WITHIN_S
    story._user.call("DELETE", f"/api/v1/ActivitySession/{session['id']}")
    assert answer.read().endswith(b"\n")  # it ends with the connection, by itself
    refused = http.client.HTTPSConnection(
        host, int(port), timeout=LINES_WITHIN_S, context=ssl.create_default_context(cafile=demo.ca)
    )
    refused.request("GET", path, headers={"Authorization": story._user.authorization})
    assert refused.getresponse().status == 403
