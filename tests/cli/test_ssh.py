"""`locum ssh` and `locum ssh-config` against a running gateway, with the real `ssh`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from installation import LOCUM
from secret_server import SecretServer

PASSWORD = "staple battery horse"
PERSON = "Sally"


@pytest.fixture(scope="module")
def server(secret_server: SecretServer) -> SecretServer:
    secret_server.admin.call(
        "POST",
        "/api/v1/ManagedAccount/CreateLocalUser",
        {"managedAccountView": {"name": PERSON}, "localUserPasswordChangeRequest": {"passwordNew": PASSWORD}},
    )
    return secret_server


def locum(server: SecretServer, home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    askpass = home / "askpass"
    askpass.write_text(f"#!/bin/sh\necho '{PASSWORD}'\n")
    askpass.chmod(0o700)
    env = {
        "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "SSH_ASKPASS": str(askpass),
        "SSH_ASKPASS_REQUIRE": "force", "LOCUM_URL": f"https://{server.at.https}",
        "LOCUM_CA_FILE": str(server.ca_file), **more,
    }  # fmt: skip
    return subprocess.run(
        [LOCUM, *words], capture_output=True, text=True, check=False, timeout=60, env=env, stdin=subprocess.DEVNULL
    )


def test_a_block_for_each_resource_that_ssh_understands(server: SecretServer, tmp_path: Path) -> None:
    made = locum(
        server, tmp_path, "ssh-config", "--user", "CORP\\sally", "--activity", "Linux sudo", "web01", "db 01"
    )
    assert made.returncode == 0, made.stderr
    file = tmp_path / "config"
    file.write_text(made.stdout)

    def settings(host: str) -> dict[str, str]:
        read = subprocess.run(["ssh", "-G", "-F", file, host], capture_output=True, text=True, check=True)
        return dict(line.split(" ", 1) for line in read.stdout.splitlines() if " " in line)

    host, port = server.at.ssh.split(":")
    for name in ("web01", "db_01"):
        found = settings(name)
        assert (found["hostname"], found["port"]) == (host, port)
        assert found["user"] == f"CORP\\sally+Linux_sudo+{name}"
    assert settings("elsewhere")["hostname"] == "elsewhere"


def test_ssh_knows_the_gateway_by_the_key_the_server_said(server: SecretServer, tmp_path: Path) -> None:
    made = locum(server, tmp_path, "ssh-config", "--user", PERSON, "--activity", "x", "web01")
    file = tmp_path / "config"

    def connect(config: str) -> str:
        file.write_text(config)
        words = ["ssh", "-F", file, "-o", "BatchMode=yes", "web01", "id"]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60).stderr

    assert "Permission denied (" in connect(made.stdout)
    head, key = made.stdout.split("AAAA", 1)
    other = key.replace(key[40:44], "AbCd", 1)
    assert "Host key verification failed" in connect(f"{head}AAAA{other}")
    assert not (tmp_path / ".ssh").exists()


def test_a_person_comes_to_the_gate(server: SecretServer, tmp_path: Path) -> None:
    refused = locum(
        server, tmp_path, "ssh", "--user", PERSON, "--activity", "Linux sudo", "nowhere", "--", "-v", "echo", "in"
    )
    assert refused.returncode == 255
    assert "Authenticated to" in refused.stderr
    assert "second factor must be enrolled" in refused.stderr or "you may not do that there" in refused.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ssh", "web01"), "--user"),
        (("ssh", "--user", "sally", "web01"), "--activity"),
        (("ssh-config", "--user", "sally", "web01"), "--activity"),
        (("ssh-config", "--user", "sally", "--activity", "x"), "RESOURCE"),
        (("ssh-config", "--user", "sally", "--activity", "x", "web*"), "RESOURCE"),
        (("ssh-config", "--user", "sally", "--activity", "x", "a\nProxyCommand id"), "RESOURCE"),
        (("ssh-config", "--user", "sally", "--activity", "a+b", "web01"), "--activity"),
        (("ssh-config", "--user", "sal\nly", "--activity", "x", "web01"), "--user"),
        (("ssh", "--user", "sally", "--activity", "x", "%h"), "RESOURCE"),
    ],
)
def test_what_no_name_can_hold_is_refused(
    server: SecretServer, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    refused = locum(server, tmp_path, *words)
    assert refused.returncode == 2
    assert says in refused.stderr
    assert refused.stdout == ""


def test_a_server_that_is_not_there_is_one_line(server: SecretServer, tmp_path: Path) -> None:
    failed = locum(server, tmp_path, "ssh", "--user", "sally", LOCUM_URL="https://127.0.0.1:1")
    assert failed.returncode == 6
    assert len(failed.stderr.splitlines()) == 1
