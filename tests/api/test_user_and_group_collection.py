"""Collections of people and groups over the API."""

from __future__ import annotations

import pytest

from estate import POLICIES, Estate, made, problem
from locum.kit.ids import new_id

pytestmark = pytest.mark.anyio

PATH = "/api/v1/UserAndGroupCollection"


@pytest.mark.sees_effect(
    *(
        "UserAndGroupCollection.GetAll",
        "UserAndGroupCollection.GetById",
        "UserAndGroupCollection.Post",
        "UserAndGroupCollection.Put",
    ),
    "UserAndGroupCollection.Delete",
    "UserAndGroupCollection.GetMembers",
    "UserAndGroupCollection.AddMembers",
    "UserAndGroupCollection.RemoveMembers",
)
async def test_one_comes_is_filled_joined_and_goes(estate: Estate) -> None:
    thing = estate.ids["eve"]
    view = made(await estate.admin.post(PATH, {"name": "first", "description": "d"}))
    one = f"{PATH}/{view['id']}"
    assert made(await estate.admin.post(f"{one}/Member", [thing, thing])) == {"count": 1}
    (join,) = (await estate.get(estate.admin, one))["userCollectionJoin"]
    assert join["managedAccountId"] == thing
    page = await estate.get(estate.admin, f"{one}/Member", take=5)
    assert page == {"data": [{"id": thing, "name": "eve", "entityType": 4}], "recordsTotal": 1}
    changed = made(await estate.admin.put(one, {"name": "renamed", "userCollectionJoin": []}))
    assert (await estate.get(estate.admin, PATH)) == [changed]
    assert changed["name"] == "renamed"
    assert changed["description"] == "d"
    joins = await estate.policy("joins", managedAccountGroupIds=[view["id"]])
    assert "is in 1 access policy" in problem(await estate.admin.http.delete(one), 409)["detail"]
    assert (await estate.admin.http.delete(f"{POLICIES}/{joins['id']}")).status_code == 202
    assert made(await estate.admin.post(f"{one}/Member/DeleteMultiple", [thing])) == {"count": 1}
    assert (await estate.get(estate.admin, one))["userCollectionJoin"] == []
    assert (await estate.admin.http.delete(one)).status_code == 200
    assert await estate.get(estate.admin, PATH) == []
    for action in ("created", "changed", "deleted", "member_added", "member_removed"):
        assert estate.audited(f"collection.{action}", view["id"]) == 1


async def test_refusals(estate: Estate) -> None:
    view = made(await estate.admin.post(PATH, {"name": "first"}))
    one = f"{PATH}/{view['id']}"
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.get(PATH), 403)
        problem(await stranger.post(f"{one}/Member", [estate.ids["eve"]]), 403)
        problem(await stranger.http.delete(one), 403)
    problem(await estate.admin.post(PATH, {"name": "FIRST"}), 400)
    problem(await estate.admin.post(PATH, {}), 400)
    for ids in ([], [str(new_id())], [view["id"]]):
        problem(await estate.admin.post(f"{one}/Member", ids), 400)
    problem(await estate.admin.get(f"{PATH}/{new_id()}/Member"), 404)
    problem(await estate.admin.put(f"{PATH}/{new_id()}", {"name": "x"}), 404)


async def test_a_group_inside_is_told_apart(estate: Estate) -> None:
    group = made(await estate.admin.post("/api/v1/ManagedAccountGroup", {"name": "friends"}))["id"]
    one = f"{PATH}/{made(await estate.admin.post(PATH, {'name': 'all of us'}))['id']}"
    assert made(await estate.admin.post(f"{one}/Member", [group, estate.ids["eve"]])) == {"count": 2}
    view = await estate.get(estate.admin, one)
    assert [join["managedAccountId"] for join in view["userCollectionJoin"]] == [estate.ids["eve"]]
    assert [join["managedAccountGroupId"] for join in view["groupCollectionJoin"]] == [group]
    page = await estate.get(estate.admin, f"{one}/Member")
    assert [(row["name"], row["entityType"]) for row in page["data"]] == [("eve", 4), ("friends", 1)]
