"""What carries SSH connections on a node, whether or not the node does anything else."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import SQLAlchemyError

from locum.gateway.ssh.assist import Assistant
from locum.gateway.ssh.connection import Rooms
from locum.gateway.ssh.gateway import SshGateway
from locum.identities import digests, signing_key, tokens
from locum.identities.digests import KeyedDigest
from locum.identities.passwords import PasswordHasher
from locum.identities.signin import SignIn
from locum.identities.tokens import Tokens
from locum.kit.db import Database
from locum.kit.settings import Settings, split_address
from locum.kit.wake import Wake
from locum.main import keys
from locum.main.archiver import Archiver, open_archive
from locum.main.gateway_assist import FarAssistant
from locum.main.gateway_link import Start
from locum.main.gateway_processes import GatewayProcesses
from locum.main.interrupted import close_recording, close_recordings, delete_recordings
from locum.recordings.archive import Archive
from locum.recordings.store import Store
from locum.recordings.writer import Recorder
from locum.sessions import archiving, node_life, retention
from locum.sessions.connection_limits import Limits
from locum.sessions.connections import Connections, Grant
from locum.sessions.index_text import TextIndex
from locum.vault.secret import Secret
from locum.vault.store import Vault

log = structlog.get_logger("locum")


@dataclass
class GatewayParts:
    """`gateway` is there also where `processes` carry what comes to the listener."""

    node: str
    settings: Settings
    db: Database
    vault: Vault
    connections: Connections
    recorder: Recorder
    recording_key: Ed25519PrivateKey
    text_index: TextIndex
    gateway: SshGateway
    processes: GatewayProcesses | None
    archive: Archive | None
    archiver: Archiver | None

    async def open(self, listener: socket.socket) -> None:
        """Accept connections. Raises StartError."""
        if not self.db.is_sqlite:  # before there is anything to lose, if it was given up
            await self.db.write(node_life.beat, self.node)
        if self.processes is None:
            await self.gateway.start(listener)
        else:
            await self.processes.start(listener)

    async def assist(self, connection_id: UUID, name: str) -> Assistant | FarAssistant:
        """Let `name` type in a connection of this node, whichever of its processes carries it. Raises Conflict."""
        found = await self.processes.assist(connection_id, name) if self.processes is not None else None
        return found or self.gateway.assist(connection_id, name)

    async def close(self, drain_timeout: float) -> None:
        """Accept none any more, and end those there are, at the latest after `drain_timeout` seconds."""
        processes = [self.processes.stop(drain_timeout)] if self.processes is not None else []
        await asyncio.gather(self.gateway.stop(drain_timeout), *processes)

    def tasks(self) -> list[asyncio.Task[None]]:
        """What must run for as long as the node does: watching what is open, and keeping its text."""
        vital = [
            asyncio.create_task(self.connections.watch(), name="watch"),
            asyncio.create_task(self.text_index.run(), name="text index"),
        ]
        if self.processes is not None:
            vital.append(asyncio.create_task(self.processes.run(), name="gateway processes"))
        if self.archiver is not None:
            vital.append(asyncio.create_task(self.archiver.run(), name="archiver"))
        if not self.db.is_sqlite:  # else there is no other node
            vital.append(asyncio.create_task(self._say_alive(), name="sign of life"))
        return vital

    async def take_up(self) -> None:
        """What an earlier life of this node left: its connections, and the recordings of those."""
        if self.archive is not None:
            await asyncio.to_thread(self.archive.forget_fetched)
        await self._close_recordings(await self.connections.recover())
        store = self.recorder.store
        there = await asyncio.to_thread(lambda: list(store.ids()))
        gone = await self.db.read(retention.leftovers, there) + await self.db.read(archiving.moved, there)
        await asyncio.to_thread(delete_recordings, store, gone)

    async def close_there(self, recorded: list[UUID]) -> None:
        """Close those recordings of a lost node that lie here, because both nodes keep them in one place."""
        store = self.recorder.store
        here = await asyncio.to_thread(lambda: [one for one in recorded if store.path(one).exists()])
        await self._close_recordings(here)

    async def forget_recordings(self) -> None:
        """Delete those of this node that were kept for long enough."""
        if self.settings.keep_recordings is not None:
            kept = dt.timedelta(days=self.settings.keep_recordings)
            while ids := await self.db.write(retention.let_go, self.node, kept):
                await asyncio.to_thread(delete_recordings, self.recorder.store, ids)

    async def leave(self) -> None:
        """This node ends with nothing left open. Where the database is away, another finds that it is gone."""
        if not self.db.is_sqlite:
            with contextlib.suppress(SQLAlchemyError):
                await self.db.write(node_life.leave, self.node)

    async def _close_recordings(self, recorded: list[UUID]) -> None:
        work = (self.db, self.vault, self.recorder.store, self.recording_key, recorded)
        await asyncio.to_thread(close_recordings, *work)

    async def _say_alive(self) -> None:
        while True:
            try:
                if await self.db.write(node_life.beat, self.node):
                    log.error("this node was given up while it could not reach the database")
                    self.connections.end_all("Locum had lost sight of this gateway")
            except Exception:
                log.exception("this node can't say that it is alive")
            await asyncio.sleep(node_life.BEAT_S)


@dataclass(frozen=True)
class SignInParts:
    """What people sign in with, whichever way they come."""

    digest: KeyedDigest
    signer: Tokens
    hasher: PasswordHasher
    signin: SignIn


def sign_in_parts(db: Database, vault: Vault, shared: Mapping[str, Secret]) -> SignInParts:
    """Build them. `shared` are the keys of the installation."""
    digest = KeyedDigest(shared[digests.SYSTEM_KEY])
    signer = Tokens(shared[tokens.SYSTEM_KEY], db.submit_read(signing_key.current).result())
    hasher = PasswordHasher()
    return SignInParts(digest, signer, hasher, SignIn(db, vault, hasher, signer, digest))


def limits_of(settings: Settings) -> Limits:
    """How many connections and sessions there may be."""
    return Limits(settings.connections_per_person, settings.connections, settings.sessions_per_person)


def gateway_parts(
    settings: Settings,
    db: Database,
    vault: Vault,
    signin: SignIn,
    changed: Wake,
    shared: Mapping[str, Secret],
    *,
    node: str,
) -> GatewayParts:
    """Build them, start none. `shared` are the keys of the installation."""
    connections = Connections(db, vault, changed, node=node, limits=limits_of(settings))
    recording_key = keys.signing_key(shared[keys.RECORDING_SIGNING])
    space, ends_open = settings.recordings_space, settings.recordings_full == "end"
    most_bytes = None if space is None else space << 20
    store = Store(settings.data_dir / "recordings")
    alone = settings.gateway_processes == 1
    recorder = Recorder(store, recording_key, most_bytes=most_bytes, ends_open=ends_open, shared=not alone)
    host_key = shared[keys.SSH_HOST_KEY]
    host, port = split_address(settings.ssh, "--ssh")

    def close_left(grant: Grant) -> str | None:
        closed = close_recording(vault, store, recording_key, grant.connection_id)
        return closed.digest if closed else None

    archive = open_archive(settings, store)
    start = Start(host_key, shared[keys.RECORDING_SIGNING], str(store.root), most_bytes, ends_open)
    return GatewayParts(
        node=node,
        settings=settings,
        db=db,
        vault=vault,
        connections=connections,
        recorder=recorder,
        recording_key=recording_key,
        text_index=TextIndex(db, vault, store, node=node),
        gateway=SshGateway(Rooms(connections, recorder), signin, host_key=host_key, host=host, port=port),
        processes=None
        if alone
        else GatewayProcesses(settings.gateway_processes, connections, signin, start, close_recording=close_left),
        archive=archive,
        archiver=Archiver(db, archive, store, node=node) if archive else None,
    )
