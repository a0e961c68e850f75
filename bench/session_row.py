"""Row of a session from its request to its account being usable."""

from __future__ import annotations

import asyncio
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import uvloop
from demo.hosts import Host

from bench.load import Line
from bench.measure import Goal, Row, interleave
from bench.sessions import end_session, open_session
from bench.stage import USER, Stage
from locum.connectors.linux import LinuxConnector

OPTIONS = ("StrictHostKeyChecking=accept-new", "IdentitiesOnly=yes", "IdentityAgent=none", "LogLevel=ERROR")
SCRIPT, WORDS = LinuxConnector.script.text, LinuxConnector.script.words


def session(stage: Stage) -> list[Row]:
    """The peer types the same orders to the same script, as root, into a connection that is open already."""
    with RootShell(stage, stage.hosts[0]) as shell:
        token = stage.token(USER)
        samples = interleave(3 if stage.short else 12, lambda: _ours(stage, token), shell.one_account)
    return [
        Row(
            "session",
            "session from request to usable",
            "the same commands in one open ssh connection",
            "ms",
            *samples,
            goal=Goal("at_most", 1.5),
            margin=Goal("at_most", 30.0),
        )
    ]


def _ours(stage: Stage, token: str) -> float:
    return uvloop.run(asyncio.wait_for(_one_session(stage, token), 60))


async def _one_session(stage: Stage, token: str) -> float:
    async with await Line.open(stage.locum.address, stage.locum.ca) as line:
        started = time.perf_counter()
        session_id = await open_session(line, token)
        spent = time.perf_counter() - started
        await end_session(line, token, session_id)
    return spent * 1000


class RootShell:
    """`ssh service-account@target sudo sh`, kept open."""

    def __init__(self, stage: Stage, host: Host) -> None:
        loader = f'script=$(head -c {len(SCRIPT)}); eval "$script"'
        words = ["ssh", "-F", "none", "-i", host.private_key, f"{host.account}@{host.address}"]
        for option in (f"UserKnownHostsFile={stage.folder}/known_hosts", *OPTIONS):
            words += ["-o", option]
        words.append(f"sudo -n -- /bin/sh -c '{loader}'")
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._key = Path(f"{host.private_key}.pub").read_text().strip()

    def __enter__(self) -> RootShell:
        self._write(SCRIPT)
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()

    def one_account(self) -> float:
        """Milliseconds for account, key and sudo rule; they are taken away again afterwards."""
        marker, login = str(uuid4()), f"peer-{uuid4().hex[:8]}"
        started = time.perf_counter()
        self.give(marker, login)
        spent = time.perf_counter() - started
        self.take(marker, login)
        return spent * 1000

    def give(self, marker: str, login: str) -> None:
        """What a session with sudo rights brings."""
        for kind, value in self._steps(login):
            self._order(f"apply_{kind}", marker, login, value)

    def take(self, marker: str, login: str) -> None:
        """What its end takes away."""
        for kind, value in reversed(self._steps(login)):
            self._order(f"revert_{kind}", marker, login, value)

    def _steps(self, login: str) -> list[tuple[str, str]]:
        rule = f"{login} ALL=(ALL:ALL) NOPASSWD: ALL"
        return [("account", ""), ("authorized_key", self._key), ("sudoers", rule)]

    def _order(self, *words: str) -> None:
        padded = words + ("",) * (WORDS - len(words))
        self._write("".join(f"{word}\n" for word in padded))
        assert self._process.stdout is not None
        while (line := self._process.stdout.readline()) != b"locum: done\n":
            assert line == b"locum: still?\n", line
            self._write("yes\n")

    def _write(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()
