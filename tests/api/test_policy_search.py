"""Which policies a person, a resource or a group is in, over the API."""

from __future__ import annotations

from uuid import uuid4

import pytest

from estate import POLICIES, Estate, made, problem
from locum.sessions.lifecycle import Status

pytestmark = pytest.mark.anyio


async def friends(estate: Estate) -> str:
    """A group that Eve is in."""
    group = made(await estate.admin.post("/api/v1/ManagedAccountGroup", {"name": "friends"}))["id"]
    made(await estate.admin.post(f"/api/v1/ManagedAccountGroup/{group}/ManagedAccount", [estate.ids["eve"]]))
    return str(group)


@pytest.mark.sees_effect("AccessControlPolicy.FindPolicies", "AccessControlPolicy.FindResourcePolicies")
async def test_of_a_person_and_of_a_resource(estate: Estate) -> None:
    group = await friends(estate)
    web = made(await estate.admin.post("/api/v1/ManagedResourceGroup", {"name": "web"}))["id"]
    made(await estate.admin.post(f"/api/v1/ManagedResourceGroup/{web}/ManagedResource", [estate.ids["web01"]]))
    lists = {"managedAccountIds": [], "managedAccountGroupIds": [group], "managedResourceIds": []}
    view = await estate.policy("by groups", **lists, managedResourceGroupIds=[web], priority=9)
    path = f"{POLICIES}/ManagedAccount/{estate.ids['eve']}/ManagedResource/{estate.ids['web01']}"
    assert await estate.get(estate.admin, path) == [view]
    assert view["managedResourceGroupIds"] == [web]
    path = f"{POLICIES}/ManagedResource/{estate.ids['web01']}"
    page = await estate.get(estate.admin, path)
    assert ([row["name"] for row in page["data"]], page["recordsTotal"]) == (["admins", "by groups"], 2)
    assert page["data"][1] == view
    direct = await estate.get(estate.callers.application("robot"), path, directOnly=True)
    assert [row["name"] for row in direct["data"]] == ["admins"]
    for wrong in (
        f"ManagedAccount/{uuid4()}/ManagedResource/{estate.ids['web01']}",
        f"ManagedAccount/{estate.ids['eve']}/ManagedResource/{uuid4()}",
        f"ManagedResource/{uuid4()}",
    ):
        problem(await estate.admin.get(f"{POLICIES}/{wrong}"), 404)
        problem(await estate.ada.get(f"{POLICIES}/{wrong}"), 403)


@pytest.mark.sees_effect(
    "AccessControlPolicy.SearchPoliciesForAccountGroupAsync",
    "AccessControlPolicy.GetPolicyCandidatesForAccountGroupAsync",
)
async def test_of_a_group(estate: Estate) -> None:
    group = await friends(estate)
    candidates = f"{POLICIES}/ManagedAccountGroup/Candidates"
    page = await estate.get(estate.admin, candidates, managedAccountGroupId=group)
    (row,) = page["data"]
    assert (row["id"], row["connectionProfileName"], row["policyTypeName"]) == (
        estate.ids["admins"], "Default", "Resource",
    )  # fmt: skip
    made(
        await estate.admin.put(
            f"{POLICIES}/{estate.ids['admins']}",
            {"managedAccountGroupIds": [group], "managedAccountIds": [estate.ids["ada"], estate.ids["eve"]]},
        )
    )
    assert (await estate.get(estate.admin, candidates, managedAccountGroupId=group))["recordsTotal"] == 0
    assert (await estate.get(estate.admin, candidates, policyType="Credential"))["recordsTotal"] == 0
    session = (await estate.ask(estate.eve))["id"]
    estate.become(session, Status.ACTIVE)
    path = f"{POLICIES}/ManagedAccountGroup/{group}"
    page = await estate.get(estate.admin, path, includeLastRun=True)
    shell, sudo = page["data"]
    assert (sudo["name"], sudo["policyName"], sudo["managedAccountGroupId"]) == ("Linux sudo", "admins", group)
    assert sudo["latestSessionActualStartUtc"] is not None
    assert shell["latestSessionActualStartUtc"] is None
    page = await estate.get(estate.admin, path, filterText="sudo")
    assert [row["latestSessionActualStartUtc"] for row in page["data"]] == [None]
    for wrong in (estate.ids["eve"], uuid4()):
        problem(await estate.admin.get(f"{POLICIES}/ManagedAccountGroup/{wrong}"), 404)
        problem(await estate.admin.get(candidates, managedAccountGroupId=str(wrong)), 404)
        problem(await estate.ada.get(f"{POLICIES}/ManagedAccountGroup/{wrong}"), 403)
