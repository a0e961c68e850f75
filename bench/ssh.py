"""The ssh client's two ways to the same target: through Locum's gateway, and with `-J` through plain OpenSSH."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from demo.hosts import Host

from bench.load import Line, Server
from bench.measure import processor_s
from bench.sessions import open_session
from bench.stage import PASSWORD, USER, Stage

_CONFIG = """\
Host gateway
  HostName 127.0.0.1
  Port {port}
  PreferredAuthentications password
  NumberOfPasswordPrompts 1
Host jump
  HostName {jump.address}
  User {jump.account}
  IdentityFile {jump.private_key}
Host direct target
  HostName {target.address}
  User {target.account}
  IdentityFile {target.private_key}
Host target
  ProxyJump jump
Host *
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile none
  StrictHostKeyChecking accept-new
  IdentitiesOnly yes
  IdentityAgent none
  LogLevel ERROR
  IgnoreUnknown ObscureKeystrokeTiming
  ObscureKeystrokeTiming no
"""


@dataclass(frozen=True)
class Way:
    """One way: the words that start the client, and the processes in the middle that do the work."""

    words: tuple[str, ...]
    environment: dict[str, str]
    middle: tuple[int, ...]

    def start(self, *words: str, **pipes: Any) -> subprocess.Popen[bytes]:
        """`ssh … WORDS`; give `options` before the command in `words`."""
        return subprocess.Popen([*self.words, *words], env=self.environment, **pipes)

    def processor_s(self) -> float:
        """What the middle has used so far; for what has ended its parent tells."""
        return sum(processor_s(pid) for pid in self.middle)


def ssh_config(stage: Stage) -> str:
    """The path of a configuration file with both ways in it."""
    path = stage.folder / "ssh_config"
    target, jump = stage.hosts
    port = int(stage.ssh.rsplit(":", 1)[1])
    path.write_text(_CONFIG.format(port=port, target=target, jump=jump, folder=stage.folder))
    return str(path)


def ways(stage: Stage) -> tuple[Way, Way]:
    """Ours into a fresh session that is recorded, and the peer's. Locum asks for a password, the peer for a key."""
    ours = into(stage, stage.locum, stage.ssh)
    return ours, Way(("ssh", "-F", ssh_config(stage), "target"), ours.environment, _sshd(stage.hosts[1]))


def into(stage: Stage, server: Server, address: str) -> Way:
    """The way through this server's gateway into a fresh session that is recorded."""
    config = ssh_config(stage)
    askpass = stage.folder / "askpass"
    askpass.write_text(f'#!/bin/sh\necho "{PASSWORD}"\n')
    askpass.chmod(0o700)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(stage.folder),
        "TERM": "xterm",
        "SSH_ASKPASS": str(askpass),
        "SSH_ASKPASS_REQUIRE": "force",
    }
    session_id = uvloop.run(_open(server, stage.token(USER, server)))
    user = f"{USER}+Linux_sudo+web01+~{session_id}"
    words = ("ssh", "-F", config, "-o", f"User={user}", "-p", address.rpartition(":")[2], "gateway")
    return Way(words, environment, (server.pid,))


async def _open(server: Server, token: str) -> str:
    async with await Line.open(server.address, server.ca) as line:
        return await open_session(line, token)


def _sshd(host: Host) -> tuple[int, int]:
    """The listening sshd of a host and its parent, which inherits sessions whose sshd ended before them."""
    children = Path(f"/proc/{host.init}/task/{host.init}/children").read_text().split()
    listener = next(int(pid) for pid in children if b"[listener]" in Path(f"/proc/{pid}/cmdline").read_bytes())
    return listener, host.init
