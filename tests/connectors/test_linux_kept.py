"""Connections that are kept: who may go on with one, and when none is left. On a real host."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from demo.hosts import Host

from demo import hosts
from hosts import target_of
from locum.connectors.base import TargetRefused, TargetUnreachable
from locum.connectors.linux import LinuxConnector
from locum.connectors.linux_kept import KeptHosts
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio


@pytest.fixture
def host(linux_hosts: list[Host]) -> Host:
    return linux_hosts[0]


async def work(kept: KeptHosts, host: Host) -> LinuxConnector:
    """Something that needs the root shell."""
    async with kept.connect(target_of(host)) as connector:
        assert await connector.order("a look", ["look_file_monitor", "m", "nobody", "/etc/none"], 10) == "missing"
        return connector


async def cut(kept: KeptHosts, host: Host) -> None:
    async with kept.connect(target_of(host)):
        raise TargetUnreachable("it was cut")


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def shells(host: Host) -> int:
    return sum("locum: begun" in title and uid == 0 for uid, title in hosts.processes(host))


async def test_work_goes_on_with_the_connection_before_until_it_was_idle_for_long(host: Host) -> None:
    before = shells(host)
    kept = KeptHosts(idle_s=1)
    first = await work(kept, host)
    assert first.usable
    assert await work(kept, host) is first
    await until(lambda: not first.usable)
    await until(lambda: shells(host) == before)
    again = await work(kept, host)
    assert again is not first
    kept.close()
    await until(lambda: not again.usable)
    last = await work(kept, host)
    await until(lambda: not last.usable)
    await until(lambda: shells(host) == before)


@pytest.mark.parametrize("change", ["password", "host key", "elevation"])
async def test_nobody_goes_on_with_what_was_opened_with_something_else(host: Host, change: str) -> None:
    kept = KeptHosts()
    first = await work(kept, host)
    other = {
        "password": replace(target_of(host), password=Secret("another")),
        "host key": replace(target_of(host), trusted_host_key="ssh-ed25519 AAAA"),
        "elevation": replace(target_of(host), elevation="sudo -n"),
    }[change]
    if change == "host key":
        with pytest.raises(TargetRefused):
            async with kept.connect(other):
                pass
    else:
        async with kept.connect(other) as second:
            assert second is not first
    await until(lambda: not first.usable)
    kept.close()


async def test_a_connection_that_died_or_failed_is_not_kept(host: Host) -> None:
    kept = KeptHosts()
    first = await work(kept, host)
    await asyncio.to_thread(hosts.stop_sshd, host)
    await asyncio.to_thread(hosts.start_sshd, host)
    second = await work(kept, host)
    assert second is not first
    async with kept.connect(target_of(host)) as third:
        assert third is second
    with pytest.raises(TargetUnreachable):
        await cut(kept, host)
    await until(lambda: not second.usable)
    assert await work(kept, host) is not second
    kept.close()


async def test_a_shell_that_was_ended_on_the_host_is_not_gone_on_with(host: Host) -> None:
    kept = KeptHosts()
    first = await work(kept, host)
    await asyncio.to_thread(hosts.run, host, "pkill -KILL -f 'locum: begun'", check=False)
    await until(lambda: not first.usable)
    assert await work(kept, host) is not first
    kept.close()


async def test_a_host_key_that_nobody_pinned_is_shown_again(host: Host) -> None:
    kept = KeptHosts()
    async with kept.connect(target_of(host, pinned=False)) as first:
        assert first.host_key == host.host_key
    await until(lambda: not first.usable)


async def test_the_third_waits_for_a_connection_but_not_for_ever(host: Host) -> None:
    kept = KeptHosts(patience_s=0.5)
    async with kept.connect(target_of(host)) as first, kept.connect(target_of(host)) as second:
        third = asyncio.create_task(work(kept, host))
        assert await third not in (first, second)
    patient = KeptHosts(patience_s=30)
    async with patient.connect(target_of(host)) as first:
        async with patient.connect(target_of(host)) as second:
            third = asyncio.create_task(work(patient, host))
            await asyncio.sleep(0.2)
            assert not third.done()
        assert await asyncio.wait_for(third, 10) is second
    kept.close()
    patient.close()


async def test_whoever_gives_up_waiting_holds_up_nobody(host: Host) -> None:
    kept = KeptHosts(patience_s=30)
    async with kept.connect(target_of(host)), kept.connect(target_of(host)):
        waiting = [asyncio.create_task(work(kept, host)) for _ in range(3)]
        await asyncio.sleep(0.1)
        waiting[0].cancel()
        await asyncio.gather(waiting[0], return_exceptions=True)
    await asyncio.wait_for(asyncio.gather(*waiting[1:]), 10)
    kept.close()
