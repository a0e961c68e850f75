"""A real session's recording goes to a real object store, and is checked, exported, played and shown from there."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from demo.installation import ACTIVE, ADMIN, Demo
from demo.story import ACTIVITY, RESOURCE, Story

from object_store import ObjectStore, object_store

LOCUM = str(Path(sys.executable).parent / "locum")


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """For the demo too, which is made after it."""
    with object_store(tmp_path) as made:
        for name, value in made.env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("LOCUM_RECORDINGS_ARCHIVE", made.place.url)
        monkeypatch.setenv("LOCUM_RECORDINGS_ARCHIVE_ENDPOINT", made.endpoint)
        monkeypatch.setenv("LOCUM_RECORDINGS_ARCHIVE_CA", str(made.ca))
        yield made


def test_a_recording_moves_and_is_as_good_there(bucket: ObjectStore, demo: Demo, tmp_path: Path) -> None:
    story = Story(demo, lambda line: None)
    story._sign_in()
    body = {"activityName": ACTIVITY, "managedResourceName": RESOURCE, "note": "to be kept"}
    session = story._user.call("POST", "/api/v1/ActivitySession", body)
    assert story._user.wait_for_session(session["id"], {ACTIVE})["status"] == ACTIVE
    url = story._user.call("GET", f"/api/v1/ActivitySession/Ssh/{session['id']}")
    shell = story._ssh(url.removeprefix("ssh://").rsplit("@", 1)[0])
    shell.expect(r"\$ $", timeout=20)
    shell.sendline("echo kept-$((20+3))")
    shell.expect("kept-23", timeout=20)
    story._user.call("DELETE", f"/api/v1/ActivitySession/{session['id']}")
    shell.close()
    folder = demo.path / "data" / "recordings"
    deadline = time.monotonic() + 60
    while not bucket.names() or list(folder.glob("*.locrec")):
        assert time.monotonic() < deadline, os.listdir(folder)
        time.sleep(0.1)
    (name,) = bucket.names()
    connection = name.removeprefix("locum/").removesuffix(".locrec")
    assert b"kept-23" not in (bucket.folder / "recordings" / name).read_bytes()

    assert "intact" in locum(demo, "verify", connection)
    locum(demo, "export", connection, str(tmp_path / "seen.cast"))
    assert "kept-23" in (tmp_path / "seen.cast").read_text()
    assert "kept-23" in locum(demo, "play", connection, "--speed", "1000")
    admin = demo.client()
    admin.sign_in(ADMIN, demo.admin_password, "NA")
    address = f"https://{demo.https}/api/locum/v1/Recording/{connection}/Cast"
    tls = ssl.create_default_context(cafile=demo.ca)
    http_client = httpx.Client(headers={"Authorization": admin.authorization}, verify=tls, timeout=60)
    assert "kept-23" in http_client.get(address).text
    bucket.stop()
    away = http_client.get(address)
    assert (away.status_code, "fetched from the archive" in away.json()["detail"]) == (409, True)
    assert list((folder / "fetched").iterdir()) == []


def locum(demo: Demo, verb: str, connection: str, *more: str) -> str:
    command = [LOCUM, "recording", verb, "--data-dir", str(demo.path / "data"), connection, *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
