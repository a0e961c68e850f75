"""The Linux connector against real hosts: the evidence is read from the host by another way."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from demo.hosts import Host

from connectors.conformance import Conformance, Subject, apply_all, revert_all
from demo import hosts
from hosts import settled, state_of, target_of
from locum.connectors import linux
from locum.connectors.base import Step, Target, TargetRefused, TargetUnreachable
from locum.connectors.linux import LinuxConnector
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio


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
        works=user.works,
        foreign=foreign,
        unforeign=lambda plan: void(hosts.run(host, f"userdel -r {login_of(plan)} 2>/dev/null")),
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


class TestConformance(Conformance):
    pass


# Getting in


async def test_the_first_host_key_is_taken_only_where_that_is_allowed(host: Host) -> None:
    async with LinuxConnector.connect(target_of(host, pinned=False)) as connection:
        assert connection.host_key == host.host_key
        assert connection.host_key_thumbprint.startswith("SHA256:")
    with pytest.raises(TargetRefused, match="is not trusted yet"):
        async with LinuxConnector.connect(replace(target_of(host, pinned=False), accept_first=False)):
            pass


@pytest.mark.parametrize("accept_first", [True, False])
async def test_another_host_key_is_refused(linux_hosts: list[Host], accept_first: bool) -> None:
    wrong = replace(target_of(linux_hosts[0]), trusted_host_key=linux_hosts[1].host_key, accept_first=accept_first)
    with pytest.raises(TargetRefused, match="not the pinned one"):
        async with LinuxConnector.connect(wrong):
            pass


async def test_a_key_of_another_kind_than_the_pinned_one_is_refused(host: Host) -> None:
    pinned = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA=="
    with pytest.raises(TargetRefused):
        async with LinuxConnector.connect(replace(target_of(host), trusted_host_key=pinned)):
            pass


async def test_a_closed_port_is_unreachable_at_once(host: Host) -> None:
    started = time.monotonic()
    with pytest.raises(TargetUnreachable, match="can't reach"):
        async with LinuxConnector.connect(replace(target_of(host), port=1)):
            pass
    assert time.monotonic() - started < 2


async def test_a_silent_port_is_unreachable(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    monkeypatch.setattr(linux, "CONNECT_TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = replace(target_of(host), host="127.0.0.1", port=silent.getsockname()[1])
        with pytest.raises(TargetUnreachable, match="no answer in time"):
            await LinuxConnector.connect(target).__aenter__()


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


async def test_a_wrong_key_is_refused_without_showing_it(host: Host, user: User) -> None:
    other = replace(target_of(host), private_key=Secret(user.key.read_bytes()))
    with pytest.raises(TargetRefused, match="does not let the service account locum in"):
        async with LinuxConnector.connect(other):
            pass
    with pytest.raises(TargetRefused, match="can't be read") as caught:
        async with LinuxConnector.connect(replace(other, private_key=Secret("canary"))):
            pass
    assert "canary" not in str(caught.value)


async def test_nothing_of_our_own_ssh_set_up_is_used(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service account's key in our home, and a config that names it, must not let anybody in."""
    (tmp_path / ".ssh").mkdir(mode=0o700)
    for name in ("id_ed25519", "id_ed25519.pub"):
        (tmp_path / ".ssh" / name).write_bytes(Path(host.private_key).with_name(name).read_bytes())
        (tmp_path / ".ssh" / name).chmod(0o600)
    (tmp_path / ".ssh" / "config").write_text(f"Host *\nIdentityFile {host.private_key}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(TargetRefused, match="does not let"):
        async with LinuxConnector.connect(replace(target_of(host), private_key=None, password=Secret("wrong"))):
            pass


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
    hosts.run(
        host, "cp /home/locum/.bashrc /root/kept; sed -i '1i echo locum: refused; echo hello >&2' ~locum/.bashrc"
    )
    try:
        async with LinuxConnector.connect(target_of(host)) as connection:
            await connection.apply(plan[0])
            await connection.revert(plan[0])
    finally:
        hosts.run(host, "cp /root/kept /home/locum/.bashrc; rm /root/kept")


async def test_a_flood_of_words_ends_the_step(host: Host, plan: list[Step]) -> None:
    hosts.run(host, "cp /home/locum/.bashrc /root/kept; sed -i '1i yes' /home/locum/.bashrc")
    try:
        async with LinuxConnector.connect(target_of(host)) as connection:
            with pytest.raises(TargetUnreachable, match="far more than it was asked"):
                await connection.apply(plan[0])
    finally:
        hosts.run(host, "cp /root/kept /home/locum/.bashrc; rm /root/kept; pkill -x yes", check=False)


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


# What a right had opened


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
    hosts.run(host, "pkill sleep; userdel bert")


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
        f" echo mail > /var/mail/{login}; mkdir -p /run/user/$(id -u {login})/bus; touch /run/sudo/ts/{login}",
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
    assert kept == f"restrict,pty {plan[1].parameters['public_key']}\n"
    modes = hosts.run(host, f"cd /home/{login_of(plan)}; stat -c '%a %U' . .ssh .ssh/authorized_keys")
    assert modes.splitlines() == [f"700 {login_of(plan)}", f"700 {login_of(plan)}", f"600 {login_of(plan)}"]
    await revert_all(subject, plan)


# Proof of ownership


@pytest.mark.parametrize(
    "damage",
    [
        "sed -i /^{l}:/d /etc/passwd",
        "sed -i /^{l}:/d /etc/shadow",
        "sed -i /^{l}:/d /etc/passwd /etc/shadow",
        "sed -i /^{l}:/d /etc/passwd; groupdel {l}",
        "sed -i /^{l}:/d /etc/group /etc/gshadow",
        "userdel {l}",
        "rm -r /home/{l}",
        "userdel {l}; sed -i s/made/making/ /var/lib/locum/{m}",
        "usermod -l renamed {l}",
        "usermod -c changed {l}",
        "usermod -d /etc -s /bin/false -aG sudo {l}",
    ],
)
async def test_half_an_account_is_reverted(
    host: Host, plan: list[Step], subject: Subject, clean: None, damage: str
) -> None:
    """What a host that lost power inside useradd or userdel may show, and what root may have done to it."""
    await apply_all(subject, plan)
    hosts.run(host, damage.format(l=login_of(plan), m=plan[0].marker))
    await revert_all(subject, plan)


@pytest.mark.parametrize(
    "damage", ["userdel {l}", "userdel -r {l}; mkdir /home/{l}; touch /home/{l}/half", "rm -r /home/{l}/.*rc"]
)
async def test_half_an_account_is_made_whole(
    host: Host, user: User, plan: list[Step], subject: Subject, clean: None, damage: str
) -> None:
    await apply_all(subject, plan[:1])
    hosts.run(host, damage.format(l=login_of(plan)) + f"; sed -i s/made/making/ /var/lib/locum/{plan[0].marker}")
    await apply_all(subject, plan)
    assert user.works(plan)
    assert ".bashrc" in hosts.run(host, f"ls -A /home/{login_of(plan)}")
    await revert_all(subject, plan)


@pytest.mark.parametrize(
    ("damage", "repair", "words"),
    [
        ("sed -i 's/^{l}:x:[0-9]*/{l}:x:0/' /etc/passwd", "", "uid of .* was changed from 6?[0-9]* to 0"),
        ("sed -i 's/^{l}:x:[0-9]*/{l}:x:1/' /etc/passwd", "", "uid of .* was changed"),
        ("useradd -o -u {u} twin", "userdel -f twin", "the account twin has the uid"),
    ],
)
async def test_a_uid_that_may_be_somebody_elses_is_not_cleaned_up(
    host: Host, plan: list[Step], subject: Subject, damage: str, repair: str, words: str
) -> None:
    before = state_of(host)
    await apply_all(subject, plan[:1])
    login = login_of(plan)
    uid = hosts.run(host, f"id -u {login}").strip()
    hosts.run(host, damage.format(l=login, u=uid))
    with pytest.raises(TargetRefused, match=words):
        await revert_all(subject, plan)
    assert login in hosts.run(host, "cat /etc/passwd")
    hosts.run(host, repair or f"sed -i 's/^{login}:x:[0-9]*/{login}:x:{uid}/' /etc/passwd")
    await revert_all(subject, plan)
    assert settled(host, before)


@pytest.mark.parametrize(
    ("make", "unmake", "words"),
    [
        ("groupadd {l}", "groupdel {l}", "a group named .* exists"),
        ("mkdir /home/{l}; touch /home/{l}/kept", "rm -r /home/{l}", "home/.* exists and is not this session's"),
        ("ln -s /root /home/{l}", "rm /home/{l}", "home/.* exists and is not this session's"),
    ],
)
async def test_what_only_shares_the_name_is_not_touched(
    host: Host, plan: list[Step], subject: Subject, clean: None, make: str, unmake: str, words: str
) -> None:
    hosts.run(host, make.format(l=login_of(plan)))
    before = state_of(host)
    with pytest.raises(TargetRefused, match=words):
        await apply_all(subject, plan)
    await revert_all(subject, plan)
    assert state_of(host) == before
    hosts.run(host, unmake.format(l=login_of(plan)))


async def test_uids_are_not_given_again_and_do_not_move_the_next_one(
    host: Host, user: User, subject: Subject, clean: None
) -> None:
    uids = set()
    for _ in range(3):
        plan = user.plan()
        await apply_all(subject, plan[:1])
        uids.add(int(hosts.run(host, f"id -u {login_of(plan)}")))
        assert hosts.run(host, "useradd next; id -u next; userdel next").strip() == "1001"
        await revert_all(subject, plan[:1])
    assert len(uids) == 3
    assert all(65536 <= uid <= 99999 for uid in uids)


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


async def until(condition: object, timeout: float = 10) -> None:
    assert callable(condition)
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.02)
