"""Groups of resources over the API."""

from __future__ import annotations

import pytest

from estate import POLICIES, Estate, made, problem
from locum.kit.ids import new_id

pytestmark = pytest.mark.anyio

PATH = "/api/v1/ManagedResourceGroup"


@pytest.mark.sees_effect(
    *(
        "ManagedResourceGroup.GetAll",
        "ManagedResourceGroup.GetById",
        "ManagedResourceGroup.Post",
        "ManagedResourceGroup.Put",
    ),
    "ManagedResourceGroup.Delete",
    "ManagedResourceGroup.GetMembers",
    "ManagedResourceGroup.AddMembers",
    "ManagedResourceGroup.RemoveMembers",
)
async def test_one_comes_is_filled_joined_and_goes(estate: Estate) -> None:
    thing = estate.ids["web01"]
    view = made(await estate.admin.post(PATH, {"name": "first"}))
    one = f"{PATH}/{view['id']}"
    assert made(await estate.admin.post(f"{one}/ManagedResource", [thing, thing])) == {"count": 1}
    (join,) = (await estate.get(estate.admin, one))["managedResourceJoin"]
    assert join["managedResourceId"] == thing
    page = await estate.get(estate.admin, f"{one}/ManagedResource", take=5)
    assert page == {"data": [{"id": thing, "name": "web01", "entityType": None}], "recordsTotal": 1}
    changed = made(await estate.admin.put(one, {"name": "renamed", "managedResourceJoin": []}))
    assert (await estate.get(estate.admin, PATH)) == [changed]
    assert changed["name"] == "renamed"
    joins = await estate.policy("joins", managedResourceGroupIds=[view["id"]])
    assert "is in 1 access policy" in problem(await estate.admin.http.delete(one), 409)["detail"]
    assert (await estate.admin.http.delete(f"{POLICIES}/{joins['id']}")).status_code == 202
    assert made(await estate.admin.post(f"{one}/ManagedResource/DeleteMultiple", [thing])) == {"count": 1}
    assert (await estate.get(estate.admin, one))["managedResourceJoin"] == []
    assert (await estate.admin.http.delete(one)).status_code == 200
    assert await estate.get(estate.admin, PATH) == []
    for action in ("created", "changed", "deleted", "member_added", "member_removed"):
        assert estate.audited(f"resource_group.{action}", view["id"]) == 1


async def test_refusals(estate: Estate) -> None:
    view = made(await estate.admin.post(PATH, {"name": "first"}))
    one = f"{PATH}/{view['id']}"
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.get(PATH), 403)
        problem(await stranger.post(f"{one}/ManagedResource", [estate.ids["web01"]]), 403)
        problem(await stranger.http.delete(one), 403)
    problem(await estate.admin.post(PATH, {"name": "FIRST"}), 409)
    problem(await estate.admin.post(PATH, {}), 400)
    for ids in ([], [str(new_id())], [view["id"]]):
        problem(await estate.admin.post(f"{one}/ManagedResource", ids), 400)
    problem(await estate.admin.get(f"{PATH}/{new_id()}/ManagedResource"), 404)
    problem(await estate.admin.put(f"{PATH}/{new_id()}", {"name": "x"}), 404)
