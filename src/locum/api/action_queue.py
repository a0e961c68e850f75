"""/api/v1/ActionQueue: what was done and is to be done on a target for an access session, part by part.

The contract has the models, and notes of a live server the paths of what is read.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from locum.api import action_queue_view as view
from locum.api.context import Call
from locum.api.guards import SIGNED_IN, Filtered
from locum.api.log import SessionLogQuery, log_of
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.action_queue import ActionJob, ActionQueue, ActionQueueSearchResult, ActionQueueStatusFilter
from locum.api.wire.base import DataTable, In
from locum.api.wire.enums import SessionStatus
from locum.api.wire.session_log import ActionLogCollection
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound
from locum.kit.permissions import Permission
from locum.reads import action_queues as reads
from locum.reads import sessions
from locum.sessions.lifecycle import LIVE, Status

READERS = Filtered((Permission.RECORDINGS_ENDED_VIEW,))
"""Who may view recordings of ended sessions sees what was done for those; a person sees their own."""


class QueueId(In):
    action_queue_id: UUID


class QueueQuery(Paging):
    """`failing`: only what did not work last time and is tried again."""

    status_filter: ActionQueueStatusFilter = ActionQueueStatusFilter.ALL
    activity_session_id: UUID | None = None
    activity_session_status: SessionStatus | None = None
    managed_resource_id: UUID | None = None
    failing: bool = False


@operation(
    "ActionQueue.Search",
    "GET /api/v1/ActionQueue/Search",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    scope=READERS,
    problems=(400,),
    summary="One page of queues of actions, of the newest sessions first; a user sees only those of their own",
)
def search_queues(tx: ReadTx, call: Call[None, QueueQuery, None]) -> DataTable[ActionQueueSearchResult]:
    query = call.query
    listed = reads.search(
        tx,
        call.caller,
        sessions.Filter(statuses=_statuses(query), resource=query.managed_resource_id),
        query.page(),
        session_id=query.activity_session_id,
        failing=query.failing,
    )
    return DataTable(data=[view.result(row, tx.now) for row in listed.rows], records_total=listed.total)


@operation(
    "ActionQueue.Get",
    "GET /api/v1/ActionQueue/{actionQueueId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    scope=READERS,
    problems=(404,),
    summary="One queue with its steps: how far each is, when, and why not",
)
def get_queue(tx: ReadTx, call: Call[QueueId, None, None]) -> ActionQueue:
    return view.queue(_of(tx, call), tx.now)


@operation(
    "ActionQueue.GetJob",
    "GET /api/v1/ActionQueue/{actionQueueId}/Job",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    scope=READERS,
    problems=(404,),
    summary="The job that works through a queue",
)
def get_queue_job(tx: ReadTx, call: Call[QueueId, None, None]) -> ActionJob:
    found = _of(tx, call)
    return view.job(reads.queues(tx, [found.session]), tx.now)


@operation(
    "ActionQueue.GetLog",
    "GET /api/v1/ActionQueue/{actionQueueId}/Log",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    scope=READERS,
    problems=(400, 404),
    summary="The log of a queue's session, oldest first unless asked otherwise",
)
def get_queue_log(tx: ReadTx, call: Call[QueueId, SessionLogQuery, None]) -> ActionLogCollection:
    return log_of(tx, _of(tx, call).session.id, call.query)


def _of(tx: ReadTx, call: Call[QueueId, Any, None]) -> reads.Queue:
    found = reads.queue(tx, call.caller, call.params.action_queue_id)
    if found is None:
        raise NotFound("no such queue of actions")
    return found


def _statuses(query: QueueQuery) -> frozenset[Status] | None:
    """In which of its states a session must be. Queued is what is not over."""
    wanted = frozenset(Status)
    if query.status_filter is ActionQueueStatusFilter.QUEUED_ITEMS:
        wanted = LIVE
    elif query.status_filter is ActionQueueStatusFilter.EXCLUDE_QUEUED_ITEMS:
        wanted = sessions.HISTORICAL
    if query.activity_session_status is not None:
        wanted &= {Status(query.activity_session_status)}
    return None if wanted == frozenset(Status) else wanted
