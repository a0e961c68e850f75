"""Admin commands, with and without a running server: the same answers, each use audited."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.client import Refused

from installation import LOCUM, Installation


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(tmp_path_factory.mktemp("operate") / "data")
    assert installation.init().returncode == 0
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
