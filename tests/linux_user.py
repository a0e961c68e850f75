"""The person of an ephemeral Linux account, and the fixtures of tests that are about such accounts."""

from __future__ import annotations

import asyncio
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from demo.hosts import Host

from connectors.conformance import Subject
from demo import hosts
from hosts import settled, state_of, target_of
from locum.connectors.base import Step
from locum.connectors.linux import LinuxConnector


class User:
    """The person of an ephemeral account: holds the private key and signs in with OpenSSH's own client."""

    def __init__(self, folder: Path, host: Host) -> None:
        self.host = host
        self.key = folder / "user_key"
        if not self.key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)
        self.public_key = " ".join(self.key.with_suffix(".pub").read_text().split()[:2])

    def plan(self, marker: str | None = None) -> list[Step]:
        marker = marker or str(uuid.uuid4())
        login = {"login": f"anna-{marker[:8]}"}
        return [
            Step("account", login, marker),
            Step("authorized_key", {**login, "public_key": f"{self.public_key} locum:{marker}"}, marker),
            Step("group", {**login, "group": "users"}, marker),
            Step("sudoers", {**login, "run_as": "ALL", "commands": "ALL", "nopasswd": "true"}, marker),
        ]

    def ssh(self, plan: list[Step], command: str, *options: str) -> list[str]:
        where = f"{login_of(plan)}@{self.host.address}"
        quiet = "BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"
        return ["ssh", "-F", "none", "-i", str(self.key), *(f"-o{o}" for o in quiet), *options, where, command]

    def says(self, plan: list[Step], command: str) -> str:
        done = subprocess.run(self.ssh(plan, command), capture_output=True, text=True, timeout=30, check=False)
        return done.stdout.strip() if done.returncode == 0 else f"exit {done.returncode}"

    @contextmanager
    def signed_in(self, plan: list[Step], *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """For as long as the block lasts."""
        command = self.ssh(plan, "echo in; cat", *options)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, **pipes) as client:  # type: ignore[call-overload]
            try:
                assert client.stdout.readline().strip() == b"in"
                yield client
            finally:
                client.kill()

    def works(self, plan: list[Step]) -> bool:
        return self.says(plan, "sudo -n id -u; id -Gn | grep -ow users") == "0\nusers"


def login_of(plan: list[Step]) -> str:
    return plan[0].parameters["login"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("linux")


@pytest.fixture(scope="module")
def host(linux_hosts: list[Host]) -> Host:
    return linux_hosts[0]


@pytest.fixture(scope="module")
def user(folder: Path, host: Host) -> User:
    return User(folder, host)


@pytest.fixture
def subject(host: Host, user: User) -> Subject:
    def foreign(plan: list[Step]) -> None:
        login = login_of(plan)
        hosts.run(host, f"useradd -m {login}; echo '{login}:secret' | chpasswd; echo kept > /home/{login}/file")

    return Subject(
        connect=lambda: LinuxConnector.connect(target_of(host)),
        plan=user.plan,
        state=lambda: state_of(host),
        settled=lambda before: settled(host, before),
        works=user.works,
        foreign=foreign,
        unforeign=lambda plan: void(hosts.run(host, f"userdel -f -r {login_of(plan)} 2>/dev/null")),
        signed_in=user.signed_in,
    )


def void(_: object) -> None:
    return


@pytest.fixture
def plan(user: User) -> list[Step]:
    return user.plan()


@pytest.fixture
def clean(host: Host) -> Iterator[None]:
    """The host must be after the test as it was before."""
    before = state_of(host)
    yield
    assert settled(host, before)


async def until(condition: Callable[[], bool], timeout: float = 10) -> None:
    """Wait for something to come true on a host."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.02)
