"""Puts the rooms together: one process with every role."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.api.context import Api
from locum.audit.sealer import Sealer
from locum.audit.verify import ANCHOR_FILE
from locum.connectors.base import Connector, Target
from locum.connectors.linux import LinuxConnector
from locum.gateway.ssh.connection import Rooms
from locum.gateway.ssh.gateway import SshGateway
from locum.identities import digests, signing_key, tokens
from locum.identities.authenticate import Authenticator
from locum.identities.digests import KeyedDigest
from locum.identities.key_usage import KeyUsage
from locum.identities.passkey_signin import PasskeySignIn
from locum.identities.password_change import PasswordChange
from locum.identities.passwords import PasswordHasher
from locum.identities.relying_party import relying_party
from locum.identities.signin import SignIn
from locum.identities.tokens import Tokens
from locum.kit import jobs
from locum.kit.db import Database, ReadTx
from locum.kit.errors import Invalid, LocumError
from locum.kit.settings import Settings, split_address
from locum.kit.wake import Wake
from locum.main import keys
from locum.main.node import node_name
from locum.recordings.key import data_key
from locum.recordings.seal import seal
from locum.recordings.sink import Closed
from locum.recordings.store import Store
from locum.recordings.writer import Recorder
from locum.sessions.advance import advance
from locum.sessions.connections import Connections
from locum.sessions.recover import sealed
from locum.sessions.sweep import sweep
from locum.sessions.transition import JOB
from locum.sessions.work import SessionWork
from locum.vault.secret import Secret
from locum.vault.store import Vault
from locum.worker.main import Worker


def open_connector(kind: str, target: Target) -> AbstractAsyncContextManager[Connector]:
    """The connector of a platform. A new platform is one more case here."""
    match kind:
        case "linux":
            return LinuxConnector.connect(target)
    raise Invalid(f"there is no connector for {kind}")


log = structlog.get_logger("locum")


@dataclass
class Node:
    """Everything one process runs. `ready` turns true when both listeners accept."""

    name: str
    settings: Settings
    db: Database
    vault: Vault
    api: Api
    worker: Worker
    connections: Connections
    gateway: SshGateway
    recorder: Recorder
    recording_key: Ed25519PrivateKey
    sealer: Sealer
    hasher: PasswordHasher
    ready: bool = field(default=False)

    async def sweep(self, interval_s: float) -> None:
        """Every `interval_s` seconds, look for access that must not be any more, and say so loudly."""
        while True:
            try:
                for session_id in await self.db.write(sweep):
                    log.error("a session lives past its end", session=str(session_id))
            except Exception:
                log.exception("the sweep can't reach the database")
            await asyncio.sleep(interval_s)

    async def take_up(self) -> None:
        """What a crash left: jobs this node held, its connections, and the recordings of those."""
        await self.db.write(jobs.take_back, self.name)
        for recording_id in await self.connections.recover():
            closed = await asyncio.to_thread(self._seal, recording_id)
            await self.db.write(sealed, recording_id, closed.digest if closed else None)

    def _seal(self, recording_id: UUID) -> Closed | None:
        store = self.recorder.store
        try:
            key = data_key(self.vault, store.path(recording_id), recording_id)
            return seal(store, recording_id, key, self.recording_key)
        except (LocumError, OSError) as error:  # one bad file must not keep Locum from starting
            log.error("a recording stays open after a crash", recording=str(recording_id), reason=str(error))
            return None


def compose(settings: Settings, db: Database, vault: Vault) -> Node:
    """Build every part, start none."""
    name = node_name(settings.data_dir)
    shared = db.submit_read(_keys, vault).result()
    digest = KeyedDigest(shared[digests.SYSTEM_KEY])
    signer = Tokens(shared[tokens.SYSTEM_KEY], db.submit_read(signing_key.current).result())
    hasher = PasswordHasher()
    signin = SignIn(db, vault, hasher, signer, digest)
    authenticator = Authenticator(signer, digest, vault)
    changed = Wake()
    connections = Connections(db, vault, changed, node=name)
    recording_key = keys.signing_key(shared[keys.RECORDING_SIGNING])
    recorder = Recorder(Store(settings.data_dir / "recordings"), recording_key)
    work = SessionWork(db, vault, open_connector, changed)
    host, port = split_address(settings.ssh, "--ssh")
    https_port = split_address(settings.https, "--https")[1]
    gateway = SshGateway(
        Rooms(connections, recorder, vault, db),
        signin,
        host_key=shared[keys.SSH_HOST_KEY],
        host=host,
        port=port,
    )
    node: Node
    api = Api(
        db=db,
        prove=authenticator.prove,
        prove_cookie=authenticator.prove_cookie,
        healthy=lambda: node.ready,
        vault=vault,
        digest=digest,
        hasher=hasher,
        signin=signin,
        passwords=PasswordChange(db, hasher, signin.issuer),
        usage=KeyUsage(db),
        passkeys=PasskeySignIn(db, digest, relying_party(settings.public_url, https_port)),
        changed=changed,
        node=name,
        ssh_address=settings.public_ssh or settings.ssh,
        recordings=recorder.store,
    )
    node = Node(
        name=name,
        settings=settings,
        db=db,
        vault=vault,
        api=api,
        worker=Worker(
            db, {JOB: lambda held: advance(work, held)}, changed, owner=f"{name}:{secrets.token_hex(8)}"
        ),
        connections=connections,
        gateway=gateway,
        recorder=recorder,
        recording_key=recording_key,
        sealer=Sealer(
            db, keys.signing_key(shared[keys.AUDIT_SIGNING]), settings.data_dir / "public" / ANCHOR_FILE
        ),
        hasher=hasher,
    )
    return node


def _keys(tx: ReadTx, vault: Vault) -> dict[str, Secret]:
    names = (
        digests.SYSTEM_KEY,
        tokens.SYSTEM_KEY,
        keys.AUDIT_SIGNING,
        keys.RECORDING_SIGNING,
        keys.SSH_HOST_KEY,
    )
    return {name: keys.load(tx, vault, name) for name in names}
