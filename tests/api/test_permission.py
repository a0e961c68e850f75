"""What a custom role's holder is told of their own rights (ROLE-05)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from estate import ACCOUNTS, Estate, problem
from identities_world import Caller
from locum.identities.roles import GRANTABLE, Target

pytestmark = pytest.mark.anyio

GROUPS, HELD = f"{ACCOUNTS}/PermissionGroup", f"{ACCOUNTS}/Permission"


async def names(estate: Estate, who: Caller, **params: Any) -> list[str]:
    return [row["name"] for row in await estate.get(who, HELD, **params)]


@pytest.mark.sees_effect("ManagedAccount.GetPermissionGroupsAsync", "ManagedAccount.GetPermissionAsync")
async def test_rights_by_group_and_policy(estate: Estate) -> None:
    here, other = estate.ids["admins"], (await estate.policy("other"))["id"]
    ann = await estate.holder("ann", ["policies:name:modify"], policyIds=[here])
    await estate.give(await estate.role("others", ["policies:users:modify"], policyIds=[other]), estate.ids["ann"])
    (group,) = await estate.get(ann, GROUPS)
    assert group["name"] == "policies"
    both = ["policies:name:modify", "policies:users:modify"]
    for name in (None, "policies", "Policies", group["id"], group["id"].upper()):
        assert await names(estate, ann, **({} if name is None else {"permissionGroup": name})) == both
    assert await names(estate, ann, policyId=here) == both[:1]
    assert await names(estate, ann, permissionGroup="policies", policyId=other) == both[1:]
    assert await names(estate, ann, policyId=str(uuid4())) == []
    assert await names(estate, ann, permissionGroup="recordings") == []
    await estate.give(await estate.role("watch", ["recordings:ended:view"]), estate.ids["ann"])
    assert [row["name"] for row in await estate.get(ann, GROUPS)] == ["policies", "recordings"]
    assert await names(estate, ann, permissionGroup="recordings") == ["recordings:ended:view"]
    assert await names(estate, ann, permissionGroup="recordings", policyId=here) == []


@pytest.mark.parametrize("target", Target)
async def test_every_permission_of_a_group(estate: Estate, target: Target) -> None:
    held = GRANTABLE[target].permissions
    ann = await estate.holder("ann", held)
    rows = await estate.get(ann, HELD, permissionGroup=target)
    assert [row["name"] for row in rows] == list(held)
    assert rows == await estate.get(ann, HELD)


async def test_ids_are_the_same_everywhere(estate: Estate) -> None:
    """Clients keep them, so they must not change with a version."""
    ann = await estate.holder("ann", ["policies:name:modify"])
    assert await estate.get(ann, GROUPS) == [{"id": GROUP_ID, "name": "policies"}]
    assert await estate.get(ann, HELD) == [{"id": NAME_ID, "name": "policies:name:modify"}]


GROUP_ID = "7367034a-c6ff-57bd-98a0-a0d1465b50ea"
NAME_ID = "b135de29-ff2f-5d8a-8f61-b0b9e93718f3"


async def test_who_may_ask_and_what_is_wrong(estate: Estate) -> None:
    ann = await estate.holder("ann", ["policies:name:modify"])
    for group in ("people", str(uuid4()), "policies%"):
        assert "permissionGroup" in problem(await ann.get(HELD, permissionGroup=group), 400)["errors"]
    for who in (estate.ada, estate.admin, estate.callers.application("robot")):
        assert "UserPlus" in problem(await who.get(HELD), 403)["detail"]
        problem(await who.get(GROUPS), 403)
