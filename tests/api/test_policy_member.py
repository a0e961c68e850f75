"""Members of policies over the API: what is put in is seen elsewhere, and so is what is taken out."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from estate import CREDENTIALS, POLICIES, RESOURCES, SERVICE_PASSWORD, SESSIONS, Estate, made, problem

pytestmark = pytest.mark.anyio

CARDS = f"{POLICIES}/ActivityCardWithPolicies"


async def counts(estate: Estate, path: str, *entries: dict[str, Any]) -> tuple[int, int]:
    """What an administrator's bulk change of the policy `admins` answers."""
    view = made(await estate.admin.put(f"{POLICIES}/{estate.ids['admins']}/{path}", list(entries)))
    return view["item1"], view["item2"]


async def members(estate: Estate, field: str, policy_id: str | None = None) -> list[str]:
    view = await estate.get(estate.admin, f"{POLICIES}/{policy_id or estate.ids['admins']}")
    return list(view[field])


@pytest.mark.sees_effect(
    "AccessControlPolicy.AddMultipleManagedAccountsToPolicy",
    "AccessControlPolicy.RemoveMultipleManagedAccountsFromPolicy",
)
async def test_who_is_put_in_may_ask(estate: Estate) -> None:
    body = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    problem(await estate.eve.post(SESSIONS, body), 403)
    group = made(await estate.admin.post("/api/v1/ManagedAccountGroup", {"name": "friends"}))["id"]
    eve, friends = {"id": estate.ids["eve"], "ENTITYTYPE": 4}, {"id": group, "entityType": "ManagedAccountGroup"}
    assert await counts(estate, "ManagedAccount", eve, friends, {"id": str(uuid4())}) == (2, 1)
    assert await counts(estate, "ManagedAccount", eve) == (0, 0)
    assert await members(estate, "managedAccountGroupIds") == [group]
    made(await estate.eve.post(SESSIONS, body), 201)
    assert await counts(estate, "ManagedAccount/Remove", eve, friends, {"id": str(uuid4())}) == (2, 1)
    problem(await estate.eve.post(SESSIONS, body), 403)
    assert await members(estate, "managedAccountGroupIds") == []
    assert estate.audited("policy.member_added", estate.ids["admins"]) == 2
    assert estate.audited("policy.member_removed", estate.ids["admins"]) == 2


@pytest.mark.sees_effect(
    "AccessControlPolicy.AddMultipleActivitiesToPolicy", "AccessControlPolicy.RemoveMultipleActivitiesFromPolicy"
)
async def test_activities_and_groups_of_them(estate: Estate) -> None:
    sudo, shell = ({"id": estate.ids[name], "entityType": 0} for name in ("Linux sudo", "Linux shell"))
    assert await counts(estate, "Activity/Remove", sudo, shell) == (2, 0)
    assert (await estate.get(estate.ada, CARDS))["data"] == []
    both = made(await estate.admin.post("/api/v1/ActivityGroup", {"name": "both"}))["id"]
    made(await estate.admin.post(f"/api/v1/ActivityGroup/{both}/Activity", [shell["id"]]))
    group = {"id": both, "entityType": "ActivityGroup"}
    assert await counts(estate, "Activity", sudo, group, {"id": both}) == (2, 1)
    names = [row["name"] for row in (await estate.get(estate.ada, CARDS))["data"]]
    assert names == ["Linux shell", "Linux sudo"]
    view = await estate.get(estate.admin, f"{POLICIES}/{estate.ids['admins']}")
    assert ([row["name"] for row in view["activities"]], view["activityGroupIds"]) == (["Linux sudo"], [both])
    assert [row["name"] for row in view["activityGroups"]] == ["both"]
    assert await counts(estate, "Activity/Remove", group) == (1, 0)
    assert [row["name"] for row in (await estate.get(estate.ada, CARDS))["data"]] == ["Linux sudo"]


@pytest.mark.sees_effect(
    "AccessControlPolicy.AddMultipleManagedResourcesToPolicy",
    "AccessControlPolicy.RemoveMultipleManagedResourcesFromPolicy",
)
async def test_resources_and_groups_of_them(estate: Estate) -> None:
    targets = f"{POLICIES}/ActivitySessionResources"
    web01 = {"id": estate.ids["web01"], "entityType": "Resource"}
    assert await counts(estate, "ManagedResource/Remove", web01) == (1, 0)
    assert (await estate.get(estate.ada, targets))["recordsTotal"] == 0
    web = made(await estate.admin.post("/api/v1/ManagedResourceGroup", {"name": "web"}))["id"]
    made(await estate.admin.post(f"/api/v1/ManagedResourceGroup/{web}/ManagedResource", [web01["id"]]))
    group = {"id": web, "entityType": 1}
    vault = made(await estate.admin.post(RESOURCES, {"name": "safe", "type": "SecretVault"}))["id"]
    assert await counts(estate, "ManagedResource", group, {"id": vault, "entityType": 2}) == (1, 1)
    assert [row["name"] for row in (await estate.get(estate.ada, targets))["data"]] == ["web01"]
    assert await counts(estate, "ManagedResource/Remove", group) == (1, 0)
    assert (await estate.get(estate.ada, targets))["recordsTotal"] == 0


@pytest.mark.sees_effect(
    "AccessControlPolicy.AddMultipleCredentialsToPolicyAsync",
    "AccessControlPolicy.RemoveMultipleCredentialsFromPolicyAsync",
    "AccessControlPolicy.AddVaultToPolicyMultipleAsync",
    "AccessControlPolicy.RemoveVaultFromPolicyMultipleAsync",
)
async def test_credentials_and_vaults_of_a_credential_based_policy(estate: Estate) -> None:
    secrets = made(await estate.admin.post(POLICIES, {"name": "secrets", "policyType": "Credential"}))["id"]
    login = made(await estate.admin.post(CREDENTIALS, {"username": "deploy", "password": SERVICE_PASSWORD}))["id"]
    user = made(
        await estate.admin.put(
            f"/api/locum/v1/Credential/{login}/ManagedUser",
            {"managedResourceId": estate.ids["web01"], "managedType": "Manual"},
        )
    )["userId"]
    path = f"{POLICIES}/{secrets}/Credential"
    entries = [
        {"id": estate.ids["locum"]},
        {"id": user, "entityType": "HostUser"},
        {"id": str(uuid4())},
        {"id": str(uuid4()), "entityType": 2},
        {"id": str(uuid4()), "entityType": "CredentialGroup"},
    ]
    assert made(await estate.admin.put(path, entries)) == {"item1": 2, "item2": 3}
    assert set(await members(estate, "credentialIds", secrets)) == {login, estate.ids["locum"]}
    assert made(await estate.admin.put(f"{path}/Remove", entries[1:2])) == {"item1": 1, "item2": 0}
    assert await members(estate, "credentialIds", secrets) == [estate.ids["locum"]]
    vault = made(await estate.admin.post(RESOURCES, {"name": "safe", "type": "SecretVault"}))["id"]
    path = f"{POLICIES}/{secrets}/SecretVault"
    assert (await estate.admin.put(path, [vault, vault, estate.ids["web01"]])).json() == 1
    assert await members(estate, "managedResourceIds", secrets) == [vault]
    answer = await estate.admin.http.request("DELETE", path, json=[vault])
    assert (answer.status_code, answer.json()) == (200, 1)
    assert await members(estate, "managedResourceIds", secrets) == []
    plain = f"{POLICIES}/{estate.ids['admins']}"
    problem(await estate.admin.put(f"{plain}/SecretVault", [vault]), 400)
    assert made(await estate.admin.put(f"{plain}/Credential", [{"id": login}])) == {"item1": 0, "item2": 1}


async def test_a_custom_role_s_holder_within_their_bounds(estate: Estate) -> None:
    here = estate.ids["admins"]
    rights = ["policies:users:modify"]
    ann = await estate.holder("ann", rights, policyIds=[here], managedAccountIds=[estate.ids["eve"]])
    eve, root = {"id": estate.ids["eve"]}, {"id": estate.ids["root"]}
    path = f"{POLICIES}/{here}/ManagedAccount"
    assert made(await ann.put(path, [eve])) == {"item1": 1, "item2": 0}
    for entries in ([eve, root], [root], [{"id": str(uuid4())}]):
        detail = problem(await ann.put(path, entries), 403)["detail"]
        assert detail == "this needs the permission policies:users:modify for this identity"
    problem(await ann.put(f"{POLICIES}/{here}/Activity", [{"id": estate.ids["Linux sudo"]}]), 403)
    other = (await estate.policy("other"))["id"]
    problem(await ann.put(f"{POLICIES}/{other}/ManagedAccount", [eve]), 403)
    problem(await ann.put(f"{POLICIES}/{here}/Credential", [{"id": estate.ids["locum"]}]), 403)
    found = await estate.get(ann, f"{POLICIES}/SearchManagedAccountCandidates/{here}")
    assert found["data"] == []
    assert made(await ann.put(f"{path}/Remove", [eve])) == {"item1": 1, "item2": 0}
    found = await estate.get(ann, f"{POLICIES}/SearchManagedAccountCandidates/{here}")
    assert [row["name"] for row in found["data"]] == ["eve"]
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.put(path, [eve]), 403)
    problem(await estate.admin.put(f"{POLICIES}/{uuid4()}/ManagedAccount", [eve]), 404)
    problem(await estate.admin.put(path, [{"entityType": 0}]), 400)
