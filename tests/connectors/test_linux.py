"""The Linux connector against real hosts: the evidence is read from the host by another way."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from demo.hosts import Host

from connectors.conformance import Conformance, Subject, apply_all, revert_all
from demo import hosts
from hosts import target_of
from linux_user import User, login_of, until
from locum.connectors import linux
from locum.connectors.base import Step, Target, TargetRefused, TargetUnreachable
from locum.connectors.linux import LinuxConnector
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio


class TestConformance(Conformance):
    pass


async def test_a_host_that_freezes_is_unreachable(
    monkeypatch: pytest.MonkeyPatch, host: Host, plan: list[Step]
) -> None:
    async with LinuxConnector.connect(target_of(host)) as connection:
        await connection.revert(plan[0])
        monkeypatch.setattr(linux, "COMMAND_TIMEOUT_S", 0.3)
        hosts.run(host, "pkill -STOP -f 'sshd: locu[m]'")
        with pytest.raises(TargetUnreachable, match="in time"):
            await connection.apply(plan[0])
    hosts.run(host, "pkill -CONT -f 'sshd: locu[m]'", check=False)
    assert login_of(plan) not in hosts.run(host, "cat /etc/passwd")


# Becoming root


@pytest.fixture
def asks_password(host: Host) -> Iterator[Target]:
    """A service account that signs in by password, and of which sudo wants it again."""
    hosts.run(host, "useradd -m -s /bin/bash asksvc; echo 'asksvc:canary pass' | chpasswd")
    hosts.run(host, "echo 'asksvc ALL=(root) /bin/sh' > /etc/sudoers.d/asksvc")
    yield replace(target_of(host), username="asksvc", private_key=None, password=Secret("canary pass"))
    hosts.run(host, "userdel -r asksvc 2>/dev/null; rm -f /etc/sudoers.d/asksvc /run/sudo/ts/asksvc")
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
    log = "/var/log/sshd.log"
    async with LinuxConnector.connect(asks_password) as connection:
        hosts.run(host, f"echo 'asksvc:another' | chpasswd; : > {log}")
        with pytest.raises(TargetRefused, match="service account asksvc may not use sudo") as caught:
            await connection.apply(plan[0])
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


# sudo rules and locks


async def test_sudo_rules_say_what_was_asked(host: Host, user: User, plan: list[Step], subject: Subject) -> None:
    limited = {"run_as": "locum", "commands": "/usr/bin/id -u, /bin/echo a:b=c", "nopasswd": "true"}
    rule = replace(plan[3], parameters={"login": login_of(plan), **limited})
    await apply_all(subject, [*plan[:3], rule])
    path = f"/etc/sudoers.d/locum-{rule.marker}"
    assert hosts.run(host, f"stat -c '%a %U' {path}; visudo -c >/dev/null && echo fine") == "440 root\nfine\n"
    assert user.says(plan, "sudo -n -u locum /bin/echo a:b=c") == "a:b=c"
    assert user.says(plan, "sudo -n -u locum /usr/bin/id -g") == "exit 1"
    assert user.says(plan, "sudo -n /usr/bin/id -u") == "exit 1"
    await apply_all(subject, plan)
    assert user.works(plan)
    await revert_all(subject, plan)


async def test_a_host_whose_sudo_ignores_our_rules_is_refused(
    host: Host, plan: list[Step], subject: Subject, clean: None
) -> None:
    await apply_all(subject, plan[:3])
    hosts.run(
        host,
        "cp -p /etc/sudoers /root/kept; { grep -v includedir /root/kept; cat /etc/sudoers.d/locum; } > /etc/sudoers",
    )
    try:
        with pytest.raises(TargetRefused, match=r"sudo does not read /etc/sudoers\.d"):
            await apply_all(subject, plan[3:])
    finally:
        hosts.run(host, "mv /root/kept /etc/sudoers")
    await revert_all(subject, plan)


async def test_an_administrators_lock_is_waited_for(
    host: Host, plan: list[Step], subject: Subject, clean: None
) -> None:
    """The lock file of shadow-utils, held by a living process for a second and a half."""
    hosts.run(host, "sh -c 'echo $$ > /etc/passwd.lock; sleep 1.5; rm /etc/passwd.lock' >/dev/null 2>&1 &")
    await apply_all(subject, plan)
    await revert_all(subject, plan)


async def test_a_lock_that_stays_is_tried_again_later(
    host: Host, plan: list[Step], clean: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts.run(host, "setsid flock /etc sleep 3001 >/dev/null 2>&1 &")
    monkeypatch.setattr(linux, "COMMAND_TIMEOUT_S", 0.5)
    async with LinuxConnector.connect(target_of(host)) as connection:
        with pytest.raises(TargetUnreachable):
            await connection.apply(plan[0])
    hosts.run(host, "pkill -x -f 'sleep 3001'")
    monkeypatch.undo()
    async with LinuxConnector.connect(target_of(host)) as connection:
        await connection.revert(plan[0])


async def test_a_script_nobody_listens_to_changes_nothing(host: Host, plan: list[Step], clean: None) -> None:
    """Its Locum died while it waited for the lock; a revert by the next Locum may already be done."""
    hosts.run(host, "setsid flock /etc sleep 3002 >/dev/null 2>&1 &")
    async with LinuxConnector.connect(target_of(host)) as connection:
        orphan = asyncio.create_task(connection.apply(plan[0]))
        await until(lambda: any(title.startswith("flock -w") for _, title in hosts.processes(host)))
        orphan.cancel()
        await asyncio.gather(orphan, return_exceptions=True)
    await until(lambda: not any("sshd: locum" in title for _, title in hosts.processes(host)))
    hosts.run(host, "pkill -x -f 'sleep 3002'")
    await until(lambda: not any(title.startswith("/bin/sh -s") for _, title in hosts.processes(host)))
    assert login_of(plan) not in hosts.run(host, "cat /etc/passwd; ls /var/lib")


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.999])
def test_a_script_that_is_cut_short_does_nothing(host: Host, plan: list[Step], clean: None, part: float) -> None:
    text = Path(linux.__file__).with_name("linux.sh").read_text()
    cut = text[: int(len(text) * part)]
    arguments = ["apply_account", plan[0].marker, login_of(plan)]
    done = subprocess.run(
        ["nsenter", f"--target={host.init}", "--mount", "--pid", "/bin/sh", "-s", "--", *arguments],
        input=cut, capture_output=True, text=True, check=False, env=dict(os.environ, LC_ALL="C"),
    )  # fmt: skip
    assert "locum:" not in done.stdout
