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
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

ACCOUNT = "locum"
_MARK = "LOCUM_DEMO_HOST"  # in the environment of a host's holder process: how a host is found again
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGES = "openssh-server sudo procps"
_PROGRAMS = [
    "sshd",
    "ssh-keygen",
    "sudo",
    "visudo",
    "ps",
    "useradd",
    "chpasswd",
    "unshare",
    "nsenter",
    "setpriv",
    "pivot_root",
    "mount",
    "umount",
]
_BOOT = Path(__file__).resolve().with_name("boot_host.py")


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
    kept = {
        name for name, host in running.items() if addresses.get(name) == host.address and _answers(host.address)
    }
    _kill([holder for holder, mark in _holders(folder) if mark["name"] not in kept])
    for name, address in addresses.items():
        if name not in kept and _answers(address):
            raise HostsError(f"{address}:22 is somebody else's already; choose another --net")
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


def processes(host: Host) -> list[tuple[int, str]]:
    """(user id, command line) of every process of the host, read from outside so that the reader is not among them."""
    inside = os.readlink(f"/proc/{host.init}/ns/pid")
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            if os.readlink(f"/proc/{entry}/ns/pid") == inside:
                words = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append((os.stat(f"/proc/{entry}").st_uid, words.strip()))
    return sorted(found)


def run(host: Host, command: str, *, check: bool = True, timeout: float = 30) -> str:
    """Run a shell command as root on the host, not through sshd, and return what it printed."""
    enter = [
        "nsenter",
        f"--target={host.init}",
        "--mount",
        "--pid",
        "--uts",
        "--ipc",
        "--",
        "/bin/sh",
        "-c",
        command,
    ]
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
    for entry in filter(str.isdigit, os.listdir("/proc")):
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
    """Killing a host's first process makes the kernel kill all others in it and drop its mounts; its holder, which
    waits for that, ends last."""
    for holder in holders:
        _signal(_child(holder) or holder)
    for holder in holders:
        _wait_for(partial(_gone, holder), f"process {holder} does not die")


def _signal(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _gone(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _start_one(folder: Path, name: str, address: str, tied: bool) -> subprocess.Popen[bytes]:
    home = folder / name
    home.mkdir(mode=0o700, exist_ok=True)
    _make_keys(home)
    mark = json.dumps({"folder": str(home), "name": name, "address": address, "account": ACCOUNT})
    namespaces = [
        "unshare",
        "--mount",
        "--pid",
        "--uts",
        "--ipc",
        "--fork",
        "--kill-child",
        "--propagation",
        "private",
    ]
    command = [*namespaces, sys.executable, "-I", "-S", str(_BOOT)]
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


def _wait_for(condition: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        if time.monotonic() > deadline:
            raise HostsError(complaint)
        time.sleep(0.01)


def main() -> int:
    parser = argparse.ArgumentParser(description="Demo Linux hosts with a real sshd each.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("start", "stop", "status"):
        arguments = verbs.add_parser(verb)
        arguments.add_argument("--dir", type=Path, required=True, help="folder of the hosts' keys and logs")
        if verb == "start":
            arguments.add_argument(
                "--net", type=int, default=0, help="0..65535, chooses the addresses 127.x.y.21…"
            )
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
    sys.exit(main())
