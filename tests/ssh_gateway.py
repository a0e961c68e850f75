"""What the tests of the SSH gateway are made of: a real sshd, the real `ssh`, a small gate and a small sign-in."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import getpass
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4

import asyncssh

from locum.identities.signin import FirstFactor, SignedIn, SignIn, SshKey
from locum.kit.db import Database
from locum.kit.errors import Forbidden, LocumError, Unauthenticated
from locum.kit.paging import Listed, Page
from locum.recordings.format import Event
from locum.recordings.reader import Playback, header
from locum.recordings.writer import Recorder
from locum.sessions.connections import Choice, ConnectionEvent, Connections, Grant, Now, SshKeyUse, Wanted
from locum.vault.secret import Secret
from locum.vault.store import Vault

PASSWORD = "correct horse"
CODE = "424242"
NEEDS = {"alice": "totp", "bob": "none", "carol": "enrol", "dave": "password_change"}
NAME = "alice+Linux_shell+web01"


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket() as listener:
        listener.bind((address, 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass(frozen=True)
class Sshd:
    """A real sshd that lets the user of the tests in with a key."""

    port: int
    user: str
    private_key: str
    host_key: str
    log: Path


OLD = "KexAlgorithms {kex}\nCiphers {cipher}\nMACs hmac-sha1\nHostKeyAlgorithms ssh-rsa\n"
"""What an SSH server speaks that was not looked after for fifteen years."""


@contextlib.contextmanager
def running_sshd(home: Path, *, host_key: str = "ed25519", more: str = "") -> Iterator[Sshd]:
    """A private sshd whose files lie in `home`; `more` is lines of its configuration."""
    for name, kind in (("host", host_key), ("user", "ed25519")):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", home / name], check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    (home / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {home}/host\nAuthorizedKeysFile {home}/user.pub\n"
        f"PidFile {home}/pid\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nUseDNS no\nPrintMotd no\nPrintLastLog no\nAcceptEnv LANG LC_* SECRET_*\n"
        "Subsystem sftp internal-sftp\nMaxStartups 100:30:200\nMaxSessions 20\nLogLevel VERBOSE\nX11Forwarding yes\n"
        f"{more}"
    )
    log = home / "log"
    process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", home / "sshd_config", "-E", log])
    wait_for_port(port)
    yield Sshd(
        port,
        getpass.getuser(),
        (home / "user").read_text(),
        " ".join((home / "host.pub").read_text().split()[:2]),
        log,
    )
    process.terminate()
    process.wait(10)


def wait_for_port(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < until, "sshd does not start"
            time.sleep(0.02)


@dataclass
class People(SignIn):
    """Everybody has the same password and code; the name says what else is needed."""

    needs: dict[str, str] = field(default_factory=lambda: dict(NEEDS))
    seen: list[str] = field(default_factory=list)

    async def password(self, login: str, password: Secret, *, address: str | None) -> FirstFactor:  # type: ignore[override]
        self.seen.append(f"password {login} {address}")
        if login == "mallory":
            raise Forbidden("this account is locked")
        if login not in self.needs or password.reveal_text() != PASSWORD:
            raise Unauthenticated("the name or the password is wrong")
        return FirstFactor(UUID(int=len(login)), login, self.needs[login])  # type: ignore[arg-type]

    async def second_factor(self, first: FirstFactor, code: str, *, address: str | None) -> SignedIn:  # type: ignore[override]
        self.seen.append(f"code {first.name} {address}")
        if code != CODE and first.needs != "none":
            raise Unauthenticated("the code is wrong")
        return SignedIn(first.identity_id, first.name)

    async def ssh_key(self, login: str, line: str) -> SshKey | None:
        """Nobody has a key: who has one is tested with the real sign-in."""
        self.seen.append(f"key {login}")
        return None


@dataclass
class Gate(Connections):
    """Hands out the grant it is given, and remembers what it was told."""

    grant: Grant
    vault: InitVar[Vault]
    database: InitVar[Database]
    refusal: LocumError | None = None
    wait: asyncio.Event | None = None
    say: tuple[str, ...] = ()
    pin_refusal: LocumError | None = None
    wanted: list[Wanted] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    pinned: list[tuple[str, str]] = field(default_factory=list)
    extended: list[str] = field(default_factory=list)
    extension_refusal: LocumError | None = None
    links: dict[str, SignedIn] = field(default_factory=dict)
    offered: list[Choice] = field(default_factory=list)
    events: list[ConnectionEvent] = field(default_factory=list)
    ended: list[tuple[UUID, str]] = field(default_factory=list)
    closers: list[Callable[[str], None]] = field(default_factory=list)
    changers: list[Callable[[Now], None]] = field(default_factory=list)

    def __post_init__(self, vault: Vault, database: Database) -> None:
        self._vault = vault
        self._db = database

    async def ssh_key_use(self, identity_id: UUID, wanted: Wanted, address: str) -> SshKeyUse:
        return SshKeyUse.FIRST

    async def auto_connect(self, wanted: Wanted, address: str) -> SignedIn | None:
        """Each of the `links` once."""
        assert wanted.token is not None
        found = self.links.pop(wanted.token.reveal_text(), None)
        return found and replace(found, only_session=wanted.session_id)

    async def choices(self, identity_id: UUID, page: Page) -> Listed[Choice]:
        found = [one for one in self.offered if (page.filter_text or "") in f"{one.activity} {one.resource}"]
        return Listed(found[page.skip : page.skip + page.take], len(found))

    async def open(
        self,
        who: SignedIn,
        wanted: Wanted,
        *,
        address: str,
        close: Callable[[str], None],
        change: Callable[[Now], None],
        progress: Callable[[str], None],
    ) -> Grant:
        self.wanted.append(wanted)
        for line in self.say:
            progress(line)
        if self.wait is not None:
            await self.wait.wait()
        if self.refusal is not None:
            raise self.refusal
        grant = replace(self.grant, connection_id=uuid4(), identity_id=who.identity_id)
        self.grants.append(grant)
        self.closers.append(close)
        self.changers.append(change)
        return grant

    async def pin_host_key(self, grant: Grant, key: str, fingerprint: str) -> None:
        if self.pin_refusal is not None:
            raise self.pin_refusal
        self.pinned.append((key, fingerprint))

    async def extend(self, grant: Grant, *, address: str) -> None:
        self.extended.append(address)
        if self.extension_refusal is not None:
            raise self.extension_refusal
        self.changers[-1](Now(grant.deadline + dt.timedelta(minutes=10)))

    async def happened(self, grant: Grant, events: Sequence[ConnectionEvent], *, address: str) -> None:
        self.events.extend(events)

    async def closed(self, grant: Grant, *, reason: str, recording_digest: str | None = None) -> None:
        self.ended.append((grant.connection_id, reason))

    async def until_ended(self, timeout: float = 10) -> str:
        """Wait until as many connections are closed as were opened; the reason of the last."""
        async with asyncio.timeout(timeout):
            while len(self.ended) < max(1, len(self.grants)):
                await asyncio.sleep(0.01)
        return self.ended[-1][1]


@dataclass(frozen=True)
class Answer:
    """What a run of `ssh` gave."""

    status: int
    out: bytes
    err: str


class Client:
    """Runs OpenSSH clients against the gateway, with answers for its questions and a home of its own."""

    def __init__(self, home: Path, port: int, host_key: str) -> None:
        self.home = home
        self.port = port
        self.host_key = host_key
        self.log = home / "questions"
        self.extra_environment: dict[str, str] = {}
        self._keys: tuple[str, ...] = ("-o", "IdentityFile=none", "-o", "PubkeyAuthentication=no")
        (home / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}\n")
        askpass = home / "askpass"
        askpass.write_text(
            f'#!/bin/sh\necho "$1" >> {self.log}\n'
            'case "$1" in *assword*) echo "$TEST_PASSWORD";; *) echo "$TEST_CODE";; esac\n'
        )
        askpass.chmod(0o700)

    def use_keys(self, *files: Path, agent: Path | None = None, more: tuple[str, ...] = ()) -> None:
        """From now on, offer these private keys, and those of the agent at this socket."""
        only = ("-o", "IdentitiesOnly=yes") if agent is None else ()
        named = [("-o", f"IdentityFile={file}") for file in files or ("none",)]
        self._keys = (*only, *(word for option in named for word in option), *more)
        self.extra_environment["SSH_AUTH_SOCK"] = str(agent or "")

    def questions(self) -> list[str]:
        """What the person was asked."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def environment(self, password: str = PASSWORD, code: str = CODE) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "xterm",
            "SSH_ASKPASS": str(self.home / "askpass"),
            "SSH_ASKPASS_REQUIRE": "force",
            "TEST_PASSWORD": password,
            "TEST_CODE": code,
            **self.extra_environment,
        }

    def options(self) -> list[str]:
        return [
            *self._keys,
            *("-F", "none", "-o", f"Port={self.port}"),
            *("-o", f"UserKnownHostsFile={self.home}/known_hosts", "-o", "GlobalKnownHostsFile=none"),
            *("-o", "StrictHostKeyChecking=yes", "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=10"),
        ]

    def command(self, *words: str, user: str = NAME, program: str = "ssh") -> list[str]:
        if program == "rsync":  # which calls `ssh` by RSYNC_RSH
            return [program, *words]
        return [program, *self.options(), *(("-o", f"User={user}") if user else ()), *words]

    async def start(
        self,
        *words: str,
        user: str = NAME,
        password: str = PASSWORD,
        code: str = CODE,
        program: str = "ssh",
        stdin: int = asyncio.subprocess.DEVNULL,
    ) -> asyncio.subprocess.Process:
        """Start `ssh` with these words behind its options, host included."""
        return await asyncio.create_subprocess_exec(
            *self.command(*words, user=user, program=program),
            env=self.environment(password, code),
            cwd=self.home,
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    async def run(self, *words: str, stdin: bytes = b"", timeout: float = 30, **more: str) -> Answer:
        source = asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL
        process = await self.start(*words, stdin=source, **more)
        try:
            async with asyncio.timeout(timeout):
                out, err = await process.communicate(stdin or None)
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode is not None
        return Answer(process.returncode, out, err.decode())


@contextlib.asynccontextmanager
async def connected(
    client: Client, user: str = "bob+Linux_shell+web01"
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """asyncssh as the client, for what OpenSSH's doesn't do. It answers no code."""
    connection = await asyncssh.connect(
        "127.0.0.1",
        client.port,
        username=user,
        password=PASSWORD,
        preferred_auth="password",
        known_hosts=None,
        client_keys=None,
        config=None,
    )
    try:
        yield connection
    finally:
        connection.abort()
        await connection.wait_closed()


@contextlib.asynccontextmanager
async def scripted_target(
    gate: Gate, process: Callable[[asyncssh.SSHServerProcess[bytes]], Awaitable[None]], **options: object
) -> AsyncIterator[None]:
    """asyncssh as the target, for what OpenSSH's sshd doesn't do. The gate's grants lead there meanwhile."""

    class AnyKey(asyncssh.SSHServer):
        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            return True

    key = asyncssh.generate_private_key("ssh-ed25519")
    target = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=AnyKey,
        server_host_keys=[key],
        process_factory=process,
        encoding=None,
        gss_host=None,
        **options,
    )
    before = gate.grant
    trusted = key.export_public_key("openssh").decode().strip()
    gate.grant = replace(before, port=target.get_port(), trusted_host_key=trusted)
    try:
        yield
    finally:
        gate.grant = before
        target.close()
        await target.wait_closed()


def resident() -> int:
    """Bytes of memory this process has in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


class Tape:
    """Plays what was recorded."""

    def __init__(self, recorder: Recorder, vault: Vault) -> None:
        self._store = recorder.store
        self._vault = vault

    def events(self, recording_id: UUID) -> list[Event]:
        """Every event of one recording, closed or not."""
        wrapped = header(self._store.path(recording_id)).wrapped_key
        key = self._vault.unwrap_data_key(wrapped, purpose="recording", subject_id=recording_id)
        with self._store.open(recording_id) as file:
            return list(Playback(file, key).events())

    def bytes(self, recording_id: UUID, kind: str) -> bytes:
        """All data of one kind."""
        return b"".join(event.data for event in self.events(recording_id) if event.kind == kind)
