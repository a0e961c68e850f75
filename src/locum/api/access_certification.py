"""/api/v1/AccessCertificationTask and …Denial: the contract has the models and no path for them (CERT-01)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_REVIEWER
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.access_certification import (
    AccessCertificationDenial,
    AccessCertificationTaskRowDetail,
    AccessCertificationTaskRowReview,
    AccessCertificationTaskRowStatus,
    AccessCertificationTaskStatus,
    AccessCertificationTaskSummary,
    LiftIn,
    RowReviewIn,
    TaskIn,
)
from locum.api.wire.base import NEVER, In, Table, at
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.policies import certify, denials, review
from locum.policies.certification_model import RowStatus
from locum.policies.certify import Wanted
from locum.policies.review import Word
from locum.reads import certifications as reads
from locum.reads import policy_members
from locum.reads.certifications import CertifiedRow, TaskRow

_MANAGE = Permission.POLICIES_CERTIFICATION_MANAGE
_REVIEW = Permission.POLICIES_CERTIFICATION_REVIEW


class TaskId(In):
    access_certification_task_id: UUID


class DenialId(In):
    access_certification_denial_id: UUID


class RowPage(Paging):
    status: AccessCertificationTaskRowStatus | None = None


class DenialPage(Paging):
    managed_account_id: UUID | None = None


@operation(
    "AccessCertificationTask.GetAll",
    "GET /api/v1/AccessCertificationTask",
    who=ADMIN_OR_REVIEWER,
    permission=_REVIEW,
    summary="One page of the certifications; a reviewer sees those they review, once these have started",
)
def get_tasks(tx: ReadTx, call: Call[None, Paging, None]) -> Table[AccessCertificationTaskSummary]:
    mine = None if review.sees_all(call.caller) else call.caller.identity_id
    listed = reads.certifications(tx, call.query.page(), reviewer_id=mine)
    data = [_summary(row) for row in listed.rows]
    return Table[AccessCertificationTaskSummary](data=data, records_total=listed.total)


@operation(
    "AccessCertificationTask.GetById",
    "GET /api/v1/AccessCertificationTask/{accessCertificationTaskId}",
    who=ADMIN_OR_REVIEWER,
    permission=_REVIEW,
    problems=(404,),
    summary="One certification: its reviewer, how far it is, and whose access it is about",
)
def get_task(tx: ReadTx, call: Call[TaskId, None, None]) -> AccessCertificationTaskSummary:
    return _shown(tx, review.visible(tx, call.caller, call.params.access_certification_task_id).id)


@operation(
    "AccessCertificationTask.Post",
    "POST /api/v1/AccessCertificationTask",
    who=ADMIN,
    permission=_MANAGE,
    problems=(409,),
    audit="certification.created",
    status=201,
    summary="Set a certification up: a reviewer, a deadline, and the people, groups and policies it is about",
)
def create_task(tx: Tx, call: Call[None, None, TaskIn]) -> AccessCertificationTaskSummary:
    return _shown(tx, certify.create(tx, call.caller.actor, _wanted(call.body)).id)


@operation(
    "AccessCertificationTask.Put",
    "PUT /api/v1/AccessCertificationTask/{accessCertificationTaskId}",
    who=ADMIN,
    permission=_MANAGE,
    problems=(404, 409),
    audit="certification.changed",
    summary="Change a certification; once it has started, its name, reviewer and deadline alone",
)
def put_task(tx: Tx, call: Call[TaskId, None, TaskIn]) -> AccessCertificationTaskSummary:
    task_id, body = call.params.access_certification_task_id, call.body
    before = certify.chosen_of(tx, certify.get(tx, task_id).id).identities
    return _shown(tx, certify.change(tx, call.caller.actor, task_id, _wanted(body, tx, before)).id)


@operation(
    "AccessCertificationTask.Delete",
    "DELETE /api/v1/AccessCertificationTask/{accessCertificationTaskId}",
    who=ADMIN,
    permission=_MANAGE,
    problems=(404, 409),
    audit="certification.deleted",
    summary="Delete a certification that has not started",
)
def delete_task(tx: Tx, call: Call[TaskId, None, None]) -> None:
    certify.delete(tx, call.caller.actor, call.params.access_certification_task_id)


@operation(
    "AccessCertificationTask.Start",
    "PUT /api/v1/AccessCertificationTask/{accessCertificationTaskId}/Start",
    who=ADMIN,
    permission=_MANAGE,
    problems=(404, 409),
    audit="certification.started",
    summary="Write down every access there is now, for the reviewer to decide",
)
def start_task(tx: Tx, call: Call[TaskId, None, None]) -> AccessCertificationTaskSummary:
    return _shown(tx, certify.start(tx, call.caller.actor, call.params.access_certification_task_id).id)


@operation(
    "AccessCertificationTask.GetRows",
    "GET /api/v1/AccessCertificationTask/{accessCertificationTaskId}/Row",
    who=ADMIN_OR_REVIEWER,
    permission=_REVIEW,
    problems=(404,),
    summary="One page of the accesses of a certification, by person and policy, or those of one status",
)
def get_rows(tx: ReadTx, call: Call[TaskId, RowPage, None]) -> Table[AccessCertificationTaskRowDetail]:
    held = review.visible(tx, call.caller, call.params.access_certification_task_id)
    listed = reads.rows(tx, call.query.page(), held.id, status=call.query.status)
    return Table[AccessCertificationTaskRowDetail](
        data=[_row(row) for row in listed.rows], records_total=listed.total
    )


@operation(
    "AccessCertificationTask.Review",
    "PUT /api/v1/AccessCertificationTask/{accessCertificationTaskId}/Row",
    who=ADMIN_OR_REVIEWER,
    permission=_REVIEW,
    problems=(404, 409),
    audit="access.certified",
    summary="Approve or deny accesses, never the own; a denied one ends, and is refused with the notes as reason",
)
def review_rows(tx: Tx, call: Call[TaskId, None, list[RowReviewIn]]) -> list[AccessCertificationTaskRowReview]:
    words = [Word(one.id, RowStatus(one.status), one.notes) for one in call.body]
    return [
        AccessCertificationTaskRowReview(
            id=row.id,
            status=AccessCertificationTaskRowStatus(row.status),
            created_date_time_utc=at(row.created_at),
            modified_date_time_utc=at(row.decided_at or row.created_at),
        )
        for row in review.decide_rows(tx, call.caller, call.params.access_certification_task_id, words)
    ]


@operation(
    "AccessCertificationDenial.GetAll",
    "GET /api/v1/AccessCertificationDenial",
    who=ADMIN,
    permission=_MANAGE,
    summary="One page of what certifications deny now, the latest first, or that of one person",
)
def get_denials(tx: ReadTx, call: Call[None, DenialPage, None]) -> Table[AccessCertificationDenial]:
    listed = reads.denials(tx, call.query.page(), identity_id=call.query.managed_account_id)
    data = [
        AccessCertificationDenial(
            id=row.id,
            access_policy_id=row.policy_id,
            managed_user_id=row.identity_id,
            resource_id=row.resource_id,
            activity_id=row.activity_id,
            credential_id=row.credential_id,
            denying_task_id=row.certification_id,
            created_date_time_utc=at(row.denied_at),
            modified_date_time_utc=at(row.denied_at),
            denying_task_name=row.certification_name,
            reason=row.reason,
        )
        for row in listed.rows
    ]
    return Table[AccessCertificationDenial](data=data, records_total=listed.total)


@operation(
    "AccessCertificationDenial.Lift",
    "POST /api/v1/AccessCertificationDenial/{accessCertificationDenialId}/Lift",
    who=ADMIN,
    permission=_MANAGE,
    problems=(404,),
    audit="access.denial_lifted",
    summary="Take a denial back, but for one of the own access; what the reviewer said stays written down",
)
def lift_denial(tx: Tx, call: Call[DenialId, None, LiftIn | None]) -> None:
    notes = call.body.notes if call.body else None
    denials.lift(tx, call.caller.actor, call.params.access_certification_denial_id, notes)


def _wanted(body: TaskIn, tx: ReadTx | None = None, before: list[UUID] | None = None) -> Wanted:
    """People and groups are one list in Locum: where a change gives one of the two, the other stays as it was."""
    given = {"users": body.user_ids, "groups": body.group_ids}
    identities = None
    if any(ids is not None for ids in given.values()):
        groups = policy_members.kinds_of(tx, before).groups if tx is not None and before else set()
        kept = {"users": [i for i in before or [] if i not in groups], "groups": sorted(groups)}
        identities = [one for name, ids in given.items() for one in (kept[name] if ids is None else ids)]
    return Wanted(
        name=body.name,
        description=body.description,
        reviewer_id=body.reviewer_id,
        deadline=body.deadline_date_time_utc,
        identities=identities,
        policies=body.policy_ids,
    )


def _shown(tx: ReadTx, task_id: UUID) -> AccessCertificationTaskSummary:
    view, chosen = _summary(reads.one(tx, task_id)), certify.chosen_of(tx, task_id)
    groups = policy_members.kinds_of(tx, chosen.identities).groups
    view.selected_user_ids = [one for one in chosen.identities if one not in groups]
    view.selected_user_group_ids = sorted(groups)
    view.selected_policy_ids = chosen.policies
    return view


def _summary(row: TaskRow) -> AccessCertificationTaskSummary:
    status = AccessCertificationTaskStatus(row.status)
    complete = status is AccessCertificationTaskStatus.COMPLETE
    return AccessCertificationTaskSummary(
        id=row.id,
        name=row.name,
        description=row.description,
        reviewer=row.reviewer,
        reviewer_id=row.reviewer_id,
        status=status,
        start_date_time_utc=at(row.started_at),
        completed_date_time_utc=at(row.last_decided_at) if complete else None,
        deadline_date_time_utc=at(row.deadline),
        open_rows=row.open_rows,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def _row(row: CertifiedRow) -> AccessCertificationTaskRowDetail:
    return AccessCertificationTaskRowDetail(
        id=row.id,
        user_name=row.user_name,
        status=AccessCertificationTaskRowStatus(row.status),
        access_control_policy=row.policy_name,
        resource=row.resource_name,
        credential=row.credential_name,
        activity=row.activity_name,
        group_name=row.group_name,
        last_accessed_date_time_utc=at(row.last_start) or NEVER,
        connection_profile=row.profile_name,
        notes=row.notes,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.decided_at or row.created_at),
        user_id=row.identity_id,
        access_policy_id=row.policy_id,
        resource_id=row.resource_id,
        credential_id=row.credential_id,
        activity_id=row.activity_id,
    )
