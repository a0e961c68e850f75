"""What a step may say before it comes near a shell (SEC-18)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from demo.hosts import Host

from hosts import target_of
from linux_user import login_of
from locum.connectors.base import Step, TargetRefused
from locum.connectors.linux import LinuxConnector

pytestmark = pytest.mark.anyio


# Names


@pytest.mark.parametrize(
    "login",
    [
        "",
        "a b",
        "a;reboot",
        "$(reboot)",
        "`id`",
        "-rf",
        "a'b",
        'a"b',
        "a\nb",
        "A",
        "ä",
        "a" * 33,
        "a/../b",
        "a:b",
        "1a",
    ],
)
async def test_hostile_logins_are_refused(host: Host, plan: list[Step], clean: None, login: str) -> None:
    async with LinuxConnector.connect(target_of(host)) as connection:
        for step in plan:
            bad = replace(step, parameters={**step.parameters, "login": login})
            for change in (connection.apply, connection.revert):
                with pytest.raises(TargetRefused, match="login name"):
                    await change(bad)


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("authorized_key", {"public_key": "ssh-ed25519 AAAA\nssh-ed25519 BBBB"}, "public key is malformed"),
        ("authorized_key", {"public_key": 'command="id" ssh-ed25519 AAAA'}, "public key is malformed"),
        ("group", {"group": "users,sudo"}, "group name is malformed"),
        ("group", {"group": "-a"}, "group name is malformed"),
        ("group", {"group": "nosuchgroup"}, "there is no group nosuchgroup"),
        ("sudoers", {"run_as": "ALL) NOPASSWD: ALL #"}, "account to run as is malformed"),
        ("sudoers", {"commands": "ALL\nmallory ALL=(ALL) ALL"}, "sudo commands"),
        ("sudoers", {"commands": "reboot"}, "sudo commands"),
        ("sudoers", {"commands": "/bin/ls, !/bin/cat"}, "sudo commands"),
        ("sudoers", {"commands": "/bin/*"}, "sudo commands"),
        ("wish", {}, "knows no step"),
    ],
)
async def test_hostile_values_are_refused(
    host: Host, plan: list[Step], clean: None, kind: str, changes: dict[str, str], words: str
) -> None:
    bad = Step(kind, {"login": login_of(plan), "public_key": "", **changes}, plan[0].marker)
    async with LinuxConnector.connect(target_of(host)) as connection:
        await connection.apply(plan[0])
        with pytest.raises(TargetRefused, match=words):
            await connection.apply(bad)
        await connection.revert(plan[0])


@pytest.mark.parametrize("marker", ["", "x", "../../etc", "a" * 36, "00000000-0000-0000-0000-00000000000g"])
async def test_hostile_markers_are_refused(host: Host, plan: list[Step], clean: None, marker: str) -> None:
    async with LinuxConnector.connect(target_of(host)) as connection:
        with pytest.raises(TargetRefused, match="id is malformed"):
            await connection.apply(replace(plan[0], marker=marker))
