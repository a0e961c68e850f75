"""What a policy joins and could join, over the API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from account_calls import application
from estate import CREDENTIALS, POLICIES, RESOURCES, SERVICE_PASSWORD, Estate, made, problem

pytestmark = pytest.mark.anyio


async def names(estate: Estate, what: str, policy_id: str | None = None, **query: Any) -> list[str]:
    """The names, as the administrator sees them."""
    page = await estate.get(estate.admin, f"{POLICIES}/Search{what}/{policy_id or estate.ids['admins']}", **query)
    assert page["recordsTotal"] >= len(page["data"])
    return [row.get("username") or row["name"] for row in page["data"]]


@pytest.mark.sees_effect(
    "AccessControlPolicy.SearchActivitiesAsync",
    "AccessControlPolicy.SearchActivityCandidatesAsync",
    "AccessControlPolicy.GetActivityLookupForPolicyAsync",
)
async def test_activities(estate: Estate) -> None:
    group = made(await estate.admin.post("/api/v1/ActivityGroup", {"name": "both", "description": "of them"}))[
        "id"
    ]
    assert await names(estate, "Activities") == ["Linux shell", "Linux sudo"]
    assert await names(estate, "Activities", filterText="SUDO") == ["Linux sudo"]
    assert "both" in await names(estate, "ActivityCandidates")
    assert await names(estate, "ActivityCandidates", entityType=1) == ["both"]
    entries = [{"id": group, "entityType": 1}]
    made(await estate.admin.put(f"{POLICIES}/{estate.ids['admins']}/Activity", entries))
    page = await estate.get(
        estate.admin, f"{POLICIES}/SearchActivities/{estate.ids['admins']}", entityType="ActivityGroup"
    )
    assert page["data"] == [{"id": group, "name": "both", "description": "of them", "entityType": 1}]
    lookup = await estate.get(estate.admin, f"{POLICIES}/Lookup/{estate.ids['admins']}/Activity")
    assert lookup == {estate.ids[name]: name for name in ("Linux shell", "Linux sudo")}


@pytest.mark.sees_effect(
    "AccessControlPolicy.SearchResourcesAsync",
    "AccessControlPolicy.SearchResourceCandidatesAsync",
    "AccessControlPolicy.GetResourceLookupForPolicyAsync",
)
async def test_resources(estate: Estate) -> None:
    vault = made(await estate.admin.post(RESOURCES, {"name": "safe", "type": "SecretVault"}))["id"]
    secrets = made(await estate.admin.post(POLICIES, {"name": "secrets", "policyType": 1}))["id"]
    web = made(await estate.admin.post("/api/v1/ManagedResourceGroup", {"name": "web"}))["id"]
    assert await names(estate, "Resources") == ["web01"]
    assert await names(estate, "ResourceCandidates") == ["web"]
    assert await names(estate, "ResourceCandidates", secrets) == ["safe"]
    made(await estate.admin.put(f"{POLICIES}/{secrets}/SecretVault", [vault]))
    (row,) = (await estate.get(estate.admin, f"{POLICIES}/SearchResources/{secrets}"))["data"]
    assert (row["id"], row["entityType"], row["secretVaultId"]) == (vault, 2, vault)
    await estate.ask()
    path = f"{POLICIES}/SearchResources/{estate.ids['admins']}"
    (row,) = (await estate.get(estate.admin, path, entityType=0, orderBy="dnsHostName"))["data"]
    assert (row["name"], row["os"], row["activeSessionCount"]) == ("web01", "Linux", 0)
    made(
        await estate.admin.put(
            f"{POLICIES}/{estate.ids['admins']}/ManagedResource", [{"id": web, "entityType": 1}]
        )
    )
    lookup = await estate.get(estate.admin, f"{POLICIES}/Lookup/{estate.ids['admins']}/Resource")
    assert lookup == {"item1": 1, "item2": 1}


@pytest.mark.sees_effect(
    "AccessControlPolicy.SearchCredentialsAsync",
    "AccessControlPolicy.SearchCredentialCandidatesAsync",
    "AccessControlPolicy.GetCredentialLookupForPolicyAsync",
)
async def test_credentials(estate: Estate) -> None:
    secrets = made(await estate.admin.post(POLICIES, {"name": "secrets", "policyType": 1}))["id"]
    login = made(await estate.admin.post(CREDENTIALS, {"username": "deploy", "password": SERVICE_PASSWORD}))["id"]
    assert await names(estate, "CredentialCandidates", secrets) == ["deploy", "locum"]
    assert await names(estate, "Credentials", secrets) == []
    made(await estate.admin.put(f"{POLICIES}/{secrets}/Credential", [{"id": login}]))
    assert await names(estate, "CredentialCandidates", secrets, take=1) == ["locum"]
    path = f"{POLICIES}/SearchCredentials/{secrets}"
    (row,) = (await estate.get(estate.admin, path))["data"]
    assert (row["id"], row["policyId"], row["username"], row["userId"]) == (login, secrets, "deploy", None)
    assert SERVICE_PASSWORD not in (await estate.admin.get(path)).text
    assert await names(estate, "Credentials", secrets, entityType="HostUser") == []
    assert await estate.get(estate.admin, f"{POLICIES}/Lookup/{secrets}/Credential") == {login: "deploy"}
    robot = await application(estate.admin, "robot")
    for bounds, expected in (({"credentials": [estate.ids["locum"]]}, []), ({}, ["deploy"])):
        key = made(await estate.admin.post(f"/api/locum/v1/Application/{robot}/ApiKey", bounds), 201)["key"]
        page = await estate.get(estate.callers.bearing(key), path)
        assert [row["username"] for row in page["data"]] == expected
    elsewhere = {"policies": [estate.ids["admins"]]}
    key = made(await estate.admin.post(f"/api/locum/v1/Application/{robot}/ApiKey", elsewhere), 201)["key"]
    problem(await estate.callers.bearing(key).get(path), 403)


@pytest.mark.sees_effect(
    "AccessControlPolicy.SearchManagedAccountsAsync",
    "AccessControlPolicy.SearchManagedAccountCandidatesAsync",
    "AccessControlPolicy.GetManagedAccountsAsync",
    "AccessControlPolicy.GetManagedAccountGroupsAsync",
)
async def test_people(estate: Estate) -> None:
    friends = made(await estate.admin.post("/api/v1/ManagedAccountGroup", {"name": "friends"}))["id"]
    around = made(await estate.admin.post("/api/v1/UserAndGroupCollection", {"name": "around"}))["id"]
    assert await names(estate, "ManagedAccounts") == ["ada"]
    assert await names(estate, "ManagedAccountCandidates") == ["around", "eve", "friends", "root"]
    assert await names(estate, "ManagedAccountCandidates", entityType="Collection") == ["around"]
    assert await names(estate, "ManagedAccountCandidates", filterText="fri") == ["friends"]
    here = f"{POLICIES}/{estate.ids['admins']}"
    entries = [{"id": friends, "entityType": 1}, {"id": around, "entityType": 3}]
    assert made(await estate.admin.put(f"{here}/ManagedAccount", entries)) == {"item1": 2, "item2": 0}
    assert await names(estate, "ManagedAccounts", take=2) == ["ada", "around"]
    page = await estate.get(estate.admin, f"{here}/ManagedAccount")
    kinds = [(row["name"], row["entityType"]) for row in page["data"]]
    assert (kinds, page["recordsTotal"]) == ([("ada", 4), ("around", 3), ("friends", 1)], 3)
    (row,) = await estate.get(estate.admin, f"{here}/ManagedAccountGroup")
    assert (row["id"], row["name"], row["type"]) == (friends, "friends", 0)


async def test_scopes_and_refusals(estate: Estate) -> None:
    here, other = estate.ids["admins"], (await estate.policy("other"))["id"]
    made(await estate.admin.post("/api/v1/ActivityGroup", {"name": "both"}))
    ann = await estate.holder("ann", ["policies:activities:modify"], policyIds=[here])
    assert [row["name"] for row in (await estate.get(ann, f"{POLICIES}/SearchActivities/{here}"))["data"]] == [
        "Linux shell",
        "Linux sudo",
    ]
    assert (await estate.get(ann, f"{POLICIES}/SearchManagedAccountCandidates/{here}"))["data"] == []
    candidates = await estate.get(ann, f"{POLICIES}/SearchActivityCandidates/{here}")
    assert [row["name"] for row in candidates["data"]] == ["both", "MySQL login", "PostgreSQL login"]
    for what in ("Activities", "Resources", "ManagedAccounts", "Credentials"):
        for unknown in (other, str(uuid4())):
            problem(await ann.get(f"{POLICIES}/Search{what}/{unknown}"), 403)
        problem(await estate.admin.get(f"{POLICIES}/Search{what}/{uuid4()}"), 404)
        problem(await estate.ada.get(f"{POLICIES}/Search{what}/{here}"), 403)
        problem(await estate.admin.get(f"{POLICIES}/Search{what}/{here}", take=-1), 400)
        problem(await estate.admin.get(f"{POLICIES}/Search{what}/{here}", entityType=9), 400)
