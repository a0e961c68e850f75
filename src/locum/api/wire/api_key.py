"""API keys, beyond the contract's one key an application."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from locum.api.wire.base import NEVER, In, Int64, Name, Out, Time
from locum.kit.ids import NIL


class ApiKeyIn(In):
    """Null or left out: not bounded in that way. `operations` are "Controller.Id" or "Controller.*"."""

    name: Name | None = None
    expires_at: dt.datetime | None = None
    operations: list[Name] | None = None
    policies: list[UUID] | None = None
    credentials: list[UUID] | None = None
    addresses: list[Name] | None = None
    max_uses: Annotated[int, Meta(ge=1)] | None = None


class NewApiKeyIn(ApiKeyIn):
    """`overlapMinutes` is how long the key before goes on working, a week at most."""

    overlap_minutes: Annotated[int, Meta(ge=0, le=10_080)] = 0


class ApiKeyView(Out):
    """Uses are counted every few seconds, and at once where they are limited."""

    id: UUID = NIL
    application_id: UUID = NIL
    name: str = ""
    operations: list[str] | None = None
    policies: list[UUID] | None = None
    credentials: list[UUID] | None = None
    addresses: list[str] | None = None
    max_uses: Int64 | None = None
    use_count: Int64 = 0
    last_used_at: Time | None = None
    last_used_from: str | None = None
    expires_at: Time | None = None
    created_at: Time = NEVER
    revoked_at: Time | None = None
    is_live: bool = False
    can_be_revealed: bool = False


class NewApiKey(Out):
    key: str
    api_key: ApiKeyView
