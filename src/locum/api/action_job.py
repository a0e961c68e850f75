"""/api/v1/ActionJob: the work that is under way for access sessions, to be looked at, tried again, or given up.

A session's job has the session's id. The contract has the models, and no path for what is done with it.
"""

from __future__ import annotations

from uuid import UUID

from locum.api import action_queue_view as view
from locum.api.action_queue import READERS
from locum.api.activity_session import end_for, may_see
from locum.api.context import Call
from locum.api.guards import ADMIN, SIGNED_IN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.action_queue import ActionJob
from locum.api.wire.base import In
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, NotFound
from locum.kit.permissions import Permission
from locum.reads import action_queues as reads
from locum.reads import sessions
from locum.sessions.lifecycle import ENDED, LIVE, Status
from locum.sessions.queue_status import PARTS
from locum.sessions.run_again import run_again


class JobId(In):
    action_job_id: UUID


@operation(
    "ActionJob.GetAll",
    "GET /api/v1/ActionJob",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    scope=READERS,
    problems=(400,),
    summary="The jobs of sessions that are not over, newest first, as a bare array; a user sees only their own",
)
def get_jobs(tx: ReadTx, call: Call[None, Paging, None]) -> list[ActionJob]:
    ids = reads.session_ids(tx, call.caller, sessions.Filter(statuses=LIVE), call.query.page())
    found = reads.queues(tx, sessions.session_rows(tx, ids))
    return [view.job(found[n : n + len(PARTS)], tx.now) for n in range(0, len(found), len(PARTS))]


@operation(
    "ActionJob.Get",
    "GET /api/v1/ActionJob/{actionJobId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    scope=READERS,
    problems=(404,),
    summary="The job of one session, by the session's id, with the queue that it is at",
)
def get_job(tx: ReadTx, call: Call[JobId, None, None]) -> ActionJob:
    found = reads.session(tx, call.caller, call.params.action_job_id)
    if found is None:
        raise NotFound("no such job")
    return view.job(reads.queues(tx, [found]), tx.now)


@operation(
    "ActionJob.Run",
    "POST /api/locum/v1/ActionJob/{actionJobId}/Run",
    who=ADMIN,
    permission=Permission.SESSIONS_ANY_MANAGE,
    problems=(404, 409),
    audit="session.run_again",
    summary="Try again now what is to be done for a session, instead of when its wait is over",
)
def run_job(tx: Tx, call: Call[JobId, None, None]) -> None:
    session = may_see(tx, call.caller, call.params.action_job_id)
    run_again(tx, call.caller.actor, session.id)
    tx.after_commit.append(call.api.changed.ring)


@operation(
    "ActionJob.Cancel",
    "DELETE /api/locum/v1/ActionJob/{actionJobId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    status=202,
    problems=(404, 409),
    audit="session.ending",
    summary="Go no further: the session ends, and what was done for it is taken back",
)
def cancel_job(tx: Tx, call: Call[JobId, None, None]) -> None:
    """What takes access back can't be given up."""
    session = may_see(tx, call.caller, call.params.action_job_id)
    if session.status in ENDED or session.status == Status.CANCELLING:
        raise Conflict("the session is over or ending: what is left to do takes its access back")
    end_for(tx, call, session)
