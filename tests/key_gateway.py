"""A gateway with nothing small about it: the real sign-in, the real gate, a session on a real host, the real `ssh`."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncssh
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from demo.hosts import Host

from identities_world import PASSWORD
from locum.activities.change import set_ssh_key_use
from locum.activities.model import SshKeyUse, connection_profile
from locum.audit.model import audit_event
from locum.gateway.ssh.connection import Rooms
from locum.gateway.ssh.gateway import SshGateway
from locum.identities import mfa, people, ssh_keys
from locum.identities.digests import KeyedDigest
from locum.identities.factor_choice import SecondFactor
from locum.identities.model import identity, local_login
from locum.identities.passwords import PasswordHasher
from locum.identities.signin import SignIn
from locum.identities.ssh_keys import SshKey
from locum.identities.tokens import Tokens
from locum.kit.db import Database, Tx
from locum.recordings.store import Store
from locum.recordings.writer import Recorder
from locum.sessions.connections import Connections
from locum.vault.secret import Secret
from ssh_gateway import Answer, Client
from stage import Stage, staged
from world import ACTOR

HOST = "127.0.0.1"


@dataclass
class KeyGateway:
    """Alice, who has a password and a second factor, and a gateway to the host she may open."""

    stage: Stage
    signin: SignIn
    gateway: SshGateway
    client: Client
    folder: Path
    recovery_codes: list[str] = field(default_factory=list)

    @property
    def alice(self) -> UUID:
        return self.stage.world.person

    @property
    def database(self) -> Database:
        return self.stage.database

    def key(self, name: str, *options: str) -> Path:
        """A private key made by ssh-keygen; its public half lies beside it."""
        file = self.folder / name
        subprocess.run(["ssh-keygen", "-q", *options, "-N", "", "-C", name, "-f", file], check=True)
        return file

    async def register(
        self, line: str | Path, owner: UUID | None = None, sign_in_id: UUID | None = None
    ) -> SshKey:
        """Register a public key, given as its line or as the private key's file, for Alice or another."""
        if isinstance(line, Path):
            line = line.with_name(line.name + ".pub").read_text()
        add = partial(ssh_keys.register, name="a key", line=line, sign_in_id=sign_in_id)
        return await self.database.write(add, ACTOR, owner or self.alice)

    async def key_use(self, use: SshKeyUse) -> None:
        """What keys are worth in Alice's sessions."""
        profile: UUID = await self.database.read(lambda tx: tx.scalar(sa.select(connection_profile.c.id)))
        await self.database.write(set_ssh_key_use, ACTOR, profile, use)

    async def change(self, **values: Any) -> None:
        """Change how Alice signs in."""
        changed = sa.update(local_login).where(local_login.c.identity_id == self.alice).values(**values)
        await self.database.write(lambda tx: tx.run(changed))

    async def change_identity(self, **values: Any) -> None:
        """Change what Alice is."""
        changed = sa.update(identity).where(identity.c.id == self.alice).values(**values)
        await self.database.write(lambda tx: tx.run(changed))

    async def failed_attempts(self) -> int:
        """How many wrong tries are counted against Alice."""
        counted = sa.select(local_login.c.failed_attempts).where(local_login.c.identity_id == self.alice)
        return int(await self.database.read(lambda tx: tx.scalar(counted)))

    async def needs_code(self, needed: bool) -> None:
        await self.change(second_factor=SecondFactor.REQUIRED if needed else SecondFactor.NOT_REQUIRED)

    async def session(self) -> str:
        """An active session of Alice's, as the user name that opens it."""
        session_id = await self.stage.ask()
        await self.stage.turn()
        return f"Alice+Linux_sudo+web01+~{session_id}"

    async def run(self, user: str, *options: str, code: str | None = None) -> tuple[Answer, list[str]]:
        """`ssh … echo in`, answering a recovery code, and what the person was asked: "password", "code"."""
        self.client.log.unlink(missing_ok=True)
        spare = code or self.recovery_codes[-1]
        answer = await self.client.run(*options, HOST, "echo in", user=user, password=PASSWORD, code=spare)
        asked = [
            "password" if "assword" in question else "code"
            for question in self.client.questions()
            if question.strip()
        ]
        if "code" in asked and code is None:
            self.recovery_codes.pop()
        return answer, asked

    async def audited(self, action: str) -> list[dict[str, Any]]:
        """The details of every event of this kind, oldest first."""
        found = sa.select(audit_event.c.detail).where(audit_event.c.action == action).order_by(audit_event.c.id)
        return [json.loads(detail) for detail in await self.database.read(lambda tx: tx.scalars(found))]


@asynccontextmanager
async def key_gateway(
    database: Database, folder: Path, host: Host, hasher: PasswordHasher, issuer: Tokens, digest: KeyedDigest
) -> AsyncIterator[KeyGateway]:
    """All of it, running."""
    async with staged(database, folder, host) as stage:
        vault = stage.world.vault
        signin = SignIn(database, vault, hasher, issuer, digest)
        gate = Connections(database, vault, stage.work.changed, node="n")
        recorder = Recorder(Store(folder / "recordings"), Ed25519PrivateKey.generate(), reserve_bytes=0)
        host_key = asyncssh.generate_private_key("ssh-ed25519")
        gateway = SshGateway(
            Rooms(gate, recorder),
            signin,
            host_key=Secret(host_key.export_private_key("openssh")),
            host=HOST,
            port=0,
        )
        await gateway.start()
        home = folder / "home"
        home.mkdir()
        client = Client(home, gateway.port, host_key.export_public_key("openssh").decode().strip())
        made = KeyGateway(stage, signin, gateway, client, folder)

        def enrol(tx: Tx) -> list[Secret]:
            login = people.login_of(tx, made.alice)
            assert login is not None
            return mfa.enrol_at_once(tx, vault, digest, ACTOR, login)[1]

        await made.change(password_hash=hasher.hash_now(Secret(PASSWORD)))
        made.recovery_codes = [code.reveal_text() for code in await database.write(enrol)]
        watching = [asyncio.create_task(gate.watch()), asyncio.create_task(_work(stage))]
        yield made
        await gateway.stop(0)
        for task in watching:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await recorder.stop()


async def _work(stage: Stage) -> None:
    """The worker, without end."""
    while True:
        await stage.turn()
        await asyncio.sleep(0.05)
