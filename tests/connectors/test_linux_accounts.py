"""Accounts of real Linux hosts."""

from __future__ import annotations

import asyncio
import base64
import shlex
from collections.abc import Iterator
from dataclasses import replace

import pytest
from demo.hosts import Host

from connectors.keeper_conformance import NEW, OLD, Grounds, KeeperConformance
from demo import hosts
from hosts import target_of
from linux_user import until
from locum.connectors import linux_accounts, ssh
from locum.connectors.base import Account, Dependant, Privilege, Target, TargetRefused
from locum.connectors.linux_accounts import LinuxKeeper
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio

NAMES = ("dots.and-dashes_", "Upper01", "_underscore", "x" * 32)
NO_NAMES = (
    "", "-rf", "a b", "$(id)", "a;id", "a\nb", "a:b", "a\0b", "../x", "é", "x" * 33, "a'b", 'a"b', "%s", "1000", "a\\b",
    "*", "!", "a\n",
)  # fmt: skip
_TRY = "$p = decode_base64(shift); $h = (getpwnam(shift))[1]; exit(crypt($p, $h) eq $h ? 0 : 1)"


@pytest.fixture(scope="module")
def powerless(host: Host) -> Iterator[Target]:
    hosts.run(host, "useradd -m nosudo; echo 'nosudo:a password' | chpasswd")
    yield replace(target_of(host), username="nosudo", private_key=None, password=Secret("a password"))
    hosts.run(host, "pkill -KILL -u nosudo; userdel -r nosudo 2>/dev/null", check=False)


@pytest.fixture
def grounds(host: Host, powerless: Target) -> Grounds:
    def make(login: str, password: str) -> None:
        pair = shlex.quote(f"{login}:{password}")
        hosts.run(host, f"useradd --badname -m {login} 2>/dev/null; printf '%s\n' {pair} | chpasswd")

    def lets_in(login: str, password: str) -> bool:
        word = base64.b64encode(password.encode()).decode()
        said = hosts.run(
            host, f"perl -MMIME::Base64 -e {shlex.quote(_TRY)} {word} {login} && echo yes", check=False
        )
        return said == "yes\n"

    return Grounds(
        kind="linux",
        target=target_of(host),
        powerless=powerless,
        make=make,
        remove=lambda login: void(hosts.run(host, f"userdel -r {login} 2>/dev/null")),
        lets_in=lets_in,
        freeze=lambda: void(hosts.run(host, "pkill -STOP -f 'sshd: locu[m]'")),
        thaw=lambda: void(hosts.run(host, "pkill -CONT -f 'sshd: locu[m]'", check=False)),
        names=NAMES,
        no_names=NO_NAMES,
        timeouts=((linux_accounts, "COMMAND_TIMEOUT_S"), (ssh, "CONNECT_TIMEOUT_S")),
    )


def void(_: object) -> None:
    return


class TestConformance(KeeperConformance):
    pass


def public_key(letter: str) -> str:
    return f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{letter * 43}"


async def test_accounts_are_described(host: Host, app: str, keeper: LinuxKeeper) -> None:
    uid = int(hosts.run(host, f"id -u {app}"))
    assert await keeper.find(app) == Account(
        app, True, uid, uid, f"/home/{app}", "/bin/bash", Privilege.LINUX_USER
    )  # fmt: skip
    root, service = await keeper.find("root"), await keeper.find("locum")
    assert root is not None
    assert service is not None
    assert (root.privilege, root.unix_id) == (Privilege.ADMINISTRATOR, 0)
    assert service.privilege == Privilege.SUPER_USER
    assert keeper.host_key == host.host_key


async def test_a_real_sign_in_takes_the_new_password(host: Host, app: str, keeper: LinuxKeeper) -> None:
    await keeper.change_password(app, Secret(NEW))
    target = replace(target_of(host), username=app, private_key=None)
    async with LinuxKeeper.connect(replace(target, password=Secret(NEW))):
        pass


async def test_the_other_fields_of_the_shadow_file_stay(host: Host, app: str, keeper: LinuxKeeper) -> None:
    hosts.run(host, f"chage -m 1 -M 90 -W 7 -I 30 -E 2099-01-01 {app}")
    fields = "getent shadow kept | cut -d: -f1,4-"
    others = "grep -v ^kept: /etc/shadow"
    before = hosts.run(host, fields), hosts.run(host, others)
    await keeper.change_password(app, Secret(NEW))
    assert (hosts.run(host, fields), hosts.run(host, others)) == before


async def test_a_password_locked_by_hand_is_not_unlocked_by_a_new_one(
    host: Host, app: str, keeper: LinuxKeeper
) -> None:
    hosts.run(host, f"passwd -l {app}")
    found = await keeper.find(app)
    assert found is not None
    assert not found.enabled
    with pytest.raises(TargetRefused, match="locked on the host"):
        await keeper.change_password(app, Secret(NEW))
    with pytest.raises(TargetRefused, match="no way to try it"):
        await keeper.accepts_password(app, Secret(OLD))
    await keeper.set_enabled(app, True)
    assert await keeper.accepts_password(app, Secret(OLD))


@pytest.mark.parametrize("none", ["*", "!", "!!", "!*"])
async def test_an_account_without_a_password_may_get_one(
    host: Host, app: str, keeper: LinuxKeeper, none: str
) -> None:
    hosts.run(host, f"usermod -p '{none}' {app}")
    assert not await keeper.accepts_password(app, Secret(none))
    await keeper.change_password(app, Secret(NEW))
    assert await keeper.accepts_password(app, Secret(NEW))


async def test_an_account_that_needs_no_password_accepts_none(host: Host, app: str, keeper: LinuxKeeper) -> None:
    hosts.run(host, f"passwd -d {app}")
    assert not await keeper.accepts_password(app, Secret(OLD))


async def test_the_day_of_expiry_comes_back(host: Host, app: str, keeper: LinuxKeeper) -> None:
    day = f"getent shadow {app} | cut -d: -f8"
    hosts.run(host, f"usermod -e 2099-01-01 {app}")
    before = hosts.run(host, day)
    for _ in range(2):
        await keeper.set_enabled(app, False)
    assert hosts.run(host, day) == "1\n"
    await keeper.set_enabled(app, True)
    assert hosts.run(host, f"{day}; ls -A /var/lib/locum 2>/dev/null || true") == before
    hosts.run(host, f"usermod -e 2020-01-01 {app}")
    with pytest.raises(TargetRefused, match="past its day of expiry"):
        await keeper.set_enabled(app, True)


async def test_a_disabled_account_is_let_in_by_no_way(host: Host, app: str, keeper: LinuxKeeper) -> None:
    await keeper.set_enabled(app, False)
    with pytest.raises(TargetRefused):
        async with LinuxKeeper.connect(
            replace(target_of(host), username=app, private_key=None, password=Secret(OLD))
        ):
            pass
    assert await keeper.accepts_password(app, Secret(OLD))


async def test_what_the_host_says_again_of_a_secret_is_left_out(
    host: Host, app: str, keeper: LinuxKeeper
) -> None:
    """SEC-24: its words go into lists and logs."""
    program = "/usr/sbin/chpasswd"
    echo = "#!/bin/sh\\necho bad line: $(cat) >&2; exit 1\\n"
    hosts.run(host, f"mv {program} {program}.real; printf '{echo}' > {program}; chmod 755 {program}")
    try:
        with pytest.raises(TargetRefused, match=f"chpasswd failed: bad line: {app}:…") as refusal:
            await keeper.change_password(app, Secret("canary-word"))
    finally:
        hosts.run(host, f"mv {program}.real {program}")
    assert "canary" not in str(refusal.value)


async def test_what_pam_refuses_is_refused_in_its_words(host: Host, app: str, keeper: LinuxKeeper) -> None:
    hosts.run(host, "echo 'password requisite pam_deny.so' > /etc/pam.d/chpasswd")
    try:
        with pytest.raises(TargetRefused, match=r"chpasswd failed: .*pam_chauthtok"):
            await keeper.change_password(app, Secret(NEW))
    finally:
        hosts.run(host, "rm /etc/pam.d/chpasswd")
    assert await keeper.accepts_password(app, Secret(OLD))


async def test_no_process_shows_a_secret(host: Host, app: str, keeper: LinuxKeeper) -> None:
    """What a program is started with, and by what, looked at by the program itself."""
    spy = r"""printf '#!/bin/sh
for pid in $$ $PPID $(ps -o ppid= -p $PPID); do cat /proc/$pid/cmdline /proc/$pid/environ; done >> /root/seen 2>&1
exec %s.real "$@"
' $program > $program; chmod 755 $program"""
    programs = "/usr/sbin/chpasswd /usr/sbin/unix_chkpwd /usr/bin/base64 /usr/bin/sha256sum"
    hosts.run(host, "mkdir -p /srv/app; printf 'secret=old' > /srv/app/file")
    where = {"path": "/srv/app/file", "pattern": "secret={secret}"}
    file = Dependant("file", where, "00000000-0000-0000-0000-000000000000")
    hosts.run(host, f"for program in {programs}; do mv $program $program.real; {spy}; done")
    try:
        await keeper.change_password(app, Secret("canary-secret"))
        assert await keeper.accepts_password(app, Secret("canary-secret"))
        await keeper.update(file, old=Secret("old"), new=Secret("canary-secret"))
        seen = hosts.run(host, "tr '\\0' '\\n' < /root/seen")
    finally:
        hosts.run(host, f"for program in {programs}; do mv $program.real $program; done; rm -f /root/seen")
    assert "unix_chkpwd" in seen
    assert "canary-secret" not in seen
    assert base64.b64encode(b"canary-secret").decode()[:-4] not in seen


async def test_without_the_helper_a_sign_in_tells(host: Host, app: str, keeper: LinuxKeeper) -> None:
    hosts.run(host, "mv /usr/sbin/unix_chkpwd /root/kept; cp /etc/ssh/sshd_config /root/config")
    try:
        # PAM itself needs the helper for nobody but root, and sshd is root.
        assert await keeper.accepts_password(app, Secret(OLD))
        assert not await keeper.accepts_password(app, Secret(NEW))
        off = "PasswordAuthentication no\\nKbdInteractiveAuthentication no\\n"
        hosts.run(
            host, f"{{ printf '{off}'; cat /root/config; }} > /etc/ssh/sshd_config; kill -HUP $(cat /run/sshd.pid)"
        )
        await asyncio.sleep(0.3)
        with pytest.raises(TargetRefused, match="no way to try one"):
            await keeper.accepts_password(app, Secret(OLD))
    finally:
        hosts.run(host, "mv /root/kept /usr/sbin/unix_chkpwd; mv /root/config /etc/ssh/sshd_config")
        hosts.run(host, "kill -HUP $(cat /run/sshd.pid)")
        await asyncio.sleep(0.3)


async def test_a_change_nobody_waits_for_any_more_is_not_made(host: Host, app: str) -> None:
    """Its Locum died while it waited for the lock; the next one may have set another password meanwhile."""
    hosts.run(host, "setsid flock /etc sleep 3004 >/dev/null 2>&1 &")
    async with LinuxKeeper.connect(target_of(host)) as connection:
        orphan = asyncio.create_task(connection.change_password(app, Secret(NEW)))
        await until(lambda: any(title.startswith("flock -w") for _, title in hosts.processes(host)))
        orphan.cancel()
        await asyncio.gather(orphan, return_exceptions=True)
    hosts.run(host, "pkill -x -f 'sleep 3004'")
    await until(lambda: not any(title.startswith("/bin/sh -c echo") for _, title in hosts.processes(host)))
    async with LinuxKeeper.connect(target_of(host)) as connection:
        assert await connection.accepts_password(app, Secret(OLD))


# ---- keys


async def test_a_key_takes_the_others_place_and_leaves_the_rest_alone(
    host: Host, app: str, keeper: LinuxKeeper
) -> None:
    old, new, other = public_key("a"), public_key("b"), public_key("c")
    lines = [
        "# a comment with " + old,
        "",
        f'command="echo {old} \\"quoted\\" text",no-pty {other} keeps its place',
        f'  from="10.0.0.0/8,*.example.org",restrict {old} app@example.org',
        "ecdsa-sha2-nistp256 AAAAE2VjZHNh other kind",
    ]
    text = shlex.quote("\n".join(lines))  # without a line break at the end
    hosts.run(host, f"cd ~{app} && mkdir -m 700 .ssh && printf %s {text} > .ssh/authorized_keys")
    hosts.run(host, f"chmod 640 ~{app}/.ssh/authorized_keys; chown -R {app}: ~{app}/.ssh")
    assert await keeper.accepts_key(app, old)
    assert await keeper.accepts_key(app, f"{other} whatever comment")
    assert not await keeper.accepts_key(app, new)
    for _ in range(2):
        await keeper.change_key(app, add=new, remove=old)
        lines[3] = f'  from="10.0.0.0/8,*.example.org",restrict {new} app@example.org'
        assert hosts.run(host, f"cat ~{app}/.ssh/authorized_keys").splitlines() == lines
    assert hosts.run(host, f"stat -c '%a %U' ~{app}/.ssh/authorized_keys; ls -A ~{app}/.ssh") == (
        f"640 {app}\nauthorized_keys\n"
    )
    assert (await keeper.accepts_key(app, old), await keeper.accepts_key(app, new)) == (False, True)
    await keeper.change_key(app, add=old, remove=None)
    assert hosts.run(host, f"tail -n 1 ~{app}/.ssh/authorized_keys") == f"{old}\n"
    await keeper.change_key(app, add=old, remove=new)
    lines.pop(3)
    assert hosts.run(host, f"cat ~{app}/.ssh/authorized_keys").splitlines() == [*lines, old]


async def test_keys_are_made_where_there_were_none(host: Host, app: str, keeper: LinuxKeeper) -> None:
    assert not await keeper.accepts_key(app, public_key("a"))
    await keeper.change_key(app, add=public_key("a"), remove=public_key("b"))
    seen = hosts.run(
        host, f"cat ~{app}/.ssh/authorized_keys; stat -c '%a %U' ~{app}/.ssh ~{app}/.ssh/authorized_keys"
    )
    assert seen == f"{public_key('a')}\n700 {app}\n600 {app}\n"


@pytest.mark.parametrize("program", ["mawk", "gawk"])
async def test_every_awk_reads_keys_alike(host: Host, app: str, keeper: LinuxKeeper, program: str) -> None:
    hosts.run(host, f"mv /usr/bin/awk /root/kept && ln -s $(command -v {program} || command -v mawk) /usr/bin/awk")
    try:
        await keeper.change_key(app, add=public_key("a"), remove=None)
        line = f'from="a b",command="x\\\\"y" {public_key("b")} c'
        hosts.run(host, f"echo {shlex.quote(line)} >> ~{app}/.ssh/authorized_keys")
        assert await keeper.accepts_key(app, public_key("b"))
        assert not await keeper.accepts_key(app, public_key("c"))
    finally:
        hosts.run(host, "mv /root/kept /usr/bin/awk")


@pytest.mark.parametrize(
    "trick", ["ln -s /root/.ssh .ssh", "mkdir .ssh && ln -s /root/.ssh/authorized_keys .ssh/"]
)
async def test_links_of_the_account_lead_to_nothing_of_roots(
    host: Host, app: str, keeper: LinuxKeeper, trick: str
) -> None:
    hosts.run(host, f"cd ~{app} && {trick}; chown -hR {app} ~{app}; echo kept > /root/.ssh/authorized_keys")
    try:
        with pytest.raises(TargetRefused):
            await keeper.change_key(app, add=public_key("a"), remove=None)
        assert hosts.run(host, "cat /root/.ssh/authorized_keys; ls /root/.ssh") == "kept\nauthorized_keys\n"
    finally:
        hosts.run(host, "rm -f /root/.ssh/authorized_keys")


async def test_a_pipe_in_place_of_the_keys_holds_nobody_up(host: Host, app: str, keeper: LinuxKeeper) -> None:
    hosts.run(host, f"cd ~{app} && mkdir .ssh && ln -s /dev/zero .ssh/authorized_keys && chown -hR {app} .ssh")
    assert not await keeper.accepts_key(app, public_key("a"))


async def test_the_account_gets_none_of_our_pipes(host: Host, app: str, keeper: LinuxKeeper) -> None:
    """What runs with the account's rights can be looked into by the account: later orders must not come by there."""
    spy = '#!/bin/sh\\nls -l /proc/$$/fd > /tmp/fds.$(id -u)\\nexec /root/sync "$@"\\n'
    uid = hosts.run(host, f"id -u {app}").strip()
    hosts.run(
        host, f"cp /usr/bin/sync /bin/sync.real; printf '{spy}' | sed s,/root/sync,/bin/sync.real, > /usr/bin/sync"
    )
    try:
        await keeper.change_key(app, add=public_key("a"), remove=None)
        links = hosts.run(host, f"cat /tmp/fds.{uid}")
    finally:
        hosts.run(host, f"mv /bin/sync.real /usr/bin/sync; rm -f /tmp/fds.{uid}")
    numbers = {line.split()[-3] for line in links.splitlines() if "->" in line}
    assert not numbers & {"3", "9"}
    assert "/dev/null" in next(line for line in links.splitlines() if " 0 -> " in line)


@pytest.mark.parametrize(
    "key", ["", "ssh-ed25519", "ssh-ed25519 AAAA\nx", "a b; c d", "$(id) AAAA", "ssh-rsa AA;A"]
)
async def test_hostile_keys_are_refused(app: str, keeper: LinuxKeeper, key: str) -> None:
    for refused in (
        keeper.accepts_key(app, key),
        keeper.change_key(app, add=key, remove=None),
        keeper.change_key(app, add=public_key("a"), remove=key or "x"),
    ):
        with pytest.raises(TargetRefused, match="malformed"):
            await refused
