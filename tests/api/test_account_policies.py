"""One person or group in several policies, over the API."""

from __future__ import annotations

from uuid import uuid4

import pytest

from estate import ACCOUNTS, POLICIES, Estate, made, problem

pytestmark = pytest.mark.anyio


async def joining(estate: Estate, field: str, identity_id: str) -> list[str]:
    """The names of the policies that say they join somebody."""
    found = await estate.get(estate.admin, POLICIES)
    return [view["name"] for view in found if identity_id in view[field]]


@pytest.mark.sees_effect(
    "AccessControlPolicy.AddManagedAccountToMultiplePoliciesAsync",
    "AccessControlPolicy.RemoveManagedAccountFromMultiplePoliciesAsync",
)
async def test_a_person(estate: Estate) -> None:
    eve, second = estate.ids["eve"], (await estate.policy("second"))["id"]
    both = [estate.ids["admins"], second]
    answer = await estate.admin.post(f"{POLICIES}/AddManagedAccountToMultiplePolicies/{eve}", both)
    assert (answer.status_code, answer.json()) == (200, eve)
    assert await joining(estate, "managedAccountIds", eve) == ["admins", "second"]
    (row,) = (await estate.get(estate.admin, f"{ACCOUNTS}/Search", filterText="eve"))["data"]
    assert row["accessPolicyCount"] == 2
    path = f"{POLICIES}/RemoveManagedAccountFromMultiplePolicies/{eve}"
    problem(await estate.admin.post(path, [second, str(uuid4())]), 400)
    assert await joining(estate, "managedAccountIds", eve) == ["admins", "second"]
    assert (await estate.admin.post(path, [second])).json() == eve
    assert await joining(estate, "managedAccountIds", eve) == ["admins"]


@pytest.mark.sees_effect(
    "AccessControlPolicy.AddManagedAccountGroupToMultiplePoliciesAsync",
    "AccessControlPolicy.RemoveManagedAccountGroupFromMultiplePoliciesAsync",
    "AccessControlPolicy.RemoveManagedGroupAccountFromAllPolicies",
)
async def test_a_group(estate: Estate) -> None:
    ids = [(await estate.policy(name))["id"] for name in ("p1", "p2", "p3")]
    group = made(await estate.admin.post("/api/v1/ManagedAccountGroup", {"name": "friends"}))["id"]
    made(await estate.admin.post(f"/api/v1/ManagedAccountGroup/{group}/ManagedAccount", [estate.ids["eve"]]))
    cards = f"{POLICIES}/ActivityCardWithPolicies"
    answer = await estate.admin.post(f"{POLICIES}/AddManagedAccountGroupToMultiplePolicies/{group}", ids)
    assert (answer.status_code, answer.json()) == (200, group)
    (card,) = (await estate.get(estate.eve, cards))["data"]
    assert [info["policyName"] for info in card["policies"]] == ["p1", "p2", "p3"]
    path = f"{POLICIES}/RemoveManagedAccountGroupFromMultiplePolicies/{group}"
    assert (await estate.admin.post(path, ids[:1])).status_code == 200
    (card,) = (await estate.get(estate.eve, cards))["data"]
    assert [info["policyName"] for info in card["policies"]] == ["p2", "p3"]
    answer = await estate.admin.http.delete(f"{POLICIES}/ManagedGroupAccount/{group}")
    assert [view["name"] for view in answer.json()] == ["p2", "p3"]
    assert (await estate.get(estate.eve, cards))["data"] == []
    assert await joining(estate, "managedAccountGroupIds", group) == []


async def test_what_cannot_be(estate: Estate) -> None:
    eve, here = estate.ids["eve"], [estate.ids["admins"]]
    group = made(await estate.admin.post("/api/v1/ManagedAccountGroup", {"name": "friends"}))["id"]
    for verb, wrong in (("ManagedAccount", group), ("ManagedAccountGroup", eve), ("ManagedAccount", uuid4())):
        problem(await estate.admin.post(f"{POLICIES}/Add{verb}ToMultiplePolicies/{wrong}", here), 404)
        problem(await estate.admin.post(f"{POLICIES}/Remove{verb}FromMultiplePolicies/{wrong}", here), 404)
    problem(await estate.admin.http.delete(f"{POLICIES}/ManagedGroupAccount/{eve}"), 404)
    problem(
        await estate.admin.post(f"{POLICIES}/AddManagedAccountToMultiplePolicies/{eve}", [*here, str(uuid4())]),
        400,
    )
    assert await joining(estate, "managedAccountIds", eve) == []
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.post(f"{POLICIES}/AddManagedAccountToMultiplePolicies/{eve}", here), 403)
