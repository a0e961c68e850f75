"""`locum login` as a person has it at a terminal, against a running server and its gateway, with the real `ssh`."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import time
from pathlib import Path

import pytest
from demo.client import Client

from installation import LOCUM
from secret_server import SecretServer

PASSWORD = "staple battery horse"
PERSON = "Lotta"


@pytest.fixture(scope="module")
def server(secret_server: SecretServer) -> SecretServer:
    secret_server.admin.call(
        "POST",
        "/api/v1/ManagedAccount/CreateLocalUser",
        {"managedAccountView": {"name": PERSON}, "localUserPasswordChangeRequest": {"passwordNew": PASSWORD}},
    )
    return secret_server


def environment(server: SecretServer, home: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "LOCUM_USER": PERSON,
            "LOCUM_URL": f"https://{server.at.https}", "LOCUM_CA_FILE": str(server.ca_file), **more}  # fmt: skip


def log_in(server: SecretServer, home: Path, *answers: str, **more: str) -> tuple[int, str]:
    """Run it at a terminal of its own, and answer each question once it is asked."""
    child, master = pty.fork()
    if child == 0:
        os.execve(LOCUM, [LOCUM, "login"], environment(server, home, **more))  # noqa: S606
    shown, left = b"", list(answers)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            shown += os.read(master, 4096)
        except OSError:  # what a terminal says when its last program has ended
            break
        if left and shown.rstrip(b" ").endswith(b":"):
            os.write(master, f"{left.pop(0)}\n".encode())
            shown += b"\n"
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def keys(home: Path) -> list[Path]:
    return sorted((home / ".ssh" / "locum").glob("*"))


def connect(server: SecretServer, home: Path) -> str:
    """What `ssh` says that may ask nobody anything."""
    words = [LOCUM, "ssh", "--activity", "x", "nowhere", "--", "-v", "-o", "BatchMode=yes", "id"]
    env = environment(server, home)
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env=env).stderr


def lotta(server: SecretServer) -> Client:
    client = server.at.client()
    client.sign_in(PERSON, PASSWORD, "0")
    return client


def test_one_sign_in_is_enough_until_it_ends(server: SecretServer, tmp_path: Path) -> None:
    assert "Permission denied" in connect(server, tmp_path)
    status, shown = log_in(server, tmp_path, PASSWORD, "")
    assert status == 0, shown
    assert "signed in until" in shown
    assert PASSWORD not in shown
    private, public = keys(tmp_path)
    assert (stat.S_IMODE(private.stat().st_mode), stat.S_IMODE(private.parent.stat().st_mode)) == (0o600, 0o700)
    said = connect(server, tmp_path)
    assert "Authenticated to" in said
    assert "you may not do that there" in said
    (held,) = [key for key in lotta(server).call("GET", "/api/locum/v1/SshKey") if key["endsAt"]]
    assert public.read_text().startswith(held["publicKey"])

    lotta(server).call("POST", "/api/locum/v1/SignOutEverywhere")
    assert "Permission denied" in connect(server, tmp_path)
    assert log_in(server, tmp_path, PASSWORD, "")[0] == 0  # in place of the first
    assert len(keys(tmp_path)) == 2
    assert "Authenticated to" in connect(server, tmp_path)


def test_its_key_is_in_the_blocks_of_ssh_config(server: SecretServer, tmp_path: Path) -> None:
    assert log_in(server, tmp_path, PASSWORD, "")[0] == 0
    words = [LOCUM, "ssh-config", "--activity", "x", "web01"]
    made = subprocess.run(words, capture_output=True, text=True, check=True, env=environment(server, tmp_path))
    (tmp_path / "config").write_text(made.stdout)
    command = ["ssh", "-G", "-F", tmp_path / "config", "web01"]
    read = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"identityfile {keys(tmp_path)[0]}\n" in read
    assert "identitiesonly yes\n" in read


@pytest.mark.parametrize(
    ("answers", "more", "says"),
    [
        (("wrong", "0"), {}, "the user name or the password is not right"),
        ((), {"LOCUM_URL": "https://127.0.0.1:1"}, "can't be reached"),
        ((), {"LOCUM_CA_FILE": ""}, "is not trusted"),
    ],
)
def test_a_refused_one_leaves_nothing(
    server: SecretServer, tmp_path: Path, answers: tuple[str, ...], more: dict[str, str], says: str
) -> None:
    status, shown = log_in(server, tmp_path, *answers, **more)
    assert status not in (0, 1, 2)
    assert says in shown
    assert "Traceback" not in shown
    assert keys(tmp_path) == []
