"""Two real Linux hosts for the test run, and what the tests ask them, not by way of Locum."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo import hosts
from demo.hosts import Host

from locum.connectors.base import Target
from locum.vault.secret import Secret


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


def state_of(host: Host) -> str:
    """Everything an ephemeral account may leave behind, as text: two states are equal or they are not."""
    return hosts.run(
        host,
        "getent passwd; getent group; cut -d: -f1,2 /etc/shadow; cut -d: -f1 /etc/gshadow; cat /etc/subuid;"
        " find /home /etc/sudoers.d /tmp /var/tmp /dev/shm /var/mail /var/spool/cron /run/user /run/sudo/ts"
        " /var/lib/locum /etc/sudoers.locum.* -printf '%p %u %m %s\\n' 2>/dev/null | sort;"
        " cat /etc/sudoers.d/*; ps -eo user:32,args | grep -vE 'ps -eo|/bin/sh -c getent|sshd: locum|cat |sort|grep|find'",
        check=False,
    )
