"""/api/locum/v1/AccessControlPolicy/Explain: not in the published contract."""

from __future__ import annotations

import msgspec

from locum.api.context import Call
from locum.api.guards import ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.policy_explanation import ExplainQuery, Explanation
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden, Invalid
from locum.kit.permissions import Permission
from locum.policies.ask import answer
from locum.policies.expectations import Question


@operation(
    "AccessControlPolicy.Explain",
    "GET /api/locum/v1/AccessControlPolicy/Explain",
    who=ADMIN_OR_APP,
    permission=Permission.POLICIES_POLICY_READ,
    problems=(400, 404),
    summary="Whether somebody may do an activity on a resource, or know a credential's secret, now, and why",
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
            credential=asked.credential,
            policy=asked.policy,
            note=asked.note or "",
            ticket=asked.ticket or "",
            answers=_answers(asked.answers),
            address=asked.address,
            at=asked.at,
        ),
        credentials=key.credentials if key else None,
    )
    return Explanation.from_row(found)


def _answers(text: str | None) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str]) if text else {}
    except msgspec.MsgspecError:
        raise Invalid("answers must be a JSON object of texts", field="answers") from None
