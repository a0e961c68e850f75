"""An explanation on the wire: every part of it in camel case, and nothing where there is nothing."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.api.wire.base import encoder
from locum.api.wire.policy_explanation import Explanation
from locum.policies.explain import Considered, Near, Way
from locum.policies.explain import Explanation as Row


def test_all_of_it_is_sent() -> None:
    one = UUID(int=1)
    considered = Considered(one, "p", 3, [Way("Ann", "ops")], [], [], [Way("deploy")], "no", "notes")
    row = Row("denied", "no", "notes", "p", [considered], [Near(one, "q", ["activity"])])
    assert msgspec.json.decode(encoder.encode(Explanation.from_row(row))) == {
        "outcome": "denied",
        "reason": "no",
        "missing": "notes",
        "policy": "p",
        "considered": [
            {
                "policyId": str(one), "policy": "p", "priority": 3, "person": [{"name": "Ann", "via": "ops"}],
                "activity": [], "resource": [], "credential": [{"name": "deploy", "via": None}],
                "refusal": "no", "missing": "notes",
            }
        ],
        "near": [{"policyId": str(one), "policy": "q", "missing": ["activity"]}],
    }  # fmt: skip
