"""/api/locum/v1/AccessControlPolicy/Explain: not in the published contract."""

from __future__ import annotations

from locum.api.context import Call
from locum.api.guards import ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.policy_explanation import ExplainQuery, Explanation
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden
from locum.kit.permissions import Permission
from locum.policies.ask import answer
from locum.policies.expectations import Question


@operation(
    "AccessControlPolicy.Explain",
    "GET /api/locum/v1/AccessControlPolicy/Explain",
    who=ADMIN_OR_APP,
    permission=Permission.POLICIES_POLICY_READ,
    problems=(400, 404),
    summary="Whether somebody may do an activity on a resource now, and why",
)
def explain(tx: ReadTx, call: Call[None, ExplainQuery, None]) -> Explanation:
    key = call.caller.key
    if key is not None and key.policies is not None:
        raise Forbidden("this API key is for listed access policies alone", missing="key scope policy")
    asked = call.query
    found = answer(
        tx,
        Question(
            user=asked.user,
            activity=asked.activity,
            resource=asked.resource,
            policy=asked.policy,
            note=asked.note or "",
            ticket=asked.ticket or "",
        ),
    )
    return Explanation.from_row(found)
