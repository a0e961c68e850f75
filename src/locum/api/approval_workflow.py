"""/api/v1/ApprovalWorkflow: who is to approve and what of. Not in the published contract (APR-04)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN, SIGNED_IN
from locum.api.operations import operation
from locum.api.session_view import shown_all
from locum.api.wire.approval import ApprovalState, ApprovalWorkflowApproval, ApproverAccount, ApproverType
from locum.api.wire.approval_workflow import ProgressionType, Workflow, WorkflowIn, WorkflowTier
from locum.api.wire.base import In, at
from locum.identities.caller import Caller
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound
from locum.kit.permissions import Permission
from locum.reads.approvals import (
    ApprovalRow,
    Approver,
    WholeWorkflow,
    approvals,
    approvers_of,
    asked_of,
    sessions_of,
    workflows,
)
from locum.reads.sessions import rows_of
from locum.sessions import transition
from locum.sessions.approval_rules import Progression
from locum.sessions.approval_workflow import NewTier, add_workflow, change_workflow, delete_workflow


class WorkflowId(In):
    approval_workflow_id: UUID


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
        rows = asked_about(tx, caller, session_id)
    approvers = {found.id: found for found in approvers_of(tx, rows)}
    views = {view.id: view for view in shown_all(tx, sessions_of(tx, rows))}
    named = {found.id: found for found in rows_of(tx, views)}
    return [
        ApprovalWorkflowApproval(
            id=row.id,
            modified_by_user_name=row.decided_by_name,
            modified_from_address=row.decided_from,
            modified_by=row.approver_id if row.decided_at else None,
            approval_state=ApprovalState(row.state),
            activity_session_id=row.session_id,
            activity_session=views[row.session_id],
            activity_name=named[row.session_id].activity_name,
            managed_resource_name=named[row.session_id].resource_name or named[row.session_id].credential_name,
            approval_workflow_tier_id=row.tier_id,
            approver_account_id=row.approver_id,
            approver_account=_account(approvers[row.approver_id]),
            approver_type=ApproverType(row.voice),
            approver_notes=row.notes,
            created_date_time_utc=at(row.created_at),
            modified_date_time_utc=at(row.decided_at or row.created_at),
        )
        for row in rows
    ]


@operation(
    "ApprovalWorkflow.GetAll",
    "GET /api/v1/ApprovalWorkflow",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_READ,
    summary="Every approval workflow with its tiers, by name, as a bare array",
)
def get_workflows(tx: ReadTx, call: Call[None, None, None]) -> list[Workflow]:
    return [_workflow(found) for found in workflows(tx)]


@operation(
    "ApprovalWorkflow.Post",
    "POST /api/v1/ApprovalWorkflow",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_CREATE,
    problems=(409,),
    audit="approval_workflow.created",
    summary="Make an approval workflow of one to three tiers, asked in the order given",
)
def post_workflow(tx: Tx, call: Call[None, None, WorkflowIn]) -> Workflow:
    body = call.body
    made = add_workflow(
        tx, call.caller.actor, name=body.name, tiers=_tiers(body), self_approval=body.self_approval
    )
    (whole,) = workflows(tx, made.id)
    return _workflow(whole)


@operation(
    "ApprovalWorkflow.Put",
    "PUT /api/v1/ApprovalWorkflow/{approvalWorkflowId}",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404, 409),
    audit="approval_workflow.changed",
    summary="Replace an approval workflow; with other tiers, requests that wait are asked anew from the first",
)
def put_workflow(tx: Tx, call: Call[WorkflowId, None, WorkflowIn]) -> Workflow:
    body, workflow_id = call.body, call.params.approval_workflow_id
    change_workflow(
        tx,
        call.caller.actor,
        workflow_id,
        name=body.name,
        tiers=_tiers(body),
        self_approval=body.self_approval,
    )
    tx.after_commit.append(call.api.changed.ring)
    (whole,) = workflows(tx, workflow_id)
    return _workflow(whole)


@operation(
    "ApprovalWorkflow.Delete",
    "DELETE /api/v1/ApprovalWorkflow/{approvalWorkflowId}",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404, 409),
    audit="approval_workflow.deleted",
    summary="Take an approval workflow out of use, unless a connection profile or a request depends on it",
)
def delete_approval_workflow(tx: Tx, call: Call[WorkflowId, None, None]) -> None:
    delete_workflow(tx, call.caller.actor, call.params.approval_workflow_id)


def _account(row: Approver) -> ApproverAccount:
    return ApproverAccount(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        locked=row.locked,
        user_id=row.id,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def _tiers(body: WorkflowIn) -> list[NewTier]:
    return [
        NewTier(
            tuple(one.approval_workflow_approver_account_id for one in tier.approval_workflow_tier_approvers),
            tier.required_approval_count,
            tier.escalation_timeout,
            tier.escalation_approver_account_id,
            Progression(tier.progression_type),
        )
        for tier in body.approval_workflow_tiers
    ]


def _workflow(found: WholeWorkflow) -> Workflow:
    return Workflow(
        id=found.workflow.id,
        name=found.workflow.name,
        self_approval=found.workflow.self_approval,
        approval_workflow_tiers=[
            WorkflowTier(
                id=tier.id,
                tier_number=tier.number,
                progression_type=ProgressionType(tier.progression),
                required_approval_count=tier.required,
                escalation_timeout=tier.escalation_minutes,
                escalation_approver_account_id=tier.escalation_id,
                approver_account_ids=approvers,
            )
            for tier, approvers in found.tiers
        ],
    )


def asked_about(tx: ReadTx, caller: Caller, session_id: UUID) -> list[ApprovalRow]:
    """For who asked, who is or was asked about it, and administrators; to others there is none (SEC-12)."""
    session = transition.get(tx, session_id)
    rows = approvals(tx, session_id)
    manages = Permission.SESSIONS_ANY_MANAGE in caller.permissions
    concerned = {session.identity_id, *(row.approver_id for row in rows)}
    other_policy = caller.key is not None and not caller.key.has_policy(session.policy_id)
    if other_policy or not (manages or caller.identity_id in concerned):
        raise NotFound("no such session")
    return rows
