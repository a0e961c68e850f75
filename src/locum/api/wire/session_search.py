"""What a search of sessions answers besides a page of them."""

from __future__ import annotations

from enum import IntEnum
from uuid import UUID

from locum.api.wire.base import Out
from locum.api.wire.session_summary import SessionSummary
from locum.kit.ids import NIL


class TopUsers(IntEnum):
    __contract__ = "SbPAM.Models.ActivitySessionTopUsersTypes"

    NONE = 0
    EVERYONE = 1
    TOP5 = 2
    TOP10 = 3


class ManagedAccountSessionCount(Out):
    """Durations in seconds."""

    __contract__ = "SbPAM.Models.ManagedAccountSessionCount"

    managed_account_id: UUID = NIL
    managed_account_name: str | None = None
    count_sessions: int = 0
    sum_duration: int = 0
    avg_duration: int = 0
    min_duration: int = 0
    max_duration: int = 0


class ActivitySessionSummaryCount(Out):
    """Durations in seconds."""

    __contract__ = "SbPAM.Models.ActivitySessionSummaryCount"

    count_sessions: int = 0
    sum_duration: int = 0
    avg_duration: int = 0
    min_duration: int = 0
    max_duration: int = 0


class ActivitySessionSearchResults(Out):
    __contract__ = "SbPAM.Models.ActivitySessionSearchResults"

    data: list[SessionSummary] | None = None
    records_total: int = 0
    top_users: list[ManagedAccountSessionCount] | None = None
    summary: ActivitySessionSummaryCount | None = None
