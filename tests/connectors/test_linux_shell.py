"""Becoming root on a host, and only the way the host allows."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from demo.hosts import Host

from demo import hosts
from hosts import target_of
from linux_user import User, until
from locum.connectors import linux
from locum.connectors.base import Step, Target, TargetRefused, TargetUnreachable
from locum.connectors.linux import LinuxConnector
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio


@pytest.fixture
def asks_password(host: Host) -> Iterator[Target]:
    """A service account that signs in by password, and of which sudo wants it again."""
    hosts.run(host, "useradd -m -s /bin/bash asksvc; echo 'asksvc:canary pass' | chpasswd")
    hosts.run(host, "echo 'asksvc ALL=(root) /bin/sh' > /etc/sudoers.d/asksvc")
    yield replace(target_of(host), username="asksvc", private_key=None, password=Secret("canary pass"))
    hosts.run(host, "while pkill -KILL -u asksvc; do sleep 0.05; done; userdel -r asksvc 2>/dev/null")
    hosts.run(host, "rm -f /etc/sudoers.d/asksvc /run/sudo/ts/asksvc")
    hosts.run(host, "rm -rf /var/lib/sudo/lectured/asksvc")


async def test_sudo_may_want_the_password(
    host: Host, user: User, plan: list[Step], clean: None, asks_password: Target
) -> None:
    async with LinuxConnector.connect(asks_password) as connection:
        for step in plan:
            await connection.apply(step)
        assert user.works(plan)
        for step in reversed(plan):
            await connection.revert(step)


async def test_a_password_sudo_does_not_take_is_tried_once(
    host: Host, plan: list[Step], clean: None, asks_password: Target
) -> None:
    async with LinuxConnector.connect(asks_password) as connection:
        hosts.run(host, "echo 'asksvc:another' | chpasswd")
        with pytest.raises(TargetRefused, match="service account asksvc may not use sudo") as caught:
            await connection.apply(plan[0])
        assert "1 incorrect password attempt" in str(caught.value)
        assert "canary" not in str(caught.value)


async def test_an_account_without_sudo_is_refused_in_clear_words(
    host: Host, plan: list[Step], clean: None
) -> None:
    hosts.run(host, "mv /etc/sudoers.d/locum /root/rule")
    try:
        with pytest.raises(TargetRefused, match=r"the service account locum may not use sudo on 127\.") as caught:
            async with LinuxConnector.connect(target_of(host)) as connection:
                await connection.apply(plan[0])
        assert "a password is required" in str(caught.value)
    finally:
        hosts.run(host, "mv /root/rule /etc/sudoers.d/locum; rm -f /run/sudo/ts/locum")


async def test_root_needs_no_elevation_and_another_command_may_give_it(
    host: Host, user: User, plan: list[Step], clean: None
) -> None:
    key = shlex.quote(Path(host.private_key).with_suffix(".pub").read_text().strip())
    hosts.run(host, f"echo {key} > /root/.ssh/authorized_keys; printf '#!/bin/sh\nexec \"$@\"\n' > /usr/bin/pbrun")
    hosts.run(host, "chmod 755 /usr/bin/pbrun")
    root = replace(target_of(host), username="root", elevation=None)
    try:
        for target in (root, replace(root, elevation="pbrun")):
            async with LinuxConnector.connect(target) as connection:
                for step in plan:
                    await connection.apply(step)
                assert user.works(plan)
                for step in reversed(plan):
                    await connection.revert(step)
        with pytest.raises(TargetRefused, match="may not use dzdo"):
            async with LinuxConnector.connect(replace(root, elevation="dzdo")) as connection:
                await connection.apply(plan[0])
    finally:
        hosts.run(host, "rm -f /root/.ssh/authorized_keys /usr/bin/pbrun")


async def test_chatter_of_the_accounts_shell_does_no_harm(host: Host, user: User, plan: list[Step]) -> None:
    hosts.run(host, "cp ~locum/.bashrc /root/kept; sed -i '1i echo locum: refused; echo hello >&2' ~locum/.bashrc")
    try:
        async with LinuxConnector.connect(target_of(host)) as connection:
            await connection.apply(plan[0])
            await connection.revert(plan[0])
    finally:
        hosts.run(host, "cp /root/kept ~locum/.bashrc; rm /root/kept")


async def test_a_flood_of_words_ends_the_step(host: Host, plan: list[Step]) -> None:
    hosts.run(host, "cp ~locum/.bashrc /root/kept; sed -i '1i yes' ~locum/.bashrc")
    try:
        async with LinuxConnector.connect(target_of(host)) as connection:
            with pytest.raises(TargetUnreachable, match="far more than it was asked"):
                await connection.apply(plan[0])
    finally:
        hosts.run(host, "cp /root/kept ~locum/.bashrc; rm /root/kept; pkill -x yes", check=False)


@pytest.mark.parametrize("part", [0, 0.2, 0.5, 0.9, 0.999])
async def test_a_script_that_is_cut_short_does_nothing(
    host: Host, plan: list[Step], clean: None, part: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = LinuxConnector.script
    monkeypatch.setattr(LinuxConnector, "script", replace(whole, text=whole.text[: int(len(whole.text) * part)]))
    monkeypatch.setattr(linux, "COMMAND_TIMEOUT_S", 0.5)
    async with LinuxConnector.connect(target_of(host)) as connection:
        with pytest.raises(TargetUnreachable):
            await connection.apply(plan[0])


async def test_one_shell_serves_a_connection_until_a_step_is_cut_short(
    host: Host, plan: list[Step], clean: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shells() -> set[int]:
        return {int(pid) for pid in hosts.run(host, "pgrep -f '^/bin/sh -c ech[o]'", check=False).split()}

    async with LinuxConnector.connect(target_of(host)) as connection:
        await connection.apply(plan[0])
        await until(lambda: len(shells()) == 1)
        first = shells()
        await connection.apply(plan[1])
        await until(lambda: shells() == first)
        monkeypatch.setattr(linux, "COMMAND_TIMEOUT_S", 0.001)
        with pytest.raises(TargetUnreachable):
            await connection.revert(plan[0])
        monkeypatch.undo()
        for step in reversed(plan):
            await connection.revert(step)
        assert shells() - first
