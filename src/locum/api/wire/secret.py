"""Secrets that are no logins, and versions of all of them: the contract has no models of these."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import NEVER, Out, Time
from locum.kit.ids import NIL


class KeptSecret(Out):
    """Never with what it keeps."""

    id: UUID = NIL
    kind: str = ""
    name: str = ""
    description: str | None = None
    content_name: str | None = None
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class SecretVersion(Out):
    version: int = 0
    is_current: bool = False
    created_date_time_utc: Time = NEVER


class SecretValue(Out):
    """`content` is base64 of the bytes that are kept; `text` is the same where they are UTF-8."""

    credential_id: UUID = NIL
    version: int | None = None
    content: str = ""
    text: str | None = None
    content_name: str | None = None
