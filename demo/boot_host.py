"""The first process of a demo host: hosts.py starts it in namespaces of its own, and it turns them into a host.

It makes the host's file system, enters it, starts sshd, and stays to reap. It imports nothing but the standard
library, and all of it at once: after the change of root there is no Python to load from.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

_CHECKOUT = Path(__file__).resolve().parent.parent
_PATH = os.environ["PATH"]

# What a host takes over from the machine's /etc. Accounts, keys, secrets and PAM settings are not among it.
_SHARED_ETC = [
    "alternatives",
    "bash.bashrc",
    "debian_version",
    "default/useradd",
    "environment",
    "inputrc",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "localtime",
    "login.defs",
    "lsb-release",
    "os-release",
    "profile",
    "protocols",
    "services",
    "shells",
    "skel",
    "ssh/moduli",
    "terminfo",
    "timezone",
]

_ETC = {
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
    "pam.d/other": (
        "auth required pam_unix.so\n"
        "account required pam_nologin.so\naccount required pam_unix.so\n"
        "password required pam_unix.so\n"
        "session optional pam_loginuid.so\nsession optional pam_limits.so\nsession required pam_unix.so\n"
    ),
    "sudoers": (
        f'Defaults env_reset, secure_path="{_PATH}"\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n'
    ),
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
X11Forwarding yes
Subsystem sftp internal-sftp
TrustedUserCAKeys /etc/ssh/locum_user_ca.pub
"""


def boot() -> NoReturn:
    """Never returns; a failure ends it with one line on stderr."""
    mark = json.loads(os.environ.pop("LOCUM_DEMO_HOST"))
    home = Path(mark["folder"])
    base = home / "mnt"
    base.mkdir(exist_ok=True)
    _sh("mount", "-t", "tmpfs", "-o", "size=1g,mode=755", "tmpfs", str(base))
    root = base / "root"
    root.mkdir()
    _sh("mount", "--bind", str(root), str(root))
    _share_programs(base, root)
    _make_tree(root)
    _make_etc(home, root, mark)
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
    _make_account(mark["account"], password, public_key)
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
    for name in [
        "dev/pts",
        "dev/shm",
        "etc",
        "home",
        "proc",
        "root/.ssh",
        "run/lock",
        "run/sshd",
        "sys",
        "tmp",
        "var/cache",
        "var/lib",
        "var/log",
        "var/mail",
        "var/spool/cron/crontabs",
        "var/tmp",
    ]:
        (root / name).mkdir(parents=True)
    for name, mode in (
        ("dev/shm", 0o1777),
        ("root", 0o700),
        ("run/lock", 0o1777),
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


def _make_etc(home: Path, root: Path, mark: dict[str, str]) -> None:
    etc = root / "etc"
    for shared in _SHARED_ETC:
        machine = Path("/etc", shared)
        (etc / shared).parent.mkdir(parents=True, exist_ok=True)
        if machine.is_dir():
            shutil.copytree(machine, etc / shared, symlinks=True)
        elif machine.exists():
            shutil.copy2(machine, etc / shared)
    (etc / "ssh").mkdir(exist_ok=True)
    account = mark["account"]
    texts = _ETC | {
        "hostname": f"{mark['name']}\n",
        "hosts": f"127.0.0.1 localhost\n{mark['address']} {mark['name']}\n",
        "ssh/sshd_config": _SSHD_CONFIG.format(address=mark["address"]),
        f"sudoers.d/{account}": f"{account} ALL=(ALL:ALL) NOPASSWD: ALL\n",
        **_system_accounts(account),
    }
    for path, text in texts.items():
        (etc / path).parent.mkdir(parents=True, exist_ok=True)
        (etc / path).write_text(text)
        (etc / path).chmod(0o440 if path.startswith("sudoers") else 0o644)
    for path in ("shadow", "gshadow"):
        (etc / path).chmod(0o600)
    shutil.copy(home / "ssh_host_ed25519_key", etc / "ssh/ssh_host_ed25519_key")
    (etc / "ssh/ssh_host_ed25519_key").chmod(0o600)


def _system_accounts(account: str) -> dict[str, str]:
    """The machine's system accounts, without members, passwords and shells: people of the machine stay out."""
    users = [line.split(":") for line in Path("/etc/passwd").read_text().splitlines() if line.count(":") == 6]
    groups = [line.split(":") for line in Path("/etc/group").read_text().splitlines() if line.count(":") == 3]
    users = [u for u in users if (int(u[2]) < 1000 or u[0] == "nobody") and u[0] != account]
    groups = [g for g in groups if (int(g[2]) < 1000 or g[0] == "nogroup") and g[0] != account]
    nologin = "/usr/sbin/nologin"
    return {
        "passwd": "".join(
            f"{u[0]}:x:{u[2]}:{u[3]}:{u[4]}:{u[5]}:{'/bin/bash' if u[2] == '0' else nologin}\n" for u in users
        ),
        "shadow": "".join(f"{user[0]}:*:19000:0:99999:7:::\n" for user in users),
        "group": "".join(f"{group[0]}:x:{group[2]}:\n" for group in groups),
        "gshadow": "".join(f"{group[0]}:*::\n" for group in groups),
    }


def _make_account(account: str, password: str, public_key: str) -> None:
    _sh("useradd", "--create-home", "--shell", "/bin/bash", "--comment", "service account", account)
    _sh("chpasswd", text=f"{account}:{password}\n")
    ssh = Path("/home", account, ".ssh")
    ssh.mkdir(mode=0o700)
    (ssh / "authorized_keys").write_text(public_key)
    (ssh / "authorized_keys").chmod(0o600)
    _sh("chown", "-R", f"{account}:{account}", str(ssh))


def _sh(*command: str, text: str = "") -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}")


if __name__ == "__main__":
    boot()
