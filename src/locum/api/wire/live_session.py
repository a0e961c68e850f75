"""Locking access sessions that are under way."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.api.wire.base import In, Line, Name, Out
from locum.kit.ids import NIL


class LiveSessionRequestIn(In):
    __contract__ = "SbPAM.Models.LiveSessionRequest"

    activity_session_ids: list[UUID] = msgspec.field(default_factory=list)
    lock_message: Line | None = None
    lock_title: Name | None = None
    locked: bool = False
    lock_activity: bool = False
    lock_resource: bool = False
    lock_user: bool = False


class LiveSessionRequest(Out):
    __contract__ = "SbPAM.Models.LiveSessionRequest"

    id: UUID = NIL
    activity_session_ids: list[UUID] | None = None
    lock_message: str | None = None
    lock_title: str | None = None
    locked: bool = False
    lock_activity: bool = False
    lock_resource: bool = False
    lock_user: bool = False
