"""Whatever a person started or left with a right ends with it, and nothing else does."""

from __future__ import annotations

import subprocess

import pytest
from demo.hosts import Host

from connectors.conformance import Subject, apply_all, revert_all
from demo import hosts
from linux_user import User, login_of, until
from locum.connectors.base import Step, TargetUnreachable

pytestmark = pytest.mark.anyio


async def test_everything_the_right_had_opened_ends(
    host: Host, user: User, plan: list[Step], subject: Subject, clean: None
) -> None:
    await apply_all(subject, plan)
    uid = int(hosts.run(host, f"id -u {login_of(plan)}"))
    opened = [
        subprocess.Popen(user.ssh(plan, command, *options), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for command, *options in (
            ("sleep 1001",),
            ("sudo sleep 1002",),
            ("nohup setsid sleep 1003 </dev/null >/dev/null 2>&1 & sleep 1",),
            ("sudo setsid sleep 1004 </dev/null >/dev/null 2>&1 & sleep 1",),
            ("sudo env -i setsid sleep 1005 </dev/null >/dev/null 2>&1 & sleep 1",),
            ("sudo sh -c 'trap \"\" HUP TERM INT; sleep 1006; sleep 1007'", "-tt"),
            ("bash -i", "-tt"),
        )
    ]
    wanted = {f"sleep {number}" for number in (1001, 1002, 1003, 1004, 1005, 1006)}
    await until(lambda: wanted <= {title for _, title in hosts.processes(host)})
    await revert_all(subject, plan)
    left = hosts.processes(host)
    assert not [title for _, title in left if "sleep 10" in title or login_of(plan) in title]
    assert uid not in {owner for owner, _ in left}
    for process in opened:
        process.communicate(timeout=5)
        assert process.returncode is not None


async def test_a_fork_bomb_ends(host: Host, user: User, plan: list[Step], subject: Subject, clean: None) -> None:
    await apply_all(subject, plan)
    bomb = "ulimit -u 150; f() { while :; do (sleep 0.01; f) & sleep 0.01; done; }; trap '' TERM HUP; f"
    with subprocess.Popen(user.ssh(plan, bomb), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        await until(lambda: len(hosts.processes(host)) > 60)
        await revert_all(subject, plan)
        running.wait(timeout=5)


async def test_other_peoples_processes_go_on(host: Host, plan: list[Step], subject: Subject) -> None:
    hosts.run(host, "useradd bert; setsid setpriv --reuid bert sleep 2001 </dev/null >/dev/null 2>&1 &")
    hosts.run(host, "setsid sleep 2002 </dev/null >/dev/null 2>&1 &")
    await until(lambda: {"sleep 2001", "sleep 2002"} <= {title for _, title in hosts.processes(host)})
    await apply_all(subject, plan)
    await revert_all(subject, plan)
    assert {"sleep 2001", "sleep 2002"} <= {title for _, title in hosts.processes(host)}
    hosts.run(host, "pkill sleep; while pgrep -u bert >/dev/null; do sleep 0.05; done; userdel bert")


async def test_a_restarted_sshd_is_spared(
    host: Host, user: User, plan: list[Step], subject: Subject, clean: None
) -> None:
    """Without systemd, a daemon that the user restarts carries the user's audit login id, and we come in by it."""
    await apply_all(subject, plan)
    user.says(plan, "sudo sh -c 'kill $(cat /run/sshd.pid); sleep 0.2; /usr/sbin/sshd -E /var/log/sshd.log'")
    await until(lambda: user.says(plan, "echo up") == "up")
    await revert_all(subject, plan)
    async with subject.connect() as connection:
        assert connection.host_key == host.host_key


async def test_what_the_account_left_behind_is_removed(
    host: Host, user: User, plan: list[Step], subject: Subject, clean: None
) -> None:
    login = login_of(plan)
    await apply_all(subject, plan)
    done = user.says(
        plan,
        "set -e; sudo true; touch /tmp/a '/tmp/b c' /var/tmp/d /dev/shm/e /run/lock/f; mkdir -p /tmp/g/h;"
        " touch /tmp/g/h/i; ln -s /etc /tmp/j; ipcmk -Q >/dev/null; ipcmk -S 1 >/dev/null; ipcmk -M 64 >/dev/null;"
        " sudo touch /tmp/g/of-root ~/of-root; sudo chattr +i ~/of-root 2>/dev/null || :; echo left",
    )
    assert done == "left"
    hosts.run(
        host,
        f"cd /var/spool/cron/crontabs && echo '* * * * * true' > {login} && chown {login} {login};"
        f" echo mail > /var/mail/{login}; mkdir -p /run/sudo/ts /run/user/$(id -u {login})/bus;"
        f" touch /run/sudo/ts/{login}",
    )
    await revert_all(subject, plan)
    hosts.run(host, "rmdir /run/user 2>/dev/null", check=False)


async def test_a_mount_in_a_removed_folder_is_undone_not_emptied(
    host: Host, user: User, plan: list[Step], subject: Subject, clean: None
) -> None:
    hosts.run(host, "mkdir -p /etc/precious; echo kept > /etc/precious/file")
    await apply_all(subject, plan)
    mounted = user.says(
        plan,
        "mkdir ~/in '/tmp/of me' && sudo mount --bind /etc/precious ~/in && sudo mkdir '/tmp/of me/in' &&"
        " sudo mount --bind /etc/precious '/tmp/of me/in' && echo mounted",
    )
    assert mounted == "mounted"
    await revert_all(subject, plan)
    assert hosts.run(host, "cat /etc/precious/file") == "kept\n"
    hosts.run(host, "rm -r /etc/precious")


async def test_links_of_the_account_lead_nowhere(
    host: Host, user: User, plan: list[Step], subject: Subject, clean: None
) -> None:
    """The account turns its own .ssh into a link; writing and removing the key must not follow it as root."""
    await apply_all(subject, plan)
    hosts.run(host, "mkdir -m 700 /etc/target; echo kept > /etc/target/authorized_keys")
    assert user.says(plan, "mv .ssh old; ln -s /etc/target .ssh; echo turned") == "turned"
    with pytest.raises(TargetUnreachable, match="can't write the key"):
        await apply_all(subject, plan[1:2])
    await revert_all(subject, plan)
    assert hosts.run(host, "cat /etc/target/authorized_keys") == "kept\n"
    hosts.run(host, "rm -r /etc/target")


async def test_keys_the_user_added_do_not_outlive_the_next_apply(
    user: User, plan: list[Step], subject: Subject, host: Host
) -> None:
    await apply_all(subject, plan)
    user.says(plan, "echo ssh-ed25519 AAAA >> .ssh/authorized_keys")
    await apply_all(subject, plan)
    kept = hosts.run(host, f"cat /home/{login_of(plan)}/.ssh/authorized_keys")
    options = "restrict,pty,port-forwarding,agent-forwarding,X11-forwarding"
    assert kept == f"{options} {plan[1].parameters['public_key']}\n"
    modes = hosts.run(host, f"cd /home/{login_of(plan)}; stat -c '%a %U' . .ssh .ssh/authorized_keys")
    assert modes.splitlines() == [f"700 {login_of(plan)}", f"700 {login_of(plan)}", f"600 {login_of(plan)}"]
    await revert_all(subject, plan)
