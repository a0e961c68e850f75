"""The one gate: whoever wants to dial a target comes here first and leaves with a Grant, or with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from locum.vault.secret import Secret


@dataclass(frozen=True, slots=True)
class Grant:
    """Proof that one connection may be dialled now. Only `authorize_connection` makes one."""

    connection_id: UUID
    session_id: UUID
    identity_id: UUID
    identity_name: str
    resource_id: UUID
    resource_name: str
    activity_name: str
    host: str
    port: int
    login_name: str
    private_key: Secret  # OpenSSH private key text, lives in memory only
    trusted_host_key: str | None  # "ssh-ed25519 AAAA…" pinned on first discovery; None = nothing pinned yet
    deadline: dt.datetime  # the connection must be closed then
    record: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a direct-connect user name asks for (PRX-03). `session_id` set = the bound address of a session."""

    user: str
    activity: str
    resource: str
    policy: str | None = None
    notes: str | None = None
    session_id: UUID | None = None


class Connections:
    """Opens and closes connections inside access sessions."""

    async def open(
        self,
        identity_id: UUID,
        wanted: Wanted,
        *,
        address: str,
        close: Callable[[str], None],
        progress: Callable[[str], None],
    ) -> Grant:
        """Authorise a connection, starting a session first where `wanted` names no session.

        `close(reason)` is called on the event loop when the connection must end now (deadline, cancel, lock,
        shutdown); `progress(line)` with words for the person while access is made. Raises LocumError with the
        reason when refused. The returned connection counts as open until `closed` is called.
        """
        raise NotImplementedError

    async def pin_host_key(self, grant: Grant, key: str, fingerprint: str) -> None:
        """Remember the target's key seen first (RES-11). Raises Forbidden where trust on first use is off."""
        raise NotImplementedError

    async def closed(self, grant: Grant, *, reason: str) -> None:
        """The connection is gone. A session that a direct connect started ends with it (PRX-08)."""
        raise NotImplementedError
