"""Who asks, and what they asked for before: for who decides about it, and nobody else."""

from __future__ import annotations

import pytest

from estate import SESSIONS, Estate, made, problem

pytestmark = pytest.mark.anyio


@pytest.mark.sees_effect("ActivitySession.Requester")
async def test_earlier_requests_are_shown_to_who_is_asked(estate: Estate) -> None:
    workflow = {"name": "w", "approvalWorkflowTiers": [
        {"approvalWorkflowTierApprovers": [{"approvalWorkflowApproverAccountId": estate.ids["eve"]}]}
    ]}  # fmt: skip
    kept = made(await estate.admin.post("/api/v1/ApprovalWorkflow", workflow))["id"]
    profile = made(await estate.admin.post(
        "/api/v1/ConnectionProfile", {"name": "asked", "approvalTypeRequired": 2, "approvalWorkflowId": kept}
    ))["id"]  # fmt: skip
    asked = await estate.policy("asked", activityConfigurationId=profile)
    denied = (await estate.ask(note="let me", accessPolicyId=asked["id"]))["id"]
    assert (await estate.eve.post(f"{SESSIONS}/{denied}/Deny", "not today")).status_code == 200
    waits = (await estate.ask(note="once more", accessPolicyId=asked["id"]))["id"]
    await estate.ask(note="a later one")

    path = f"/api/locum/v1/ActivitySession/{waits}/Requester"
    found = await estate.get(estate.eve, path)
    assert (found["name"], found["earlierTotal"], found["deniedTotal"], found["failedTotal"]) == ("ada", 1, 1, 0)
    (earlier,) = found["earlier"]
    assert (earlier["id"], earlier["sessionStatus"], earlier["note"]) == (denied, 6, "let me")
    for who in (estate.admin, estate.ada):
        assert await estate.get(who, path) == found
    other = made(await estate.admin.post("/api/v1/ManagedResource", {"name": "db9", "ipAddress": "192.0.2.9"}))
    await estate.policy("there", managedResourceIds=[other["id"]])
    elsewhere = (await estate.ask(managedResourceId=other["id"]))["id"]
    there = await estate.get(estate.admin, f"/api/locum/v1/ActivitySession/{elsewhere}/Requester")
    assert (there["earlierTotal"], there["earlier"]) == (0, [])
    problem(await estate.callers.application("robot").get(path), 404)
    problem(await estate.callers.person("mallory").get(path), 404)
