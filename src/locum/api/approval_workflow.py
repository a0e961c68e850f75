"""/api/v1/ApprovalWorkflow: what approvers are asked about. Not in the published contract (APR-04)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.session_view import shown_all
from locum.api.wire.approval import ApprovalWorkflowApproval
from locum.api.wire.base import In, at
from locum.api.wire.enums import ApprovalState, ApproverType
from locum.identities.caller import Caller
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound
from locum.kit.permissions import Permission
from locum.reads.approvals import ApprovalRow, approvals, asked_of, sessions_of
from locum.sessions import transition


class ApprovalQuery(In):
    activity_session_id: UUID | None = None


@operation(
    "ApprovalWorkflow.GetApprovals",
    "GET /api/v1/ApprovalWorkflow/Approval",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404,),
    summary="What was asked about one request and what approvers said; without an id, what waits for the caller",
)
def get_approvals(tx: ReadTx, call: Call[None, ApprovalQuery, None]) -> list[ApprovalWorkflowApproval]:
    session_id, caller = call.query.activity_session_id, call.caller
    key_policies = caller.key.policies if caller.key else None
    if session_id is None:
        rows = asked_of(tx, caller.identity_id, policies=key_policies)
    else:
        rows = _of_one(tx, caller, session_id)
    views = {view.id: view for view in shown_all(tx, sessions_of(tx, rows))}
    return [
        ApprovalWorkflowApproval(
            id=row.id,
            modified_by_user_name=row.decided_by_name,
            modified_from_address=row.decided_from,
            modified_by=row.approver_id if row.decided_at else None,
            approval_state=ApprovalState(row.state),
            activity_session_id=row.session_id,
            activity_session=views[row.session_id],
            approval_workflow_tier_id=row.tier_id,
            approver_account_id=row.approver_id,
            approver_type=ApproverType(row.voice),
            approver_notes=row.notes,
            created_date_time_utc=at(row.created_at),
            modified_date_time_utc=at(row.decided_at or row.created_at),
        )
        for row in rows
    ]


def _of_one(tx: ReadTx, caller: Caller, session_id: UUID) -> list[ApprovalRow]:
    """For who asked, who is or was asked about it, and administrators; to others there is none (SEC-12)."""
    session = transition.get(tx, session_id)
    rows = approvals(tx, session_id)
    manages = Permission.SESSIONS_ANY_MANAGE in caller.permissions
    concerned = {session.identity_id, *(row.approver_id for row in rows)}
    other_policy = caller.key is not None and not caller.key.has_policy(session.policy_id)
    if other_policy or not (manages or caller.identity_id in concerned):
        raise NotFound("no such session")
    return rows
