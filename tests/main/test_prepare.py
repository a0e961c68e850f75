"""`locum init`: prepares a directory once, prints secrets once, can be repeated, leaves nothing readable."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from installation import ADMIN, ADMIN_PASSWORD, Installation


@pytest.fixture
def fresh(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "deep" / "data")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_prints_one_object_and_prepares_everything(fresh: Installation) -> None:
    fresh.data.parent.mkdir()
    done = fresh.init("--admin-mfa", "totp")
    printed = json.loads(done.stdout)
    assert list(printed) == ["admin", "totpUri", "recoveryCodes", "caCertificate"]
    assert printed["admin"] == ADMIN
    assert printed["totpUri"].startswith("otpauth://totp/Locum:admin?secret=")
    assert len(set(printed["recoveryCodes"])) == 10
    assert Path(printed["caCertificate"]) == fresh.data / "public" / "ca.crt"
    assert mode(fresh.data / "keys") == 0o700
    for name in ("root.key", "tls.key", "recovery.key"):
        assert mode(fresh.data / "keys" / name) == 0o600
    for name in ("ca.crt", "tls.crt", "audit-signing.pub", "token-signing.pub", "ssh_host_key.pub"):
        assert (fresh.data / "public" / name).read_bytes()


def test_init_again_changes_nothing_and_shows_no_secret(fresh: Installation) -> None:
    fresh.data.parent.mkdir()
    first = json.loads(fresh.init("--admin-mfa", "totp").stdout)
    files = {p: p.read_bytes() for p in fresh.data.rglob("*") if p.is_file() and "locum.db" not in p.name}
    again = fresh.init("--admin-mfa", "totp")
    assert again.returncode == 0
    assert json.loads(again.stdout) == {**first, "totpUri": None, "recoveryCodes": None}
    assert {p: p.read_bytes() for p in files} == files


def test_in_a_directory_others_may_enter_the_database_is_still_closed_to_them(fresh: Installation) -> None:
    fresh.data.mkdir(parents=True)
    fresh.data.chmod(0o755)
    assert fresh.init().returncode == 0
    fresh.start()
    try:
        modes = {file.name: mode(file) for file in fresh.data.glob("locum.db*")}
    finally:
        fresh.stop()
    assert modes == {"locum.db": 0o600, "locum.db-wal": 0o600, "locum.db-shm": 0o600}


def test_without_a_second_factor_there_is_no_uri(fresh: Installation) -> None:
    fresh.data.parent.mkdir()
    printed = json.loads(fresh.init().stdout)
    assert printed["totpUri"] is None
    assert printed["recoveryCodes"] == []


def test_a_bad_password_file_is_one_line_and_leaves_no_administrator(fresh: Installation) -> None:
    fresh.data.parent.mkdir()
    missing = fresh.locum("init", "--admin", "x", "--admin-password-file", "/nowhere")
    assert missing.returncode == 2
    assert missing.stderr.strip().count("\n") == 0
    short = fresh.data.parent / "short"
    short.write_text("abc\n")
    refused = fresh.locum("init", "--admin", "x", "--admin-password-file", str(short))
    assert refused.returncode == 2
    assert "abc" not in refused.stderr.replace("--admin-password-file", "")
    printed = json.loads(fresh.init().stdout)
    assert printed["admin"] == ADMIN


def test_only_one_newline_is_dropped(fresh: Installation) -> None:
    fresh.data.parent.mkdir()
    file = fresh.data.parent / "password"
    file.write_text(ADMIN_PASSWORD + "\n\n")
    fresh.locum("init", "--admin", ADMIN, "--admin-password-file", str(file), "--admin-mfa", "none")
    fresh.start()
    client = fresh.client()
    client.sign_in(ADMIN, ADMIN_PASSWORD + "\n", "NA")
    assert fresh.stop() == 0
