"""Puts the rooms together: one process with every role."""

from __future__ import annotations

import asyncio
import functools
import secrets
from dataclasses import dataclass, field

import structlog

from locum.api.context import Api
from locum.audit.sealer import Sealer
from locum.audit.verify import ANCHOR_FILE
from locum.connectors.linux import LinuxConnector
from locum.gateway.ssh.connection import Rooms
from locum.gateway.ssh.gateway import SshGateway
from locum.identities import digests, tokens
from locum.identities.authenticate import Authenticator
from locum.identities.digests import KeyedDigest
from locum.identities.passwords import PasswordHasher
from locum.identities.signin import SignIn
from locum.identities.tokens import Tokens
from locum.kit.db import Database
from locum.kit.settings import Settings, split_address
from locum.kit.wake import Wake
from locum.main import keys
from locum.main.node import node_name
from locum.recordings.store import Store
from locum.recordings.writer import Recorder
from locum.sessions.advance import advance
from locum.sessions.connections import Connections
from locum.sessions.sweep import sweep
from locum.sessions.transition import JOB
from locum.sessions.work import SessionWork
from locum.vault.store import Vault
from locum.worker.main import Worker

CONNECTORS = {"linux": LinuxConnector.connect}

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
