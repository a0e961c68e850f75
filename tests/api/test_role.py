"""Roles over the API: custom ones do what they say, built-in ones stay what they are."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from estate import ACCOUNTS, CREDENTIALS, POLICIES, ROLES, SERVICE_PASSWORD, Estate, made, problem
from locum.identities.model import custom_role
from locum.kit.permissions import Permission

pytestmark = pytest.mark.anyio

NAMES = "policies:name:modify"


async def built_in(estate: Estate) -> dict[str, dict[str, Any]]:
    rows = await estate.get(estate.admin, ROLES)
    return {row["name"]: row for row in rows if row["isBuiltIn"]}


@pytest.mark.sees_effect("Role.Create", "Role.AddMember", "Role.RemoveMember")
async def test_a_role_is_had_while_one_is_a_member(estate: Estate) -> None:
    policy = f"{POLICIES}/{estate.ids['admins']}"
    problem(await estate.eve.put(policy, {"name": "mine"}), 403)
    role_id = await estate.role("names", [NAMES], policyIds=[estate.ids["admins"]])
    problem(await estate.eve.put(policy, {"name": "mine"}), 403)
    member = f"{ROLES}/{role_id}/Member/{estate.ids['eve']}"
    for _ in range(2):
        made_empty(await estate.admin.put(member))
    assert made(await estate.eve.put(policy, {"name": "mine"}))["name"] == "mine"
    refused = problem(await estate.eve.put(policy, {"description": "x"}), 403)
    assert refused["detail"] == "this needs the permission policies:description:modify for this policy"
    made_empty(await estate.admin.http.delete(member))
    problem(await estate.eve.put(policy, {"name": "yours"}), 403)
    for action in ("role.member_added", "role.member_removed"):
        assert estate.audited(action, estate.ids["eve"]) == 1
    assert estate.audited("role.created", role_id) == 1


def made_empty(answer: Any) -> None:
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.sees_effect("Role.Change", "Role.Delete", "Role.Get")
async def test_a_change_and_the_end_of_a_role_count_at_once(estate: Estate) -> None:
    other = (await estate.policy("other"))["id"]
    ann = await estate.holder("ann", [NAMES], policyIds=[estate.ids["admins"]])
    role = f"{ROLES}/{estate.ids['ann-role']}"
    assert [row["name"] for row in await estate.get(ann, f"{POLICIES}/Names")] == ["admins"]
    view = made(await estate.admin.put(role, {"policyIds": [other], "description": "others"}))
    assert (view["name"], view["permissions"], view["policyIds"], view["description"]) == (
        "of ann", [NAMES], [other], "others",
    )  # fmt: skip
    assert [row["name"] for row in await estate.get(ann, f"{POLICIES}/Names")] == ["other"]
    assert await estate.get(estate.admin, role) == {**view, "memberCount": 1}
    again = made(await estate.admin.put(role, view))
    assert {**again, "modifiedDateTimeUtc": None} == {**view, "modifiedDateTimeUtc": None}
    problem(await estate.admin.put(role, {"target": "recordings"}), 409)
    made_empty(await estate.admin.http.delete(role))
    assert problem(await ann.get(f"{POLICIES}/Names"), 403)["detail"].startswith("this needs one of the roles")
    problem(await estate.admin.get(role), 404)
    assert estate.count(custom_role) == 0
    for action in ("role.changed", "role.deleted"):
        assert estate.audited(action, estate.ids["ann-role"]) == (2 if action == "role.changed" else 1)


@pytest.mark.sees_effect("Role.GetAll", "Role.GetMembers")
async def test_the_list_has_both_kinds_and_counts(estate: Estate) -> None:
    await estate.holder("ann", ["credentials:password:view"], credentialIds=[estate.ids["locum"]])
    rows = await estate.get(estate.admin, ROLES)
    assert [(row["name"], row["isBuiltIn"], row["memberCount"]) for row in rows] == [
        ("Administrator", True, 1),
        ("User", True, 3),
        ("Reviewer", True, 0),
        ("App", True, 0),
        ("of ann", False, 1),
    ]
    of_ann = await estate.get(estate.admin, ROLES, identityId=estate.ids["ann"])
    assert [row["name"] for row in of_ann] == ["User", "of ann"]
    problem(await estate.admin.get(ROLES, identityId=str(uuid4())), 404)
    assert rows[0]["permissions"] == sorted(Permission)
    assert (rows[-1]["target"], rows[-1]["credentialIds"]) == ("credentials", [estate.ids["locum"]])
    assert [row["id"] for row in rows[:4]] == [row["id"] for row in await estate.get(estate.admin, ROLES)][:4]
    members = f"{ROLES}/{rows[-1]['id']}/Member"
    ann = {"memberId": estate.ids["ann"], "memberName": "ann", "memberType": 4}
    assert await estate.get(estate.admin, members) == {"data": [ann], "recordsTotal": 1}
    users = await estate.get(estate.admin, f"{ROLES}/{rows[1]['id']}/Member", orderBy="memberName", take=2)
    assert ([row["memberName"] for row in users["data"]], users["recordsTotal"]) == (["ada", "ann"], 3)


async def test_built_in_roles_cannot_be_changed_or_deleted(estate: Estate) -> None:
    roles = await built_in(estate)
    for row in roles.values():
        path = f"{ROLES}/{row['id']}"
        assert "built-in" in problem(await estate.admin.put(path, {"name": "x"}), 409)["detail"]
        assert "built-in" in problem(await estate.admin.http.delete(path), 409)["detail"]
        assert await estate.get(estate.admin, path) == row
    problem(
        await estate.admin.post(ROLES, {"name": "reviewer", "target": "policies", "permissions": [NAMES]}), 409
    )


async def test_people_become_administrators_and_one_stays(estate: Estate) -> None:
    roles = await built_in(estate)
    path = f"{ROLES}/{roles['Administrator']['id']}/Member"
    mine = f"{path}/{estate.ids['root']}"
    assert "last administrator" in problem(await estate.admin.http.delete(mine), 409)["detail"]
    problem(await estate.eve.get(ROLES), 403)
    made_empty(await estate.admin.put(f"{path}/{estate.ids['eve']}"))
    assert len(await estate.get(estate.eve, ROLES)) == 4
    made_empty(await estate.admin.http.delete(mine))
    problem(await estate.admin.get(ROLES), 403)
    problem(await estate.eve.http.delete(f"{path}/{estate.ids['eve']}"), 409)


async def test_the_role_of_applications_is_theirs_alone(estate: Estate) -> None:
    estate.callers.application("robot")
    robot = (await estate.get(estate.admin, f"{ACCOUNTS}/Search", filterText="robot"))["data"][0]["id"]
    roles = await built_in(estate)
    for name, who, status in (("App", "ada", 409), ("User", robot, 400), ("Administrator", robot, 400)):
        path = f"{ROLES}/{roles[name]['id']}/Member/{estate.ids.get(who, who)}"
        problem(await estate.admin.put(path), status)
    problem(await estate.admin.http.delete(f"{ROLES}/{roles['App']['id']}/Member/{robot}"), 409)


async def test_what_is_wrong_is_said(estate: Estate) -> None:
    good = {"name": "names", "target": "policies", "permissions": [NAMES]}
    for changes, field in (
        ({"name": ""}, "name"),
        ({"target": "people"}, "target"),
        ({"target": None}, "target"),
        ({"permissions": []}, "permissions"),
        ({"permissions": ["policies:everything:modify"]}, "permissions"),
        ({"permissions": ["roles:role:manage"]}, "permissions"),
        ({"permissions": ["recordings:ended:view"]}, "permissions"),
        ({"policyIds": [str(uuid4())]}, "policyIds"),
        ({"policyIds": [estate.ids["ada"]]}, "policyIds"),
        ({"managedAccountIds": ["ada"]}, "managedAccountIds"),
        ({"credentialIds": [estate.ids["locum"]]}, "target"),
        ({"description": "x" * 1001}, "description"),
    ):
        errors = problem(await estate.admin.post(ROLES, {**good, **changes}), 400)["errors"]
        assert any(name.startswith(field) for name in errors), changes
    assert estate.count(custom_role) == 0
    for method, path in (("PUT", ROLES), ("DELETE", ROLES)):
        problem(await estate.admin.http.request(method, f"{path}/{uuid4()}", json={"name": "x"}), 404)
    await estate.role("names", [NAMES])
    problem(await estate.admin.post(ROLES, good), 409)


async def test_a_role_with_something_gone_can_be_sent_back(estate: Estate) -> None:
    """And what is gone stays listed: its role must not become one for everything."""
    login = made(await estate.admin.post(CREDENTIALS, {"username": "other", "password": SERVICE_PASSWORD}))["id"]
    role_id = await estate.role("passwords", ["credentials:password:view"], credentialIds=[login])
    estate.forget_credential(login)
    view = await estate.get(estate.admin, f"{ROLES}/{role_id}")
    assert view["credentialIds"] == [login]
    made(await estate.admin.put(f"{ROLES}/{role_id}", view))
    body = {**view, "name": "another"}
    assert "credentialIds" in problem(await estate.admin.post(ROLES, body), 400)["errors"]


async def test_who_may(estate: Estate) -> None:
    role_id = await estate.role("names", [NAMES])
    ann = await estate.holder("ann", [NAMES])
    body = {"name": "mine", "target": "policies", "permissions": [NAMES]}
    for who in (estate.ada, estate.callers.application("robot"), ann):
        problem(await who.get(ROLES), 403)
        problem(await who.get(f"{ROLES}/{role_id}"), 403)
        problem(await who.get(f"{ROLES}/{role_id}/Member"), 403)
        problem(await who.post(ROLES, body), 403)
        problem(await who.put(f"{ROLES}/{role_id}", body), 403)
        problem(await who.put(f"{ROLES}/{role_id}/Member/{estate.ids['ada']}"), 403)
        problem(await who.http.delete(f"{ROLES}/{role_id}"), 403)
