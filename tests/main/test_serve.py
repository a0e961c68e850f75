"""`locum serve` as an operator meets it: readiness, one clear line for each failure, a gentle end."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from demo.client import Refused
from demo.hosts import Host

from installation import ENDED, LOCUM, USER, USER_PASSWORD, Installation, ask


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tmp_path_factory.mktemp("serve") / "data")
    made.prepare()
    return made


@pytest.fixture
def running(prepared: Installation) -> Iterator[Installation]:
    prepared.start()
    assert prepared.healthy(), prepared.log()
    yield prepared
    prepared.stop()


def serve(data: Path, *options: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LOCUM, "serve", "--data-dir", str(data), *options],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, **(env or {})},
    )


def one_clear_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("locum: ")
    for word in words:
        assert word in lines[0]


def test_health_and_version_need_no_sign_in(running: Installation) -> None:
    client = running.client()
    assert client.call("GET", "/api/v1/Health") == "Healthy"
    assert isinstance(client.call("GET", "/api/v1/Version"), str)


def test_both_listeners_accept(running: Installation) -> None:
    host, port = running.ssh.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as wire:
        assert wire.recv(64).startswith(b"SSH-2.0-Locum")


def test_a_directory_that_was_never_initialised(tmp_path: Path) -> None:
    one_clear_line(serve(tmp_path), "never initialised")


def test_a_busy_port(prepared: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        one_clear_line(
            serve(prepared.data, "--https", f"127.0.0.1:{port}", "--ssh", "127.0.0.1:0"), "--https", str(port)
        )
        one_clear_line(
            serve(prepared.data, "--https", "127.0.0.1:0", "--ssh", f"127.0.0.1:{port}"), "--ssh", str(port)
        )


def test_a_second_server_on_the_same_directory(running: Installation) -> None:
    one_clear_line(serve(running.data, "--https", "127.0.0.1:0", "--ssh", "127.0.0.1:0"), "another locum serve")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--https", "nonsense"), "--https"),
        pytest.param(("--drain-timeout", "-5"), "--drain-timeout", marks=pytest.mark.full),
        pytest.param(("--public-url", "ftp://x"), "--public-url", marks=pytest.mark.full),
        pytest.param(("--tls-cert", "/nowhere.pem"), "--tls-key", marks=pytest.mark.full),
        (("--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key"), "/nowhere.pem"),
        pytest.param(("--trusted-proxies", "not-an-address"), "--trusted-proxies", marks=pytest.mark.full),
        (("--database-url", "postgresql://nobody@127.0.0.1:1/none"), "can't reach the database"),
        pytest.param(("--database-url", "nonsense"), "database URL", marks=pytest.mark.full),
    ],
)
def test_a_bad_option(prepared: Installation, options: tuple[str, ...], word: str) -> None:
    one_clear_line(serve(prepared.data, "--https", "127.0.0.1:0", "--ssh", "127.0.0.1:0", *options), word)


def test_a_bad_variable_and_a_bad_file(prepared: Installation) -> None:
    one_clear_line(serve(prepared.data, env={"LOCUM_HTTPS": "nonsense"}), "--https")
    file = prepared.data / "locum.toml"
    file.write_text('colour = "red"\n')
    try:
        one_clear_line(serve(prepared.data), "colour")
    finally:
        file.unlink()


def test_an_unreadable_root_key(prepared: Installation) -> None:
    key = prepared.data / "keys" / "root.key"
    key.chmod(0o644)
    try:
        one_clear_line(serve(prepared.data), "root.key")
    finally:
        key.chmod(0o600)


def test_a_root_key_of_another_installation(prepared: Installation, tmp_path: Path) -> None:
    other = Installation(tmp_path / "other")
    assert other.init().returncode == 0
    key = prepared.data / "keys" / "root.key"
    right = key.read_bytes()
    key.write_bytes((other.data / "keys" / "root.key").read_bytes())
    try:
        done = serve(prepared.data)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    finally:
        key.write_bytes(right)


def test_an_unknown_option_is_refused(prepared: Installation) -> None:
    done = serve(prepared.data, "--colour", "red")
    assert done.returncode == 2
    assert "--colour" in done.stderr
    assert "Traceback" not in done.stderr


def test_logs_are_json_where_nobody_watches(running: Installation) -> None:
    assert '"event": "locum is ready"' in running.log()


def test_a_restored_directory_gets_its_folders_and_public_keys_back(prepared: Installation) -> None:
    shutil.rmtree(prepared.data / "public")
    prepared.start()
    assert prepared.healthy(), prepared.log()
    assert prepared.stop() == 0
    assert (prepared.data / "public" / "ca.crt").exists()


def test_sigterm_ends_with_status_zero_and_frees_everything(prepared: Installation) -> None:
    prepared.start()
    begun = time.monotonic()
    assert prepared.stop() == 0
    assert time.monotonic() - begun < 5
    assert not (prepared.data / "admin.sock").exists()
    prepared.start()
    assert prepared.healthy()
    assert prepared.stop() == 0


def test_sigterm_tells_connections_why(tmp_path: Path, linux_hosts: list[Host]) -> None:
    made = Installation(tmp_path / "data")
    made.prepare()
    (made.data / "locum.toml").write_text("drain_timeout = 1\n")
    made.start()
    made.seed(linux_hosts[0])
    user = made.user()
    session = ask(user)
    user.wait_for_session(session, {1})
    name = user.call("GET", f"/api/v1/ActivitySession/Ssh/{session}").removeprefix("ssh://").rsplit("@", 1)[0]
    port = made.ssh.split(":")[1]
    shell = pexpect.spawn(
        "ssh",
        ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-p", port,
         f"{name}@127.0.0.1"],
        encoding="utf-8",
        timeout=20,
    )  # fmt: skip
    shell.expect("[Pp]assword: ")
    shell.sendline(USER_PASSWORD)
    shell.expect(r"\$ ")
    assert made.process is not None
    made.process.send_signal(signal.SIGTERM)
    shell.expect("Locum is shutting down")
    shell.expect(pexpect.EOF, timeout=10)
    assert made.process.wait(15) == 0

    made.start()  # the session's time has not run out: it goes on
    user = made.user()
    assert user.call("GET", f"/api/v1/ActivitySession/{session}")["status"] == 1
    user.call("DELETE", f"/api/v1/ActivitySession/{session}")
    user.wait_for_session(session, ENDED)
    assert made.stop() == 0
    assert USER == "alice"


def test_postgresql_does_as_well(tmp_path: Path, linux_hosts: list[Host], postgres: object) -> None:
    url = postgres.create()  # type: ignore[attr-defined]
    made = Installation(tmp_path / "data", database_url=url)
    assert made.init().returncode == 0
    made.start()  # finds the database in DIR/locum.toml, where init wrote it
    made.seed(linux_hosts[0])
    user = made.user()
    session = ask(user)
    assert user.wait_for_session(session, {1, *ENDED})["status"] == 1
    made.kill()
    made.start()
    user = made.user()
    user.call("DELETE", f"/api/v1/ActivitySession/{session}")
    assert user.wait_for_session(session, ENDED, 20)["status"] == 3
    assert made.locum("audit", "verify").returncode == 0
    assert made.stop() == 0
    assert made.locum("audit", "verify").returncode == 0


def created_from(made: Installation) -> str:
    """The address a request with a forged X-Forwarded-For is said to come from."""
    user = made.user()
    headers = {"X-Forwarded-For": "203.0.113.9"}
    body = {"activityName": "Linux sudo", "managedResourceName": "nowhere"}
    with pytest.raises(Refused):
        user.call("POST", "/api/v1/ActivitySession", body, headers=headers)
    with pytest.raises(Refused):
        user.call("GET", "/api/v1/Log", headers=headers)
    row = sqlite3.connect(made.data / "locum.db").execute(
        "SELECT address FROM audit_event WHERE action = 'access.denied' ORDER BY id DESC LIMIT 1"
    )
    return str(row.fetchone()[0])


def test_a_forwarded_address_is_believed_from_a_trusted_proxy_alone(tmp_path: Path) -> None:
    made = Installation(tmp_path / "data")
    made.prepare()
    (made.data / "locum.toml").write_text('public_ssh = "ssh.example.org:22"\n')
    made.start()
    admin = made.admin()
    admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": USER},
        "localUserPasswordChangeRequest": {"passwordNew": USER_PASSWORD},
    })  # fmt: skip
    assert created_from(made) == "127.0.0.1"
    made.stop()
    made.start(env={"LOCUM_TRUSTED_PROXIES": "127.0.0.0/8"})
    assert created_from(made) == "203.0.113.9"
    assert made.stop() == 0


def test_links_name_the_public_address(tmp_path: Path, linux_hosts: list[Host]) -> None:
    made = Installation(tmp_path / "data")
    made.prepare()
    made.start(env={"LOCUM_PUBLIC_SSH": "ssh.example.org:2222"})
    made.seed(linux_hosts[0])
    user = made.user()
    session = ask(user, startDateTimeUtc=(dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat())
    assert user.call("GET", f"/api/v1/ActivitySession/Ssh/{session}") == (
        f"ssh://alice+Linux_sudo+web01+~{session}@ssh.example.org:2222"
    )
    assert made.stop() == 0
