"""Starts and stops Linux hosts for the demo and the tests, several on one machine, without containers.

Each host has its own accounts, sudoers, homes, process list and host key, and a real sshd on port 22 of an
address of its own (127.x.y.21 and up). It shares two things with the machine: /usr, through a private overlay,
and the loopback network. All of it lives on a tmpfs inside a mount namespace, so that a host that is stopped or
killed leaves no mount, no process and no account behind. What a host changed is lost when it stops; its keys in
the directory stay, so that a pinned host key is still right after the next start.

    python demo/hosts.py start --dir DIR [--net K] [--count N | --names web01,db01]
    python demo/hosts.py status --dir DIR
    python demo/hosts.py stop --dir DIR

`start` and `status` print a JSON list of hosts. The account `locum` of each host has a password and a key, both
in files under DIR, and may use sudo without a password. Needs root, and `openssh-server sudo procps`. It keeps
hosts apart from the machine's accounts; it is no sandbox: root on such a host is root.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ACCOUNT = "locum"
_MARK = "LOCUM_DEMO_HOST"  # in the environment of a host's holder process: how a host is found again
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGES = "openssh-server sudo procps"
_PROGRAMS = "sshd ssh-keygen sudo visudo ps useradd chpasswd unshare nsenter setpriv pivot_root mount umount".split()
_CHECKOUT = Path(__file__).resolve().parent.parent

# What a host takes over from the machine's /etc. Accounts, keys, secrets and PAM settings are not among it.
_SHARED_ETC = (
    "alternatives bash.bashrc debian_version default/useradd environment inputrc ld.so.cache ld.so.conf"
    " ld.so.conf.d locale.alias localtime login.defs lsb-release os-release profile protocols services shells skel"
    " ssh/moduli terminfo timezone"
).split()

_ETC = {
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
    "pam.d/other": (
        "auth required pam_unix.so\n"
        "account required pam_nologin.so\naccount required pam_unix.so\n"
        "password required pam_unix.so\n"
        "session optional pam_loginuid.so\nsession optional pam_limits.so\nsession required pam_unix.so\n"
    ),
    "sudoers": (
        f'Defaults env_reset, secure_path="{_PATH}"\n'
        "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"
    ),
    f"sudoers.d/{ACCOUNT}": f"{ACCOUNT} ALL=(ALL:ALL) NOPASSWD: ALL\n",
    "security/limits.conf": "",
    "subuid": "",
    "subgid": "",
}

_SSHD_CONFIG = """\
ListenAddress {address}
Port 22
HostKey /etc/ssh/ssh_host_ed25519_key
UsePAM yes
UseDNS no
PermitRootLogin prohibit-password
PidFile /run/sshd.pid
LogLevel VERBOSE
MaxStartups 100:30:200
Subsystem sftp internal-sftp
"""


class HostsError(Exception):
    """Hosts can't be started here; the text is one line that says why."""


@dataclass(frozen=True)
class Host:
    """A running host. Paths are the machine's; `root` shows the host's files, `init` is its first process."""

    name: str
    address: str
    port: int
    account: str
    private_key: str
    password_file: str
    host_key: str
    root: str
    init: int


def start(
    folder: Path, *, net: int = 0, count: int = 2, names: Sequence[str] = (), tied: bool = False
) -> list[Host]:
    """Start the hosts that do not run yet and return all, in order. Hosts of `folder` not asked for are stopped.

    `net` (0..65535) chooses the addresses: 127.<net high byte>.<net low byte>.21 and up. Hosts that are `tied`
    die with the thread that started them, however it ends.
    """
    _check_machine()
    wanted = list(names) or [f"host{number}" for number in range(1, count + 1)]
    if not 0 <= net <= 65535 or len(wanted) > 200 or len(set(wanted)) != len(wanted):
        raise HostsError("--net must be 0..65535, and there must be at most 200 hosts of different names")
    addresses = {name: f"127.{net >> 8}.{net & 255}.{21 + number}" for number, name in enumerate(wanted)}
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    running = {host.name: host for host in status(folder)}
    kept = {name for name, host in running.items() if addresses.get(name) == host.address and _answers(host.address)}
    _kill([holder for holder, mark in _holders(folder) if mark["name"] not in kept])
    starting = {
        name: _start_one(folder, name, address, tied) for name, address in addresses.items() if name not in kept
    }
    try:
        for name, holder in starting.items():
            _wait_until_up(folder / name, addresses[name], holder)
    except BaseException:
        stop(folder)
        raise
    found = {host.name: host for host in status(folder)}
    return [found[name] for name in wanted]


def stop(folder: Path) -> None:
    """Stop every host of `folder`; none running is fine. Their keys stay in the folder."""
    _kill([holder for holder, _ in _holders(folder.resolve())])


def status(folder: Path) -> list[Host]:
    """The hosts of `folder` that run now, by name."""
    found = []
    for holder, mark in _holders(folder.resolve()):
        init = _child(holder)
        if init is not None:
            home = Path(mark["folder"])
            found.append(
                Host(
                    name=mark["name"],
                    address=mark["address"],
                    port=22,
                    account=ACCOUNT,
                    private_key=str(home / "id_ed25519"),
                    password_file=str(home / "password"),
                    host_key=" ".join((home / "ssh_host_ed25519_key.pub").read_text().split()[:2]),
                    root=f"/proc/{init}/root",
                    init=init,
                )
            )
    return sorted(found, key=lambda host: host.name)


def run(host: Host, command: str, *, check: bool = True, timeout: float = 30) -> str:
    """Run a shell command as root on the host, not through sshd, and return what it printed."""
    enter = ["nsenter", f"--target={host.init}", "--mount", "--pid", "--uts", "--ipc", "--", "/bin/sh", "-c", command]
    done = subprocess.run(
        enter,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={"PATH": _PATH, "LC_ALL": "C.UTF-8", "HOME": "/root"},
        check=False,
    )
    if check and done.returncode:
        raise HostsError(f"{host.name}: exit {done.returncode} of {command!r}: {done.stderr.strip()}")
    return done.stdout


def freeze_sshd(host: Host) -> None:
    """Stop answering: connections are accepted by the kernel and nothing is ever said."""
    run(host, "kill -STOP $(cat /run/sshd.pid)")


def thaw_sshd(host: Host) -> None:
    """Answer again after `freeze_sshd`."""
    run(host, "kill -CONT $(cat /run/sshd.pid)")


def stop_sshd(host: Host) -> None:
    """Close the port and every connection of the host's sshd; its other processes go on."""
    run(host, "kill -KILL $(cat /run/sshd.pid); pkill -KILL -x 'sshd|sshd-session'", check=False)
    _wait_for(lambda: not _answers(host.address), f"{host.name}: sshd does not stop")


def start_sshd(host: Host) -> None:
    """Open the port again after `stop_sshd`."""
    run(host, "/usr/sbin/sshd -E /var/log/sshd.log")
    _wait_for(lambda: _answers(host.address), f"{host.name}: sshd does not start")


# Finding, starting and killing hosts, seen from the machine.


def _check_machine() -> None:
    if os.geteuid() != 0:
        raise HostsError("demo hosts need root (they are made of namespaces and mounts)")
    missing = [program for program in _PROGRAMS if not shutil.which(program, path=_PATH)]
    if missing:
        raise HostsError(f"missing programs: {', '.join(missing)}; install them: apt-get install -y {_PACKAGES}")


def _holders(folder: Path) -> list[tuple[int, dict[str, str]]]:
    """(pid, mark) of every `unshare` process that holds a host of `folder`. It needs no pid file, so a start that
    crashed halfway is found too."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            if Path(f"/proc/{entry}/comm").read_text() != "unshare\n":
                continue
            environment = Path(f"/proc/{entry}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for variable in environment:
            if variable.startswith(_MARK.encode() + b"="):
                mark = json.loads(variable.partition(b"=")[2])
                if Path(mark["folder"]).parent == folder:
                    found.append((int(entry), mark))
    return found


def _child(holder: int) -> int | None:
    try:
        children = Path(f"/proc/{holder}/task/{holder}/children").read_text().split()
    except OSError:
        return None
    return int(children[0]) if children else None


def _kill(holders: list[int]) -> None:
    """Killing a host's first process makes the kernel kill all others in it, and drops its mounts."""
    for holder in holders:
        for pid in (_child(holder), holder):
            if pid is not None:
                _signal(pid)
    for holder in holders:
        _wait_for(lambda holder=holder: _gone(holder), f"process {holder} does not die")  # type: ignore[misc]


def _signal(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _gone(pid: int) -> bool:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _start_one(folder: Path, name: str, address: str, tied: bool) -> subprocess.Popen[bytes]:
    home = folder / name
    home.mkdir(mode=0o700, exist_ok=True)
    _make_keys(home)
    mark = json.dumps({"folder": str(home), "name": name, "address": address})
    namespaces = "unshare --mount --pid --uts --ipc --fork --kill-child --propagation private".split()
    command = [*namespaces, sys.executable, "-I", "-S", __file__, "boot"]
    if tied:
        command = ["setpriv", "--pdeathsig", "KILL", *command]
    with open(home / "boot.log", "wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={"PATH": _PATH, "LC_ALL": "C.UTF-8", _MARK: mark},
        )


def _make_keys(home: Path) -> None:
    for name, comment in (("id_ed25519", ACCOUNT), ("ssh_host_ed25519_key", home.name)):
        if not (home / f"{name}.pub").exists():
            (home / name).unlink(missing_ok=True)
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(home / name)], check=True
            )
    password = home / "password"
    if not password.exists() or not password.read_text():
        with open(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(18) + "\n")


def _wait_until_up(home: Path, address: str, holder: subprocess.Popen[bytes]) -> None:
    def up_or_dead() -> bool:
        return holder.poll() is not None or _answers(address)

    _wait_for(up_or_dead, f"{home.name}: sshd on {address}:22 does not answer")
    if holder.poll() is not None:
        lines = (home / "boot.log").read_text(errors="replace").strip().splitlines() or ["no reason given"]
        raise HostsError(f"{home.name} did not start: {lines[-1]}")


def _answers(address: str) -> bool:
    try:
        with socket.create_connection((address, 22), timeout=2):
            return True
    except OSError:
        return False


def _wait_for(condition, complaint: str) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 15
    while not condition():
        if time.monotonic() > deadline:
            raise HostsError(complaint)
        time.sleep(0.01)


# Inside a new host: the holder's only child, in namespaces of its own.


def _boot() -> None:
    """Make the host's file system, enter it, start sshd, then stay as its first process and reap."""
    mark = json.loads(os.environ.pop(_MARK))
    home = Path(mark["folder"])
    base = home / "mnt"
    base.mkdir(exist_ok=True)
    _sh("mount", "-t", "tmpfs", "-o", "size=1g,mode=755", "tmpfs", str(base))
    root = base / "root"
    root.mkdir()
    _sh("mount", "--bind", str(root), str(root))
    _share_programs(base, root)
    _make_tree(root)
    _make_etc(home, root, mark["name"], mark["address"])
    _sh("mount", "-t", "proc", "proc", str(root / "proc"))
    _sh("mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620,gid=5", "devpts", str(root / "dev/pts"))
    password = (home / "password").read_text().strip()
    public_key = (home / "id_ed25519.pub").read_text()
    socket.sethostname(mark["name"])
    (root / ".machine").mkdir()
    os.chdir(root)
    _sh("pivot_root", str(root), str(root / ".machine"))
    os.chdir("/")
    _sh("umount", "-l", "/.machine")
    os.rmdir("/.machine")
    _make_account(password, public_key)
    _sh("/usr/sbin/sshd", "-E", "/var/log/sshd.log")
    Path("/proc/self/comm").write_text("init")
    while True:
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(0.1)


def _share_programs(base: Path, root: Path) -> None:
    """Overlay /usr (and /bin and so on where they are no links into it); writes stay on the host's tmpfs."""
    for name in ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        machine = Path("/", name)
        if machine.is_symlink():
            (root / name).symlink_to(machine.readlink())
        elif machine.is_dir():
            upper, work = base / f"{name}.up", base / f"{name}.work"
            for folder in (upper, work, root / name):
                folder.mkdir()
            for secret in (base.parent.parent, _CHECKOUT):
                _hide(upper, machine, secret)
            options = f"lowerdir={machine},upperdir={upper},workdir={work}"
            _sh("mount", "-t", "overlay", "-o", options, "overlay", str(root / name))


def _hide(upper: Path, machine: Path, secret: Path) -> None:
    """A checkout or data directory below /usr must not be readable on the host: put an empty folder over it."""
    if secret.is_relative_to(machine):
        hidden = upper / secret.relative_to(machine)
        hidden.mkdir(parents=True, exist_ok=True)
        os.setxattr(hidden, "trusted.overlay.opaque", b"y")


def _make_tree(root: Path) -> None:
    for name in (
        "dev/pts dev/shm etc home proc root/.ssh run/lock run/sshd sys tmp var/cache var/lib var/log var/mail"
        " var/spool/cron/crontabs var/tmp"
    ).split():
        (root / name).mkdir(parents=True)
    for name, mode in (
        ("dev/shm", 0o1777),
        ("root", 0o700),
        ("root/.ssh", 0o700),
        ("tmp", 0o1777),
        ("var/mail", 0o2775),
        ("var/spool/cron/crontabs", 0o1730),
        ("var/tmp", 0o1777),
    ):
        (root / name).chmod(mode)
    (root / "var/run").symlink_to("/run")
    (root / "var/spool/mail").symlink_to("/var/mail")
    for name, major, minor in (
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ):  # fmt: skip
        os.mknod(root / "dev" / name, 0o020666, os.makedev(major, minor))
        (root / "dev" / name).chmod(0o666)
    for name, target in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1")):
        (root / "dev" / name).symlink_to(target)


def _make_etc(home: Path, root: Path, name: str, address: str) -> None:
    etc = root / "etc"
    for shared in _SHARED_ETC:
        machine = Path("/etc", shared)
        (etc / shared).parent.mkdir(parents=True, exist_ok=True)
        if machine.is_dir():
            shutil.copytree(machine, etc / shared, symlinks=True)
        elif machine.exists():
            shutil.copy2(machine, etc / shared)
    (etc / "ssh").mkdir(exist_ok=True)
    texts = _ETC | {
        "hostname": f"{name}\n",
        "hosts": f"127.0.0.1 localhost\n{address} {name}\n",
        "ssh/sshd_config": _SSHD_CONFIG.format(address=address),
        **_system_accounts(),
    }
    for path, text in texts.items():
        (etc / path).parent.mkdir(parents=True, exist_ok=True)
        (etc / path).write_text(text)
        (etc / path).chmod({"sudoers": 0o440, f"sudoers.d/{ACCOUNT}": 0o440}.get(path, 0o644))
    for path in ("shadow", "gshadow"):
        (etc / path).chmod(0o600)
    shutil.copy(home / "ssh_host_ed25519_key", etc / "ssh/ssh_host_ed25519_key")
    (etc / "ssh/ssh_host_ed25519_key").chmod(0o600)


def _system_accounts() -> dict[str, str]:
    """The machine's system accounts, without members, passwords and shells: people of the machine stay out."""
    users = [line.split(":") for line in Path("/etc/passwd").read_text().splitlines() if line.count(":") == 6]
    groups = [line.split(":") for line in Path("/etc/group").read_text().splitlines() if line.count(":") == 3]
    users = [user for user in users if int(user[2]) < 1000 or user[0] == "nobody"]
    groups = [group for group in groups if int(group[2]) < 1000 or group[0] == "nogroup"]
    users = [user for user in users if user[0] != ACCOUNT]
    groups = [group for group in groups if group[0] != ACCOUNT]
    nologin = "/usr/sbin/nologin"
    return {
        "passwd": "".join(
            f"{u[0]}:x:{u[2]}:{u[3]}:{u[4]}:{u[5]}:{'/bin/bash' if u[2] == '0' else nologin}\n" for u in users
        ),
        "shadow": "".join(f"{user[0]}:*:19000:0:99999:7:::\n" for user in users),
        "group": "".join(f"{group[0]}:x:{group[2]}:\n" for group in groups),
        "gshadow": "".join(f"{group[0]}:*::\n" for group in groups),
    }


def _make_account(password: str, public_key: str) -> None:
    _sh("useradd", "--create-home", "--shell", "/bin/bash", "--comment", "service account", ACCOUNT)
    _sh("chpasswd", text=f"{ACCOUNT}:{password}\n")
    ssh = Path("/home", ACCOUNT, ".ssh")
    ssh.mkdir(mode=0o700)
    (ssh / "authorized_keys").write_text(public_key)
    (ssh / "authorized_keys").chmod(0o600)
    _sh("chown", "-R", f"{ACCOUNT}:{ACCOUNT}", str(ssh))


def _sh(*command: str, text: str = "") -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Demo Linux hosts with a real sshd each.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("start", "stop", "status"):
        arguments = verbs.add_parser(verb)
        arguments.add_argument("--dir", type=Path, required=True, help="folder of the hosts' keys and logs")
        if verb == "start":
            arguments.add_argument("--net", type=int, default=0, help="0..65535, chooses the addresses 127.x.y.21…")
            arguments.add_argument("--count", type=int, default=2, help="number of hosts")
            arguments.add_argument("--names", default="", help="comma-separated names instead of --count")
    options = parser.parse_args()
    try:
        if options.verb == "stop":
            stop(options.dir)
            return 0
        if options.verb == "start":
            names = [name for name in options.names.split(",") if name]
            hosts = start(options.dir, net=options.net, count=options.count, names=names)
        else:
            hosts = status(options.dir)
    except HostsError as error:
        print(f"hosts: {error}", file=sys.stderr)
        return 2
    print(json.dumps([asdict(host) for host in hosts], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(_boot() if sys.argv[1:] == ["boot"] else main())
