"""Two real Linux hosts for the test run, and what the tests ask them, not by way of Locum."""

from __future__ import annotations

import difflib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.hosts import Host

from demo import hosts
from locum.connectors.base import Target
from locum.vault.secret import Secret

_STATE = r"""
find /etc ! -name '*-' ! -name .pwd.lock -printf '%p %u %m %l\n'
find /etc ! -name '*-' ! -name .pwd.lock -type f -exec sha256sum {} +
find /home /root /tmp /var/tmp /dev/shm /dev/mqueue /run/user /run/lock /var/lib/locum -printf '%p %u %m %l\n'
find /run /var -path /var/log -prune -o ! -type d ! -path '/run/sshd.pid' -printf '%p %u %m %s\n'
cat /etc/passwd /etc/group
cut -d' ' -f5- /proc/self/mountinfo
ipcs
"""


@pytest.fixture(scope="session")
def linux_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Host]]:
    """Two running hosts. They die with the test run, however it ends."""
    folder = tmp_path_factory.mktemp("hosts")
    # Each run has addresses of its own, so that two runs on one machine do not meet.
    running = hosts.start(folder, net=os.getpid() % 60000 + 256, count=2, tied=True)
    yield running
    hosts.stop(folder)


def target_of(host: Host, *, pinned: bool = True) -> Target:
    """The host as a connector's target, with its service account's key."""
    return Target(
        host=host.address,
        port=host.port,
        username=host.account,
        password=None,
        private_key=Secret(Path(host.private_key).read_bytes()),
        trusted_host_key=host.host_key if pinned else None,
        accept_first=not pinned,
        elevation="sudo",
    )


def state_of(host: Host) -> list[str]:
    """Everything an ephemeral account may leave behind: two states are equal or they are not."""
    files = hosts.run(host, f"({_STATE}) 2>/dev/null | sort", check=False).splitlines()
    # Connections of the service account come and go.
    own = re.compile(
        rf"sshd(-session)?: ({host.account}|unknown|\[)|sshd: .*\[listener\]|.*\[(net|accepted)\]|.*locum: begun"
    )
    return files + [f"{uid} {title}" for uid, title in hosts.processes(host) if title and not own.match(title)]


def settled(host: Host, before: list[str], timeout: float = 5) -> bool:
    """Whether the host's state becomes `before` again; what differs is printed if it does not."""
    deadline = time.monotonic() + timeout
    while (now := state_of(host)) != before:
        if time.monotonic() > deadline:
            print("\n".join(difflib.unified_diff(before, now, "before", "now", "", "", 0)))
            return False
        time.sleep(0.1)
    return True
