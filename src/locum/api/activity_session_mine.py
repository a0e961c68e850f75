"""/api/v1/ActivitySession: one's own sessions as rows of lists, and one session as such a row."""

from __future__ import annotations

import datetime as dt

import msgspec

from locum.api.activity_session import SessionId, StatusPath, may_see, summaries
from locum.api.context import Call
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.session_view import summary
from locum.api.wire.base import DataTable, Line, Name
from locum.api.wire.enums import AccountType
from locum.api.wire.session_summary import SessionSummary
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission
from locum.reads import sessions as reads
from locum.sessions.lifecycle import Status


class MineQuery(Paging):
    """As of everybody's lists, without whose they are."""

    metadata_filter_text: Line | None = None
    start_date: dt.datetime | None = None
    end_date: dt.datetime | None = None
    resource_name: list[Name] = msgspec.field(default_factory=list)
    user_name: list[Name] = msgspec.field(default_factory=list)


class MyHistoryQuery(MineQuery):
    filter_user_type: AccountType | None = None


@operation(
    "ActivitySession.GetSessionSummaryByStatusForUserAsync",
    "GET /api/v1/ActivitySession/MySummaryByStatus/{status}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400,),
    summary="One page of one's own sessions in a status, an administrator's too",
)
def get_my_summary(tx: ReadTx, call: Call[StatusPath, MineQuery, None]) -> DataTable[SessionSummary]:
    return summaries(tx, frozenset({Status(call.params.status)}), call, only_own=True)


@operation(
    "ActivitySession.GetHistoricalSessionSummaryForUserAsync",
    "GET /api/v1/ActivitySession/MySummaryByStatus/Historical",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400,),
    summary="One page of one's own sessions that have ended, an administrator's too",
)
def get_my_history(tx: ReadTx, call: Call[None, MyHistoryQuery, None]) -> DataTable[SessionSummary]:
    return summaries(tx, reads.HISTORICAL, call, call.query.filter_user_type, only_own=True)


@operation(
    "ActivitySession.GetActivitySessionSummaryByIdAsync",
    "GET /api/v1/ActivitySession/SummaryById/{sessionId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400, 404),
    summary="One session as a row of the lists; a user sees only their own",
)
def get_summary_by_id(tx: ReadTx, call: Call[SessionId, None, None]) -> SessionSummary:
    session = may_see(tx, call.caller, call.params.session_id)
    return summary(reads.session_row(tx, session.id), reads.connections(tx, [session.id])[session.id], tx.now)
