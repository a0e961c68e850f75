"""/api/v1/ActionJob: what Locum does by itself, to be looked at, tried again, or given up.

That is the work under way for access sessions, and for administrators changes of credentials' secrets and their
verifications. A session's job has the session's id. The contract has the models, and no path for what is done with it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from locum.api import action_queue_view as view
from locum.api import credential_job_view
from locum.api.action_queue import READERS
from locum.api.activity_session import end_for, may_see
from locum.api.context import Call
from locum.api.guards import ADMIN, SIGNED_IN
from locum.api.log import SessionLogQuery, collection, log_of
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.rotation import check_rotation, check_verification
from locum.api.wire.action_queue import ActionJob, ActionJobType
from locum.api.wire.base import In, Table
from locum.api.wire.session_log import ActionLogCollection
from locum.identities.caller import Caller, Role
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.paging import Page, check_page
from locum.kit.permissions import Permission
from locum.reads import action_queues as reads
from locum.reads import sessions
from locum.reads.credential_jobs import (
    CredentialJob,
    Kind,
    Work,
    count_credential_jobs,
    credential_job,
    credential_jobs,
)
from locum.reads.credential_log import job_lines
from locum.rotation import run_again as rotation_again
from locum.sessions.lifecycle import ENDED, LIVE, Status
from locum.sessions.queue_status import PARTS
from locum.sessions.run_again import run_again


class JobId(In):
    action_job_id: UUID


class JobQuery(Paging):
    """`jobType`: jobs of that type alone. `orderBy` orders jobs of sessions; the others come by their dates."""

    job_type: ActionJobType | None = None


@operation(
    "ActionJob.GetAll",
    "GET /api/v1/ActionJob",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    scope=READERS,
    problems=(400,),
    summary="The jobs of sessions that are not over, newest first, as a bare array; a user sees only their own. For"
    " administrators then changes and verifications of secrets: those under way, then by when they are due",
)
def get_jobs(tx: ReadTx, call: Call[None, JobQuery, None]) -> list[ActionJob]:
    return _jobs(tx, call)[0]


@operation(
    "ActionJob.Search",
    "GET /api/locum/v1/ActionJob",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    scope=READERS,
    problems=(400,),
    summary="One page of the same jobs, with how many there are",
)
def search_jobs(tx: ReadTx, call: Call[None, JobQuery, None]) -> Table[ActionJob]:
    shown, sessions_total = _jobs(tx, call)
    rest = count_credential_jobs(tx, _works(call), call.query.filter_text) if _sees_credentials(call.caller) else 0
    return Table[ActionJob](data=shown, records_total=sessions_total + rest)


@operation(
    "ActionJob.Get",
    "GET /api/v1/ActionJob/{actionJobId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    scope=READERS,
    problems=(404,),
    summary="One job: a session's, by the session's id, with the queue that it is at, or one of a credential",
)
def get_job(tx: ReadTx, call: Call[JobId, None, None]) -> ActionJob:
    found = reads.session(tx, call.caller, call.params.action_job_id)
    if found is not None:
        return view.job(reads.queues(tx, [found]), tx.now)
    of = _of_credential(tx, call)
    if of is None:
        raise NotFound("no such job")
    return credential_job_view.job(of, tx.now)


@operation(
    "ActionJob.GetLog",
    "GET /api/locum/v1/ActionJob/{actionJobId}/Log",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    scope=READERS,
    problems=(400, 404),
    summary="What was done by a job and what came of it, oldest first unless asked otherwise: of a session its log, of"
    " a credential every change of its secret, or every verification, never with a secret",
)
def get_job_log(tx: ReadTx, call: Call[JobId, SessionLogQuery, None]) -> ActionLogCollection:
    session = reads.session(tx, call.caller, call.params.action_job_id)
    if session is not None:
        return log_of(tx, session.id, call.query)
    of = _of_credential(tx, call)
    if of is None:
        raise NotFound("no such job")
    listed = job_lines(tx, of, call.query.asked())
    return collection(listed.rows, listed.total, first=call.query.skip)


@operation(
    "ActionJob.Run",
    "POST /api/locum/v1/ActionJob/{actionJobId}/Run",
    who=ADMIN,
    permission=Permission.SESSIONS_ANY_MANAGE,
    problems=(404, 409),
    audit="session.run_again",
    summary="Do now what a job has to do, instead of at its date or when its wait after a failure is over",
)
def run_job(tx: Tx, call: Call[JobId, None, None]) -> None:
    of, actor = _of_credential(tx, call), call.caller.actor
    if of is None:
        session = may_see(tx, call.caller, call.params.action_job_id)
        run_again(tx, actor, session.id)
    elif of.kind is Kind.ROTATION:
        check_rotation(tx, call.caller, of.credential_id)
        rotation_again.rotate_again(tx, actor, of.credential_id)
    else:
        check_verification(call.caller, of.credential_id)
        rotation_again.verify_again(tx, actor, of.credential_id)
    tx.after_commit.append(call.api.changed.ring)


@operation(
    "ActionJob.Cancel",
    "DELETE /api/locum/v1/ActionJob/{actionJobId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    status=202,
    problems=(404, 409),
    audit="session.ending",
    summary="Go no further: a session ends, and what was done for it is taken back; a change of a secret is aborted",
)
def cancel_job(tx: Tx, call: Call[JobId, None, None]) -> None:
    """What takes access back can't be given up."""
    of = _of_credential(tx, call)
    if of is not None:
        _give_up(tx, call, of)
        return
    session = may_see(tx, call.caller, call.params.action_job_id)
    if session.status in ENDED or session.status == Status.CANCELLING:
        raise Conflict("the session is over or ending: what is left to do takes its access back")
    end_for(tx, call, session)


def _jobs(tx: ReadTx, call: Call[None, JobQuery, None]) -> tuple[list[ActionJob], int]:
    """One page, and how many jobs of sessions there are on all of them."""
    page, wanted = call.query.page(), call.query.job_type
    check_page(page)
    shown: list[ActionJob] = []
    total = 0
    if wanted in (None, ActionJobType.ACTIVITY_SESSION):
        ids = reads.session_ids(tx, call.caller, sessions.Filter(statuses=LIVE), page)
        found = reads.queues(tx, sessions.session_rows(tx, ids.rows))
        shown = [view.job(found[n : n + len(PARTS)], tx.now) for n in range(0, len(found), len(PARTS))]
        total = ids.total
    elif page.order_by:
        raise Invalid("orderBy is for jobs of sessions: these come by their dates", field="orderBy")
    if _sees_credentials(call.caller):
        rest = Page(max(0, page.skip - total), page.take - len(shown), filter_text=page.filter_text)
        shown += [credential_job_view.job(one, tx.now) for one in credential_jobs(tx, _works(call), rest)]
    return shown, total


def _works(call: Call[None, JobQuery, None]) -> frozenset[Work]:
    """What is done with credentials, of the jobs that are asked for."""
    wanted = call.query.job_type
    return frozenset(work for work in Work if wanted is None or int(wanted) == work)


def _give_up(tx: Tx, call: Call[JobId, None, None], of: CredentialJob) -> None:
    if of.kind is Kind.VERIFICATION:
        raise Conflict("a verification changes nothing: there is nothing to give up")
    check_rotation(tx, call.caller, of.credential_id)
    rotation_again.give_up(tx, call.caller.actor, of.credential_id)
    tx.after_commit.append(call.api.changed.ring)


def _of_credential(tx: ReadTx, call: Call[JobId, Any, None]) -> CredentialJob | None:
    """The job, if it is one of a credential and the caller sees those."""
    return credential_job(tx, call.params.action_job_id) if _sees_credentials(call.caller) else None


def _sees_credentials(caller: Caller) -> bool:
    return Role.ADMIN in caller.roles and Permission.CREDENTIALS_CREDENTIAL_READ in caller.permissions
