"""What the gateway asks of the rest of Locum: `Connections` and `SignIn` where the database is at hand, and the far end
of a socket where the gateway runs in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from locum.identities.signin import FirstFactor, SignedIn, SshKey
from locum.kit.actor import Actor
from locum.kit.paging import Listed, Page
from locum.sessions.connections import Choice, ConnectionEvent, Grant, Now, SshKeyUse, Wanted
from locum.vault.secret import Secret


class Gate(Protocol):
    """See `sessions.connections.Connections`."""

    async def ssh_key_use(self, identity_id: UUID, wanted: Wanted, address: str) -> SshKeyUse: ...

    async def auto_connect(self, wanted: Wanted, address: str) -> SignedIn | None: ...

    async def choices(self, identity_id: UUID, page: Page) -> Listed[Choice]: ...

    async def open(
        self,
        who: SignedIn,
        wanted: Wanted,
        *,
        address: str,
        close: Callable[[str], None],
        change: Callable[[Now], None],
        progress: Callable[[str], None],
    ) -> Grant: ...

    async def recording_key(self, grant: Grant) -> tuple[Secret, str]: ...

    async def pin_host_key(self, grant: Grant, key: str, fingerprint: str) -> None: ...

    async def extend(self, grant: Grant, *, address: str) -> None: ...

    async def happened(self, grant: Grant, events: Sequence[ConnectionEvent], *, address: str) -> None: ...

    async def refused(self, actor: Actor, kind: str, asked: str, session_id: UUID | None) -> None: ...

    async def closed(self, grant: Grant, *, reason: str, recording_digest: str | None = None) -> None: ...


class SignInSteps(Protocol):
    """See `identities.signin.SignIn`."""

    async def password(self, login: str, password: Secret, *, address: str | None) -> FirstFactor: ...

    async def second_factor(self, first: FirstFactor, code: str, *, address: str | None) -> SignedIn: ...

    async def ssh_key(self, login: str, line: str) -> SshKey | None: ...

    async def proven_ssh_key(
        self, key: SshKey, *, both_factors: bool, address: str | None
    ) -> FirstFactor | SignedIn: ...
