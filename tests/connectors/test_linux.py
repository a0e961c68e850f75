"""The Linux connector against real hosts: the evidence is read from the host by another way."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from demo.hosts import Host

from connectors.conformance import Conformance, Subject, apply_all, revert_all
from demo import hosts
from hosts import target_of
from linux_user import User, login_of, until
from locum.connectors import linux
from locum.connectors.base import Step, TargetRefused, TargetUnreachable
from locum.connectors.linux import LinuxConnector

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
        # The host has not even seen that the connection is gone when the script gets its turn.
        hosts.run(host, "pkill -x -f 'sleep 3002'")
        await asyncio.sleep(0.3)
        assert login_of(plan) not in hosts.run(host, "cat /etc/passwd; ls /var/lib")
    await until(lambda: not any(title.startswith("/bin/sh -c echo") for _, title in hosts.processes(host)))
    assert login_of(plan) not in hosts.run(host, "cat /etc/passwd; ls /var/lib")


async def test_a_sign_in_is_told_apart_from_what_runs_by_itself(
    host: Host, user: User, plan: list[Step], subject: Subject, clean: None
) -> None:
    """Over SSH with and without a terminal, from another's terminal; not what was left behind, nor a claim."""
    await apply_all(subject, plan)
    login, quiet = login_of(plan), "</dev/null >/dev/null 2>&1 &"
    user.says(plan, f"setsid sleep 3004 {quiet}")
    hosts.run(host, f"setsid bash -c 'exec -a \"sshd: {login}@pts/9\" sleep 3005' {quiet}")
    async with LinuxConnector.connect(target_of(host)) as connection:
        assert await connection.logons(plan[0]) == []
        with user.signed_in(plan, "-tt"), user.signed_in(plan):
            seen = await connection.logons(plan[0])
            assert [one.over_ssh for one in seen] == [True, True]
            assert all(one.how.startswith("ssh 127.") for one in seen)
        as_it = f"setpriv --reuid={login} --clear-groups sleep 3006"
        hosts.run(host, f"setsid script -qc '{as_it}' /dev/null {quiet}")
        await until(lambda: any(title == "sleep 3006" for _, title in hosts.processes(host)))
        [by_other] = [one for one in await connection.logons(plan[0]) if not one.over_ssh]
        assert by_other.how.startswith("terminal pts/")
    hosts.run(host, "pkill -x -f 'sleep 3006'; pkill -f @pts/[9]", check=False)
    await revert_all(subject, plan)


async def test_words_reach_the_terminals(
    host: Host, user: User, plan: list[Step], subject: Subject, clean: None
) -> None:
    await apply_all(subject, plan)
    async with LinuxConnector.connect(target_of(host)) as connection:
        with user.signed_in(plan, "-tt") as client:
            assert await connection.tell(plan[0], "your session\nends $(id) soon")
            assert client.stdout is not None
            assert client.stdout.readline().strip() in (b"", b"your session?ends $(id) soon")
    await revert_all(subject, plan)
