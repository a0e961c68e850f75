"""What was asked of an approver, on the wire."""

from __future__ import annotations

import msgspec

from locum.api.wire.approval import ApprovalState, ApprovalWorkflowApproval, ApproverType
from locum.api.wire.base import encoder


def test_states_are_numbers() -> None:
    view = ApprovalWorkflowApproval(approval_state=ApprovalState.DENIED, approver_type=ApproverType.ESCALATED)
    sent = msgspec.json.decode(encoder.encode(view))
    assert (sent["approvalState"], sent["approverType"]) == (2, 1)
