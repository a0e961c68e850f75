"""Leases of credentials. The contract has none; the secret itself is in `LeasedSecret` alone."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from locum.api.wire.base import NEVER, Base64, In, Line, Name, Out, Time
from locum.kit.ids import NIL

Minutes = Annotated[int, Meta(ge=1, le=24 * 60)]


class CheckOutIn(In):
    minutes: Minutes = 60
    exclusive: bool = True
    note: Line | None = None
    ticket: Name | None = None


class ExtendIn(In):
    minutes: Minutes


class Lease(Out):
    id: UUID = NIL
    credential_id: UUID = NIL
    username: str = ""
    domain: str | None = None
    managed_account_id: UUID = NIL
    managed_account_name: str = ""
    state: str = ""
    exclusive: bool = False
    change_on_checkout: bool = False
    change_on_release: bool = False
    note: str | None = None
    ticket: str | None = None
    created_date_time_utc: Time = NEVER
    active_date_time_utc: Time | None = None
    due_date_time_utc: Time = NEVER
    ended_date_time_utc: Time | None = None
    end_reason: str | None = None
    last_error: str | None = None


class LeasedSecret(Out):
    lease_id: UUID = NIL
    credential_id: UUID = NIL
    username: str = ""
    domain: str | None = None
    kind: str = ""
    password: str | None = None
    private_key: str | None = None
    passphrase: str | None = None
    enable_password: str | None = None
    content: Base64 | None = None
    content_name: str | None = None
