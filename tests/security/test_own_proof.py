"""Recovery, a new signing key and preparing a directory need their own proof, and no way leads there by HTTP (SEC-14).

The proof is the account that owns the data directory; for recovery the recovery key besides. Each use is audited.
"""

from __future__ import annotations

import ast
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.client import Refused

import locum.api
from installation import ADMIN, ADMIN_PASSWORD, Installation

TOKEN = "/api/v1/UserToken"


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    """In a folder that everybody may enter, so that the data directory's own closure is what stops them."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    made = Installation(folder / "data")
    made.prepare()
    made.start()
    assert made.healthy(), made.log()
    yield made
    made.stop()
    shutil.rmtree(folder)


def commands(installation: Installation) -> list[tuple[str, str]]:
    """Every admin command in the audit log: who, and its name."""
    rows = sqlite3.connect(installation.data / "locum.db").execute(
        "SELECT actor_name, detail FROM audit_event WHERE action = 'console.command' ORDER BY id"
    )
    return [(actor, json.loads(detail)["command"]) for actor, detail in rows]


def audited(installation: Installation, action: str) -> int:
    database = sqlite3.connect(installation.data / "locum.db")
    row = database.execute("SELECT count(*) FROM audit_event WHERE action = ?", (action,)).fetchone()
    return int(row[0])


AS_NOBODY = """
import os, sys
import locum.main.operate, locum.main.prepare  # while this account may still read them
from locum.cli.main import cli
os.setgroups([]); os.setgid(65534); os.setuid(65534)
cli(sys.argv[1:])
"""


def as_nobody(installation: Installation, *command: str) -> subprocess.CompletedProcess[str]:
    """The command by an account that does not own the directory."""
    return subprocess.run(
        [sys.executable, "-c", AS_NOBODY, *command[:1], "--data-dir", str(installation.data), *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_who_does_not_own_the_directory_gets_nothing(running: Installation) -> None:
    key = running.data.parent / "stolen.key"  # the recovery key alone is no proof either
    key.write_bytes((running.data / "keys" / "recovery.key").read_bytes())
    key.chmod(0o644)
    before, tables = commands(running), (running.data / "locum.db").stat().st_mtime_ns
    for command in (
        ("recover", "--recovery-key", str(key)),
        ("rotate-token-key",),
        ("init", "--admin", "mallory", "--admin-password-file", str(key)),
    ):
        done = as_nobody(running, *command)
        assert (done.returncode, done.stdout) == (2, ""), command
        assert "not readable" in done.stderr or "Permission denied" in done.stderr, done.stderr
    assert commands(running) == before
    assert (running.data / "locum.db").stat().st_mtime_ns == tables
    assert (running.data / "admin.sock").stat().st_mode & 0o077 == 0
    assert running.data.stat().st_mode & 0o077 == 0


def test_a_wrong_recovery_key_gives_nothing_and_is_audited(running: Installation, tmp_path: Path) -> None:
    before = audited(running, "administrator.recovered")
    right = (running.data / "keys" / "recovery.key").read_text()
    for number, text in enumerate((right[:-2], right.swapcase(), "locum-recovery-" + "0" * 64, "")):
        wrong = tmp_path / f"wrong{number}"
        wrong.write_text(text)
        done = running.locum("recover", "--recovery-key", str(wrong))
        assert done.returncode == 2, text
        assert right.strip() not in done.stderr
    tried = [command for _, command in commands(running) if command == "recover"]
    assert len(tried) >= 4
    assert audited(running, "administrator.recovered") == before


def test_the_right_one_is_used_up_and_audited(running: Installation, tmp_path: Path) -> None:
    key = tmp_path / "offline.key"
    key.write_bytes((running.data / "keys" / "recovery.key").read_bytes())
    before = audited(running, "administrator.recovered")
    assert running.locum("recover", "--recovery-key", str(key)).returncode == 0
    assert running.locum("recover", "--recovery-key", str(key)).returncode == 2
    assert audited(running, "administrator.recovered") == before + 1
    assert commands(running)[-1][0].startswith("console:")


def test_a_new_signing_key_ends_every_token_and_is_audited(running: Installation) -> None:
    client = running.admin()
    assert client.call("GET", TOKEN)
    before = audited(running, "token_key.rotated")
    assert running.locum("rotate-token-key").returncode == 0
    with pytest.raises(Refused) as refusal:
        client.call("GET", TOKEN)
    assert refusal.value.status == 401
    assert audited(running, "token_key.rotated") == before + 1
    assert commands(running)[-1][1] == "token-key.rotate"
    assert running.admin().call("GET", TOKEN)


def test_a_prepared_directory_is_not_prepared_again(running: Installation, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("a password of mallory\n")
    done = running.locum(
        "init", "--admin", "mallory", "--admin-password-file", str(password), "--admin-mfa", "none"
    )
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert (said["admin"], said["totpUri"], said["recoveryCodes"]) == (ADMIN, None, None)
    stranger = running.client()
    with pytest.raises(Refused):
        stranger.sign_in("mallory", "a password of mallory", "NA")
    assert running.client().sign_in(ADMIN, ADMIN_PASSWORD, "NA")


def test_none_of_it_is_reached_over_http(running: Installation) -> None:
    """The API imports nothing of it, and no path named after it is there, for an administrator either."""
    closed = {"first_administrator", "signing_key", "operate", "prepare", "admin_socket", "keyring"}
    for file in Path(locum.api.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            imported = {part for name in (*names, module) for part in name.split(".")}
            assert not imported & closed, file
            assert not module.startswith("locum.main"), file
    admin = running.admin()
    for word in (
        "recover",
        "recovery",
        "rotate-token-key",
        "token-key.rotate",
        "init",
        "unseal",
        "console",
        "admin",
    ):
        for path in (f"/{word}", f"/api/v1/{word}", f"/api/locum/v1/{word}", f"/WebAppApi/{word}"):
            for method in ("GET", "POST", "PUT"):
                with pytest.raises(Refused) as refusal:
                    admin.call(method, path)
                assert refusal.value.status == 404
