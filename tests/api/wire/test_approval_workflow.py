"""Bodies of approval workflows."""

from __future__ import annotations

import msgspec

from locum.api.wire.approval_workflow import WorkflowIn


def test_a_tier_wants_one_yes_and_escalates_after_ten_minutes() -> None:
    read = msgspec.json.decode(b'{"name":"w","approvalWorkflowTiers":[{}]}', type=WorkflowIn)
    (tier,) = read.approval_workflow_tiers
    assert (tier.required_approval_count, tier.escalation_timeout, read.self_approval) == (1, 10, False)
