"""Admin commands, with and without a running server: the same answers, each use audited."""

from __future__ import annotations

import getpass
import json
import os
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.client import Client, Refused
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from installation import ADMIN, ADMIN_PASSWORD, LOCUM, Installation, status


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(tmp_path_factory.mktemp("operate") / "data")
    installation.prepare()
    return installation


@pytest.fixture
def running(made: Installation) -> Iterator[Installation]:
    made.start()
    yield made
    made.stop()


def uses(made: Installation, command: str) -> int:
    database = sqlite3.connect(made.data / "locum.db")
    row = database.execute(
        "SELECT count(*) FROM audit_event WHERE action = 'console.command' AND detail LIKE ?", (f'%"{command}"%',)
    )
    return int(row.fetchone()[0])


def test_audit_verify_offline_and_through_the_socket(made: Installation) -> None:
    before = uses(made, "audit.verify")
    assert made.locum("audit", "verify").returncode == 0
    made.start()
    assert stat.S_IMODE((made.data / "admin.sock").stat().st_mode) == 0o600
    assert made.locum("audit", "verify").returncode == 0
    made.stop()
    assert uses(made, "audit.verify") == before + 2


def test_a_changed_row_is_found_and_named(made: Installation, tmp_path: Path) -> None:
    export = tmp_path / "audit.jsonl"
    assert made.locum("audit", "export", str(export)).returncode == 0
    key = made.data / "public" / "audit-signing.pub"

    def verify(file: Path) -> subprocess.CompletedProcess[str]:
        command = [LOCUM, "audit", "verify-file", str(file), "--public-key", str(key)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert verify(export).returncode == 0
    changed = tmp_path / "changed.jsonl"
    changed.write_text(export.read_text().replace("administrator", "adminestrator").replace("admin", "nimda"))
    refused = verify(changed)
    assert refused.returncode == 1
    assert refused.stderr.strip()


def test_recover_makes_one_administrator_that_expires(running: Installation, tmp_path: Path) -> None:
    key = running.data / "keys" / "recovery.key"
    offline = tmp_path / "offline.key"
    offline.write_bytes(key.read_bytes())
    done = running.locum("recover", "--recovery-key", str(offline), "--minutes", "5")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    client = running.client()
    client.sign_in(made["name"], made["password"], "NA")
    assert client.call("GET", "/api/v1/Log")[0]["name"] == "Sessions"

    again = running.locum("recover", "--recovery-key", str(offline))
    assert again.returncode == 2
    assert "recovery key" in again.stderr
    assert key.read_bytes() != offline.read_bytes()
    database = sqlite3.connect(running.data / "locum.db")
    database.execute(
        "UPDATE identity SET expires_at = '2020-01-01 00:00:00.000000' WHERE name = ?", (made["name"],)
    )
    database.commit()
    with pytest.raises(Refused) as refusal:
        client.call("GET", "/api/v1/Log")
    assert refusal.value.status == 401


def test_a_stranger_to_the_directory_gets_one_line(tmp_path: Path) -> None:
    done = Installation(tmp_path).locum("audit", "verify")
    assert done.returncode == 2
    assert "never initialised" in done.stderr


def test_an_unknown_recording(made: Installation) -> None:
    for name in ("nonsense", "../../etc/passwd", "01a2086d-e757-7b25-a1c3-3844b8f98120"):
        done = made.locum("recording", "verify", name)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1


def test_nonsense_on_the_socket_harms_nobody(running: Installation) -> None:
    import socket

    for line in (b"nonsense\n", b"{}\n", b'{"command": "x", "arguments": {}}\n', b"[" * 70000 + b"\n"):
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(5)
            wire.connect(str(running.data / "admin.sock"))
            wire.sendall(line)
            answer = wire.makefile("rb").readline()
        assert b"error" in answer or answer == b""
    assert running.healthy()
    assert os.path.exists(running.data / "admin.sock")


@pytest.fixture
def ended(made: Installation) -> Iterator[Installation]:
    """For tests that start it themselves: whatever they come to, it runs no more afterwards."""
    yield made
    made.stop()


def verifies(public_key: bytes, token: str) -> bool:
    """Whether a program that has the file alone takes the token for one of ours."""
    try:
        return bool(jwt.decode(token, ECKey.import_key(public_key), ["ES256"]).claims["iss"] == "locum")
    except JoseError:
        return False


def bearer(made: Installation, token: str) -> Client:
    client = made.client()
    client.authorization = f"Bearer {token}"
    return client


def rotations(made: Installation) -> list[tuple[str, str]]:
    """Who replaced the token key, and with what outcome, as the audit log has it."""
    query = "SELECT actor_name, outcome FROM audit_event WHERE action = 'token_key.rotated' ORDER BY id"
    return list(sqlite3.connect(made.data / "locum.db").execute(query))


@pytest.mark.parametrize(
    "running_meanwhile", [True, pytest.param(False, marks=pytest.mark.full)], ids=["through the socket", "offline"]
)
def test_auth_24_another_token_key_ends_every_token_at_once(ended: Installation, running_meanwhile: bool) -> None:
    made = ended
    made.start()
    public = made.data / "public" / "token-signing.pub"
    before, rotated = public.read_bytes(), len(rotations(made))
    admin = made.admin()
    old = str(admin.authorization).removeprefix("Bearer ")
    pending = made.client().call("POST", "/signinBody", {"Login": ADMIN, "Password": ADMIN_PASSWORD})
    browser = made.browser()
    _, robot = made.application(admin, f"robot {running_meanwhile}")
    assert (status(admin), status(robot)) == (200, 200)
    assert verifies(before, old)
    if not running_meanwhile:
        made.stop()
    done = made.locum("rotate-token-key")
    assert done.returncode == 0, done.stderr
    assert "refused from now on" in done.stdout
    if not running_meanwhile:
        made.start()

    assert status(admin) == 401
    with pytest.raises(Refused) as refusal:
        bearer(made, pending).call("POST", "/signin2fa", raw=b"NA")
    assert refusal.value.status == 401
    assert status(robot) == 200
    renewed = browser.get("/api/v1/UserToken").json()  # the cookie's sign-in goes on
    fresh = str(made.admin().authorization).removeprefix("Bearer ")
    after = public.read_bytes()
    for token in (renewed, fresh):
        assert status(bearer(made, token)) == 200
        assert verifies(after, token)
        assert not verifies(before, token)
    assert not verifies(after, old)
    assert rotations(made)[rotated:] == [(f"console:{getpass.getuser()}", "ok")]
    assert uses(made, "token-key.rotate") == rotated + 1
    made.stop()
    assert made.locum("audit", "verify").returncode == 0


@pytest.mark.parametrize("again", ["serve", pytest.param("init", marks=pytest.mark.full)])
def test_a_crash_before_the_new_public_key_is_written_is_mended(ended: Installation, again: str) -> None:
    made = ended
    public = made.data / "public" / "token-signing.pub"
    before = public.read_bytes()
    assert made.locum("rotate-token-key").returncode == 0
    after = public.read_bytes()
    assert after != before
    public.write_bytes(before)  # as it is between the commit and the file
    if again == "init":
        assert made.init().returncode == 0
        assert public.read_bytes() == after
    made.start()
    assert public.read_bytes() == after
    assert verifies(after, str(made.admin().authorization).removeprefix("Bearer "))
