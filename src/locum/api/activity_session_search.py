"""/api/v1/ActivitySession: all sessions with their figures, those of one resource, and what they have open."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from locum.api.activity_session import key_policies, manages, page_of
from locum.api.context import Call
from locum.api.guards import ADMIN, SIGNED_IN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import DataTable, In
from locum.api.wire.session_search import (
    ActivitySessionSearchResults,
    ActivitySessionSummaryCount,
    ManagedAccountSessionCount,
    TopUsers,
)
from locum.api.wire.session_summary import SessionSummary
from locum.kit.db import ReadTx
from locum.kit.paging import MAX_TAKE
from locum.kit.permissions import Permission
from locum.reads import session_figures as figures
from locum.reads.sessions import Filter
from locum.resources.add import get_resource

_HOW_MANY = {TopUsers.EVERYONE: MAX_TAKE, TopUsers.TOP5: 5, TopUsers.TOP10: 10}


class ResourceId(In):
    managed_resource_id: UUID


class OfResourceQuery(Paging):
    start_date: dt.datetime | None = None
    end_date: dt.datetime | None = None


class SearchQuery(Paging):
    filter_date_time_min: dt.datetime | None = None
    filter_date_time_max: dt.datetime | None = None
    filter_top_users_type: TopUsers = TopUsers.NONE


@operation(
    "ActivitySession.SearchAsync",
    "GET /api/v1/ActivitySession/Search",
    who=ADMIN,
    permission=Permission.SESSIONS_ANY_MANAGE,
    problems=(400,),
    summary="One page of all sessions asked for between two times, with figures of all of them (AUD-03)",
)
def search_sessions(tx: ReadTx, call: Call[None, SearchQuery, None]) -> ActivitySessionSearchResults:
    """The figures are of the whole filtered list; `topUsers` has most sessions first and is empty unless asked for."""
    query = call.query
    which = Filter(
        since=query.filter_date_time_min,
        until=query.filter_date_time_max,
        policies=key_policies(call.caller),
    )
    page = page_of(tx, which, query.page())
    limit = _HOW_MANY.get(query.filter_top_users_type)
    top = [] if limit is None else figures.top_users(tx, which, query.filter_text, limit)
    return ActivitySessionSearchResults(
        data=page.data,
        records_total=page.records_total,
        top_users=[ManagedAccountSessionCount.from_row(row) for row in top],
        summary=ActivitySessionSummaryCount.from_row(figures.figures(tx, which, query.filter_text)),
    )


@operation(
    "ActivitySession.GetSessionSummaryByHostAsync",
    "GET /api/v1/ActivitySession/SummaryForResource/{managedResourceId}",
    who=ADMIN,
    permission=Permission.SESSIONS_ANY_MANAGE,
    problems=(400, 404),
    summary="One page of the sessions on a resource, in any state",
)
def get_summary_for_resource(
    tx: ReadTx, call: Call[ResourceId, OfResourceQuery, None]
) -> DataTable[SessionSummary]:
    query = call.query
    which = Filter(
        resource=get_resource(tx, call.params.managed_resource_id).id,
        since=query.start_date,
        until=query.end_date,
        policies=key_policies(call.caller),
    )
    return page_of(tx, which, query.page())


@operation(
    "ActivitySession.GetFlippedResourceCountAsync",
    "GET /api/v1/ActivitySession/FlippedResourceCount",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400,),
    summary="On how many resources sessions have access now; a user's own sessions, or anybody's",
)
def count_open_resources(tx: ReadTx, call: Call[None, None, None]) -> int:
    """[INF] The reference says of neither count what it counts. Here "flipped" is what a session has changed on a
    target and not changed back: ledger entries that are not reverted."""
    caller = call.caller
    return figures.open_resources(tx, None if manages(caller) else caller.identity_id, key_policies(caller))


@operation(
    "ActivitySession.GetFlippedManagedUserGroupCountAsync",
    "GET /api/v1/ActivitySession/FlippedManagedUserGroupCount",
    who=ADMIN,
    permission=Permission.SESSIONS_ANY_MANAGE,
    problems=(400,),
    summary="How many accounts and memberships of groups on resources sessions have switched on now",
)
def count_open_accounts(tx: ReadTx, call: Call[None, None, None]) -> int:
    """[INF] As `count_open_resources`."""
    return figures.open_accounts(tx, key_policies(call.caller))
