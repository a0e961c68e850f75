"""The demo hosts: apart from the machine and from each other, and gone without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from demo.hosts import Host, HostsError

from demo import hosts
from hosts import state_of

PROGRAM = Path(hosts.__file__)
NET = os.getpid() % 60000 + 300  # apart from the hosts of the other tests in this run


def ssh(host: Host, command: str) -> subprocess.CompletedProcess[str]:
    quiet = [f"-o{o}" for o in ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null")]
    where = f"{host.account}@{host.address}"
    return subprocess.run(
        [
            "ssh",
            "-F",
            "none",
            "-i",
            host.private_key,
            *quiet,
            "-oLogLevel=ERROR",
            "-oConnectTimeout=3",
            where,
            command,
        ],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, PROGRAM, *arguments], capture_output=True, text=True, check=False)


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text()


def test_start_again_status_and_stop(tmp_path: Path) -> None:
    before = mounts()
    options = ["--dir", str(tmp_path), "--net", str(NET), "--names", "web01,db01"]
    first = json.loads(program("start", *options).stdout)
    try:
        assert [host["name"] for host in first] == ["web01", "db01"]
        assert json.loads(program("start", *options).stdout) == first
        status = json.loads(program("status", "--dir", str(tmp_path)).stdout)
        assert sorted(status, key=lambda h: h["address"]) == first
        for host in first:
            assert Path(host["private_key"]).stat().st_mode & 0o777 == 0o600
            assert Path(host["password_file"]).stat().st_mode & 0o777 == 0o600
        assert ssh(Host(**first[0]), "hostname; sudo -n id -un").stdout == "web01\nroot\n"
        assert mounts() == before
    finally:
        assert program("stop", "--dir", str(tmp_path)).returncode == 0
    assert json.loads(program("status", "--dir", str(tmp_path)).stdout) == []
    assert not any(Path(f"/proc/{host['init']}").exists() for host in first)
    assert mounts() == before
    assert program("stop", "--dir", str(tmp_path)).returncode == 0


def test_a_host_keeps_its_keys_and_nothing_else(tmp_path: Path) -> None:
    (first,) = hosts.start(tmp_path, net=NET + 1, count=1, tied=True)
    hosts.run(first, "useradd -m left; touch /usr/bin/left")
    hosts.stop(tmp_path)
    (second,) = hosts.start(tmp_path, net=NET + 1, count=1, tied=True)
    assert second.host_key == first.host_key
    assert ssh(second, "id -un").stdout == "locum\n"
    assert "left" not in hosts.run(second, "cat /etc/passwd; ls /home /usr/bin")
    assert not Path("/usr/bin/left").exists()
    hosts.stop(tmp_path)


def test_hosts_not_asked_for_any_more_stop(tmp_path: Path) -> None:
    hosts.start(tmp_path, net=NET + 2, names=["a", "b"], tied=True)
    (kept,) = hosts.start(tmp_path, net=NET + 2, names=["a"], tied=True)
    assert hosts.status(tmp_path) == [kept]
    hosts.stop(tmp_path)


@pytest.mark.parametrize("tied", [True, False])
def test_a_starter_that_is_killed_leaves_nothing_that_start_or_stop_would_miss(tmp_path: Path, tied: bool) -> None:
    code = (
        "import pathlib, sys, time; from demo import hosts;"
        f" hosts.start(pathlib.Path(sys.argv[1]), net={NET + 3}, count=1, tied={tied});"
        " print('up', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROGRAM.parent.parent) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"up\n"
        starter.send_signal(signal.SIGKILL)
    if tied:
        deadline = time.monotonic() + 5
        while hosts.status(tmp_path):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    else:
        (host,) = hosts.status(tmp_path)
        assert ssh(host, "id -un").stdout == "locum\n"
    hosts.stop(tmp_path)
    assert hosts.status(tmp_path) == []


def test_hosts_are_apart_from_the_machine_and_each_other(linux_hosts: list[Host]) -> None:
    first, second = linux_hosts
    marker = f"only-here-{os.getpid()}"
    made = [f"{place}/{marker}" for place in ("/tmp", "/usr/share", "/home", "/dev/shm")]
    hosts.run(first, f"useradd {marker}; mkdir {' '.join(made)}; setsid sleep 4001 >/dev/null 2>&1 &")
    everywhere = "cat /etc/passwd; ls /tmp /usr/share /home /dev/shm"
    assert hosts.run(first, everywhere).count(marker) == 6
    assert marker not in hosts.run(second, everywhere)
    assert marker not in subprocess.check_output(["/bin/sh", "-c", everywhere], text=True)
    assert "sleep 4001" in hosts.run(first, "ps -e -o args")
    assert "sleep 4001" not in hosts.run(second, "ps -e -o args")
    hosts.run(first, f"pkill -x sleep; userdel {marker}; rm -r {' '.join(made)}")


def test_the_machines_people_and_files_are_not_on_a_host(tmp_path: Path) -> None:
    # A host of its own: on the others, tests that ran before may have people.
    (host,) = hosts.start(tmp_path, net=os.getpid() % 60000 + 700, count=1, tied=True)
    checkout = PROGRAM.parent.parent
    assert hosts.run(host, f"ls -A {checkout} 2>/dev/null", check=False) == ""
    assert hosts.run(host, "ls -A /root; ls -A /root/.ssh /tmp") == ".ssh\n/root/.ssh:\n\n/tmp:\n"
    people = hosts.run(host, "awk -F: '$3 >= 1000 && $1 != \"nobody\" { print $1 }' /etc/passwd").split()
    assert people == ["locum"]
    passwords = hosts.run(host, "awk -F: '$2 !~ /^[!*]/ { print $1 }' /etc/shadow").split()
    assert passwords == ["locum"]
    shown = {line.split()[0] for line in hosts.run(host, "cat /proc/mounts").splitlines()}
    assert shown <= {"tmpfs", "overlay", "proc", "devpts"}
    hosts.stop(tmp_path)


def test_the_password_lets_in_too(linux_hosts: list[Host]) -> None:
    host = linux_hosts[0]
    password = Path(host.password_file).read_text().strip()
    asked = hosts.run(host, f"echo '{password}' | setpriv --reuid 1 --clear-groups su locum -c 'id -un'")
    assert asked == "locum\n"


def test_a_target_goes_down_and_comes_back(linux_hosts: list[Host]) -> None:
    host = linux_hosts[1]
    before = state_of(host)
    hosts.stop_sshd(host)
    assert "refused" in ssh(host, "true").stderr
    hosts.start_sshd(host)
    assert ssh(host, "id -un").stdout == "locum\n"
    hosts.freeze_sshd(host)
    assert "timed out" in ssh(host, "true").stderr
    hosts.thaw_sshd(host)
    assert ssh(host, "id -un").stdout == "locum\n"
    assert state_of(host) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"net": 65536}, "--net must be"),
        ({"names": ["a", "a"]}, "different names"),
    ],
)
def test_a_wrong_wish_is_one_line(tmp_path: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(HostsError, match=words):
        hosts.start(tmp_path, **options)  # type: ignore[arg-type]


def test_missing_programs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_PROGRAMS", ["sh", "no-such-program"])
    with pytest.raises(HostsError, match="missing programs: no-such-program; install them: apt-get install"):
        hosts.start(tmp_path)


def test_without_root_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(HostsError, match="need root"):
        hosts.start(tmp_path)


def test_an_address_that_is_taken_is_one_line(tmp_path: Path, linux_hosts: list[Host]) -> None:
    net = int(linux_hosts[0].address.split(".")[1]) * 256 + int(linux_hosts[0].address.split(".")[2])
    done = program("start", "--dir", str(tmp_path), "--net", str(net), "--count", "1")
    assert done.returncode == 2
    assert done.stderr == f"hosts: {linux_hosts[0].address}:22 is somebody else's already; choose another --net\n"
    assert hosts.status(tmp_path) == []
