"""Policies over the API: what they join may be asked for, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from account_calls import application
from estate import CREDENTIALS, NIL, POLICIES, SERVICE_PASSWORD, SESSIONS, Estate, made, problem
from locum.policies.model import policy

pytestmark = pytest.mark.anyio


@pytest.mark.sees_effect("AccessControlPolicy.Post")
async def test_whom_it_joins_may_ask(estate: Estate) -> None:
    body = {"activityId": estate.ids["Linux shell"], "managedResourceId": estate.ids["web01"]}
    problem(await estate.eve.post(SESSIONS, body), 403)
    view = await estate.policy(
        "shells", MANAGEDACCOUNTIDS=[estate.ids["eve"]] * 2, activityIds=[estate.ids["Linux shell"], NIL]
    )
    assert view["managedAccountIds"] == [estate.ids["eve"]]
    assert view["managedResourceIds"] == [estate.ids["web01"]]
    assert view["activityIds"] == [estate.ids["Linux shell"]]
    assert (view["approvalTypeRequired"], view["policyType"]) == (1, 0)
    (profile,) = await estate.get(estate.admin, "/api/v1/ConnectionProfile")
    assert view["activityConfigurationId"] == profile["id"]
    assert estate.audited("policy.created", view["id"]) == 1
    assert made(await estate.eve.post(SESSIONS, body), 201)["accessControlPolicyId"] == view["id"]
    problem(await estate.eve.post(SESSIONS, {**body, "activityId": estate.ids["Linux sudo"]}), 403)
    found = await estate.get(estate.admin, "/api/v1/ManagedResource/Search")
    assert found["data"][0]["accessPolicyCount"] == 2


async def test_a_view_may_be_sent_back_as_it_came(estate: Estate) -> None:
    view = await estate.policy("first", description="d", priority=3, notesRequired=True, ticketRequired=True)
    again = made(await estate.admin.post(POLICIES, {**view, "name": "second"}))
    assert again == {**view, "id": again["id"], "name": "second"}
    assert again["id"] != view["id"]


async def test_what_is_wrong_is_said(estate: Estate) -> None:
    for changes, field in (
        ({"name": ""}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"description": "x" * 1001}, "description"),
        ({"managedAccountIds": [str(uuid4())]}, "managedAccountIds"),
        ({"managedResourceIds": [estate.ids["ada"]]}, "managedResourceIds"),
        ({"activityIds": ["Linux sudo"]}, "activityIds"),
        ({"activityConfigurationId": str(uuid4())}, "activityConfigurationId"),
        ({"approvalTypeRequired": "Maybe"}, "approvalTypeRequired"),
        ({"priority": 2**31}, "priority"),
    ):
        body: dict[str, Any] = {"name": "new", **changes}
        assert any(
            name.startswith(field) for name in problem(await estate.admin.post(POLICIES, body), 400)["errors"]
        )
    assert estate.count(policy) == 1


async def test_a_name_is_taken_in_every_spelling_and_at_once(estate: Estate) -> None:
    for name in ("admins", "ADMINS", " Admins"):
        problem(await estate.admin.post(POLICIES, {"name": name}), 409)
    answers = await asyncio.gather(*(estate.admin.post(POLICIES, {"name": "new"}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]


async def test_who_may(estate: Estate) -> None:
    made(await estate.callers.application("robot").post(POLICIES, {"name": "by the robot"}))
    problem(await estate.ada.post(POLICIES, {"name": "mine"}), 403)
    problem(await estate.callers.nobody().post(POLICIES, {"name": "mine"}), 401)


ALL = [
    "policies:activities:modify", "policies:description:modify", "policies:name:modify",
    "policies:profile:modify", "policies:resources:modify", "policies:users:modify",
]  # fmt: skip


@pytest.mark.sees_effect("AccessControlPolicy.Put", "AccessControlPolicy.Get")
async def test_a_changed_policy_is_another_right(estate: Estate) -> None:
    path = f"{POLICIES}/{estate.ids['admins']}"
    body = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    problem(await estate.eve.post(SESSIONS, body), 403)
    view = await estate.get(estate.admin, path)
    assert made(await estate.admin.put(path, view)) == view
    assert estate.audited("policy.changed", view["id"]) == 0
    changed = made(await estate.admin.put(path, {"MANAGEDACCOUNTIDS": [estate.ids["eve"]], "priority": "7"}))
    assert changed == {**view, "managedAccountIds": [estate.ids["eve"]], "priority": 7}
    assert await estate.get(estate.admin, path, ignoreStatus=True) == changed
    assert await estate.get(estate.callers.application("robot"), path) == changed
    made(await estate.eve.post(SESSIONS, body), 201)
    problem(await estate.ada.post(SESSIONS, body), 403)
    assert estate.audited("policy.changed", view["id"]) == 1


async def test_a_view_put_back_changes_what_the_permissions_name_only(estate: Estate) -> None:
    path = f"{POLICIES}/{estate.ids['admins']}"
    ann = await estate.holder("ann", ["policies:name:modify"], policyIds=[estate.ids["admins"]])
    view = await estate.get(ann, path)
    assert made(await ann.put(path, {**view, "name": "renamed"})) == {**view, "name": "renamed"}
    for changes, missing in (
        ({"description": "mine"}, "policies:description:modify for this policy"),
        ({"managedAccountIds": []}, "policies:users:modify for this identity"),
        ({"managedResourceIds": []}, "policies:resources:modify for this resource"),
        ({"activityIds": []}, "policies:activities:modify for this activity"),
        ({"activityConfigurationId": str(uuid4())}, "policies:profile:modify for this policy"),
        ({"priority": 9}, "policies:policy:modify for this policy"),
        ({"approvalTypeRequired": "Deny"}, "policies:policy:modify for this policy"),
        ({"notesRequired": True}, "policies:policy:modify for this policy"),
    ):
        answer = await ann.put(path, {**view, "name": "again", **changes})
        assert problem(answer, 403)["detail"] == f"this needs the permission {missing}"
    assert await estate.get(ann, path) == {**view, "name": "renamed"}
    assert "errors" in problem(await ann.put(path, {"name": 7}), 400)


@pytest.mark.sees_effect("AccessControlPolicy.ListNamesAsync", "AccessControlPolicy.GetRolesForPolicyAsync")
async def test_a_scope_shows_its_own_policies(estate: Estate) -> None:
    here, other = estate.ids["admins"], (await estate.policy("other"))["id"]
    inside = await estate.holder("ann", ["policies:users:modify"], policyIds=[here])
    everywhere = await estate.holder("bob", ALL)
    auditor = await estate.holder("cyn", ["recordings:ended:view"])
    both = [{"id": here, "name": "admins"}, {"id": other, "name": "other"}]
    assert await estate.get(estate.admin, f"{POLICIES}/Names") == both
    assert await estate.get(everywhere, f"{POLICIES}/Names") == both
    assert await estate.get(inside, f"{POLICIES}/Names") == both[:1]
    bobs = {"id": estate.ids["bob-role"], "name": "of bob"}
    for who in (estate.admin, inside):
        roles = await estate.get(who, f"{POLICIES}/RolesForPolicy/{here}")
        assert roles == [{"id": estate.ids["ann-role"], "name": "of ann"}, bobs]
    assert await estate.get(everywhere, f"{POLICIES}/RolesForPolicy/{other}") == [bobs]
    lacks = "this needs the permission policies:policy:read or policies:activities:modify or"
    for path in (f"{POLICIES}/{other}", f"{POLICIES}/RolesForPolicy/{other}"):
        detail = problem(await inside.get(path), 403)["detail"]
        assert detail.startswith(lacks)
        assert detail.endswith("for this policy")
        assert "other" not in detail
        assert problem(await auditor.get(path), 403)["detail"] == detail
        for unknown in (uuid4(), "admins"):
            assert problem(await inside.get(path.replace(other, str(unknown))), 403)["detail"] == detail
        problem(await estate.ada.get(path), 403)
    problem(await inside.put(f"{POLICIES}/{other}", {"name": "x"}), 403)
    problem(await auditor.get(f"{POLICIES}/Names"), 403)
    for who in (estate.admin, everywhere):
        problem(await who.get(f"{POLICIES}/RolesForPolicy/{uuid4()}"), 404)
        problem(await who.get(f"{POLICIES}/{uuid4()}"), 404)


async def test_a_change_that_cannot_be(estate: Estate) -> None:
    path = f"{POLICIES}/{estate.ids['admins']}"
    await estate.policy("taken")
    for changes, status in (
        ({"id": str(uuid4())}, 400),
        ({"name": "x" * 257}, 400),
        ({"managedAccountIds": [str(uuid4())]}, 400),
        ({"activityConfigurationId": str(uuid4())}, 400),
        ({"name": "TAKEN"}, 409),
        ({"policyType": "Credential"}, 409),
    ):
        problem(await estate.admin.put(path, changes), status)
    problem(await estate.admin.put(f"{POLICIES}/{uuid4()}", {"name": "x"}), 404)
    problem(await estate.ada.put(path, {"name": "mine"}), 403)


@pytest.mark.sees_effect(
    "AccessControlPolicy.GetAll", "AccessControlPolicy.PutStatus", "AccessControlPolicy.Delete"
)
async def test_a_disabled_or_deleted_policy_gives_nothing_and_can_come_back(estate: Estate) -> None:
    path, cards = f"{POLICIES}/{estate.ids['admins']}", f"{POLICIES}/ActivityCardWithPolicies"
    body = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}

    robot = estate.callers.application("robot")

    async def names(**query: bool) -> list[str]:
        return [view["name"] for view in await estate.get(robot, POLICIES, **query)]

    assert await names() == ["admins"]
    made(await estate.admin.put(f"{path}/Status", None, ISDISABLED=True))
    problem(await estate.ada.post(SESSIONS, body), 403)
    assert (await estate.get(estate.ada, cards))["recordsTotal"] == 0
    assert (await names(), await names(isDisabled=True), await names(ignoreStatus=True)) == (
        [],
        ["admins"],
        ["admins"],
    )
    made(await estate.admin.put(f"{path}/Status", None, isDisabled=False))
    assert (await estate.get(estate.ada, cards))["recordsTotal"] == 2
    answer = await estate.admin.http.delete(path)
    assert (answer.status_code, answer.content) == (202, b"")
    problem(await estate.ada.post(SESSIONS, body), 403)
    assert (await names(), await names(isDeleted=True)) == ([], ["admins"])
    problem(await estate.admin.get(path), 404)
    assert (await estate.get(estate.admin, path, ignoreStatus=True))["name"] == "admins"
    problem(await estate.admin.http.delete(path), 404)
    made(await estate.admin.put(f"{path}/Status", None, isDeleted=False))
    made(await estate.ada.post(SESSIONS, body), 201)
    for action in ("disabled", "enabled", "deleted", "restored"):
        assert estate.audited(f"policy.{action}", estate.ids["admins"]) == 1
    for stranger in (estate.ada, robot):
        problem(await stranger.http.delete(path), 403)
        problem(await stranger.put(f"{path}/Status", None, isDisabled=True), 403)
    problem(await estate.admin.put(f"{POLICIES}/{uuid4()}/Status", None, isDisabled=True), 404)


@pytest.mark.sees_effect("AccessControlPolicy.CopyAccessControlPolicy")
async def test_a_copy_gives_what_its_original_does(estate: Estate) -> None:
    held = await estate.get(estate.admin, f"{POLICIES}/{estate.ids['admins']}")
    copied = made(await estate.admin.put(f"{POLICIES}/Copy", {**held, "name": "second", "priority": 7}))
    assert (copied["name"], copied["isDisabled"], copied["policyType"]) == ("second", False, 0)
    view = await estate.get(estate.admin, f"{POLICIES}/{copied['id']}")
    assert view == {**held, "id": copied["id"], "name": "second"}
    assert (await estate.admin.http.delete(f"{POLICIES}/{held['id']}")).status_code == 202
    body = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    assert made(await estate.ada.post(SESSIONS, body), 201)["accessControlPolicyId"] == copied["id"]
    for body, status in (
        ({"id": copied["id"], "name": "SECOND"}, 409),
        ({"id": copied["id"]}, 400),
        ({"name": "third"}, 400),
        ({"id": str(uuid4()), "name": "third"}, 404),
    ):
        problem(await estate.admin.put(f"{POLICIES}/Copy", body), status)
    problem(await estate.ada.put(f"{POLICIES}/Copy", {"id": copied["id"], "name": "mine"}), 403)


async def test_a_credential_based_policy(estate: Estate) -> None:
    login = [estate.ids["locum"]]
    lists = {"managedAccountIds": [estate.ids["ada"]], "credentialIds": login}
    view = made(await estate.admin.post(POLICIES, {"name": "secrets", "policyType": "Credential", **lists}))
    assert (view["policyType"], view["credentialIds"], view["activities"]) == (1, login, [])
    again = made(await estate.admin.post(POLICIES, {**view, "name": "again"}))
    assert again == {**view, "id": again["id"], "name": "again"}
    for wrong in ({"activityIds": [estate.ids["Linux sudo"]]}, {"managedResourceIds": [estate.ids["web01"]]}):
        body = {"name": "wrong", "policyType": 1, **wrong}
        assert set(problem(await estate.admin.post(POLICIES, body), 400)["errors"]) == wrong.keys()
    body = {"name": "wrong", "credentialIds": login}
    assert set(problem(await estate.admin.post(POLICIES, body), 400)["errors"]) == {"credentialIds"}
    path = f"{POLICIES}/{view['id']}"
    problem(await estate.admin.put(path, {"policyType": "Resource"}), 409)
    assert made(await estate.admin.put(path, {"credentialIds": []}))["credentialIds"] == []
    # What has no credential left gives nothing; the other one does.
    cards = (await estate.get(estate.ada, f"{POLICIES}/ActivityCardWithPolicies"))["data"]
    given = {card["name"]: [one["policyName"] for one in card["policies"]] for card in cards}
    assert given["Credential Release"] == ["again"]
    assert given.keys() == {"Credential Release", "Linux shell", "Linux sudo"}


async def test_a_key_for_listed_credentials_puts_no_other_into_a_policy(estate: Estate) -> None:
    robot = await application(estate.admin, "robot")
    login = made(await estate.admin.post(CREDENTIALS, {"username": "deploy", "password": SERVICE_PASSWORD}))["id"]
    keys = f"/api/locum/v1/Application/{robot}/ApiKey"
    bounded = estate.callers.bearing(made(await estate.admin.post(keys, {"credentials": [login]}), 201)["key"])
    body = {"name": "secrets", "policyType": 1, "credentialIds": [estate.ids["locum"]]}
    assert problem(await bounded.post(POLICIES, body), 403)["detail"] == "this API key is not for that credential"
    view = made(await bounded.post(POLICIES, {**body, "credentialIds": [login]}))
    problem(await bounded.put(f"{POLICIES}/{view['id']}", {"credentialIds": [login, estate.ids["locum"]]}), 403)
    assert made(await bounded.put(f"{POLICIES}/{view['id']}", {"credentialIds": []}))["credentialIds"] == []
