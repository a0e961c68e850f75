"""An account on a Linux host that was there before Locum, and the connection that keeps it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from demo.hosts import Host

from demo import hosts
from hosts import target_of
from locum.connectors.linux_accounts import LinuxKeeper


@pytest.fixture
def app(host: Host) -> Iterator[str]:
    """Its password is the conformance suite's OLD."""
    hosts.run(host, "useradd -m -s /bin/bash kept; echo 'kept:an old Passw0rd' | chpasswd")
    yield "kept"
    hosts.run(host, "pkill -KILL -u kept; userdel -f -r kept 2>/dev/null; rm -rf /srv/app", check=False)


@pytest.fixture
async def keeper(host: Host) -> AsyncIterator[LinuxKeeper]:
    async with LinuxKeeper.connect(target_of(host)) as keeper:
        yield keeper
