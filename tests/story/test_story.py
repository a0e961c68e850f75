"""The main job from start to finish, as `make demo-run` shows it, on real hosts with a real ssh client."""

from __future__ import annotations

import ssl
import urllib.request

from demo.installation import ADMIN, Demo, locum
from demo.story import RESOURCE, Story


def test_every_step_of_the_story_holds(demo: Demo) -> None:
    told: list[str] = []
    Story(demo, told.append).run()
    assert "  ✓ locum audit verify passes" in told
    an_application_in_the_role_of_an_auditor_plays_it(demo)
    what_was_typed_is_found(demo)


def what_was_typed_is_found(demo: Demo) -> None:
    """REC-04: a part of what a person typed leads to who it was, where and when."""
    admin = demo.client()
    admin.sign_in(ADMIN, demo.admin_password, "NA")
    found = admin.call("GET", "/api/locum/v1/Recording/Text?filterText=SUDO%20I&streamType=StdIn")["data"]
    assert {(row["text"], row["managedResourceName"]) for row in found} == {("sudo id", RESOURCE)}
    shown = admin.call("GET", "/api/locum/v1/Recording/Text?filterText=uid%3D0(root)")["data"]
    assert {row["streamType"] for row in shown} == {3}
    sessions = {row["activitySessionId"] for row in found}
    assert {row["activitySessionId"] for row in shown} == sessions


def an_application_in_the_role_of_an_auditor_plays_it(demo: Demo) -> None:
    """ROLE-04 on what the gateway really recorded: over the API it is what the console exports."""
    admin, auditor = demo.client(), demo.client()
    admin.sign_in(ADMIN, demo.admin_password, "NA")
    hosts = admin.call("GET", "/api/v1/ManagedResource/Search")["data"]
    role = {
        "name": "Auditors of the first host",
        "target": "recordings",
        "permissions": ["recordings:ended:view"],
        "managedResourceIds": [row["id"] for row in hosts if row["name"] == RESOURCE],
    }
    role_id = admin.call("POST", "/api/locum/v1/Role", role)["id"]
    admin.call("PUT", f"/api/locum/v1/Role/{role_id}/Member/{demo.application_id}")
    admin.call("PUT", f"/api/v1/ManagedAccount/GenerateApiKey/{demo.application_id}")
    auditor.authorization = "Bearer " + admin.call(
        "GET", f"/api/v1/ManagedAccount/RevealApiKey/{demo.application_id}"
    )
    connection = auditor.call("GET", "/api/locum/v1/Recording")["data"][-1]["id"]
    request = urllib.request.Request(
        f"https://{demo.https}/api/locum/v1/Recording/{connection}/Cast",
        headers={"Authorization": auditor.authorization},
    )
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=demo.ca)) as answer:  # noqa: S310
        assert answer.headers["content-type"] == "application/x-asciicast"
        shown = answer.read()
    assert b"sudo id" in shown
    exported = demo.path / "session.cast"
    assert locum("recording", "export", "--data-dir", str(demo.data), connection, str(exported)).returncode == 0
    assert exported.read_bytes() == shown
