"""Complete sign-ins, as their person sees them."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import NEVER, Out, Time
from locum.kit.ids import NIL


class SignInEntry(Out):
    """`client` is the User-Agent it began with; `endedAt` is null while nobody ended it."""

    id: UUID = NIL
    method: str = ""
    address: str | None = None
    client: str | None = None
    started_at: Time = NEVER
    last_used_at: Time = NEVER
    ends_at: Time = NEVER
    ended_at: Time | None = None
    is_current: bool = False
    is_live: bool = False


class CurrentSignIn(Out):
    """`id` and `endsAt` are null for an API key."""

    id: UUID | None
    identity_id: UUID
    name: str
    roles: list[str]
    permissions: list[str]
    idle_minutes: int
    ends_at: Time | None


class SignInsEnded(Out):
    ended: int
