"""Override policies over the API."""

from __future__ import annotations

from uuid import UUID

import pytest

from estate import Estate, made, problem
from locum.credentials.overrides import override_of
from locum.kit.ids import new_id

pytestmark = pytest.mark.anyio

PATH = "/api/v1/OverridePolicy"


@pytest.mark.sees_effect(
    *("OverridePolicy.GetAll", "OverridePolicy.GetById", "OverridePolicy.Post", "OverridePolicy.Put"),
    *("OverridePolicy.Delete", "OverridePolicy.GetMembers", "OverridePolicy.AddMembers"),
    *("OverridePolicy.RemoveMembers", "OverridePolicy.GetCandidates"),
)
async def test_an_override_comes_is_filled_and_goes(estate: Estate) -> None:
    (linux, *_) = await estate.get(estate.admin, "/api/v1/Platform")
    daily, *_ = await estate.get(estate.admin, "/api/v1/ScheduledChangePolicy")
    body = {"name": "Quick", "type": "Resource", "platformId": linux["id"], "rotateScheduleId": daily["id"]}
    view = made(await estate.admin.post(PATH, body))
    assert (view["type"], view["rotateSchedule"], view["scanSchedule"]) == (1, daily, None)
    one, host = f"{PATH}/{view['id']}", estate.ids["web01"]
    candidates = f"/api/locum/v1/OverridePolicy/{view['id']}/Candidate"
    found = await estate.get(estate.admin, candidates, filterText="web01")
    assert found == {"data": [{"id": host, "name": "web01", "domain": ""}], "recordsTotal": 1}
    assert made(await estate.admin.post(f"{one}/Member", [host])) == {"count": 1}
    assert (await estate.get(estate.admin, candidates, filterText="web01"))["recordsTotal"] == 0
    page = await estate.get(estate.admin, f"{one}/Member")
    assert page == {"data": [{"id": host, "name": "web01", "domain": ""}], "recordsTotal": 1}
    changed = made(await estate.admin.put(one, {**view, "rotateScheduleId": None, "scanScheduleId": daily["id"]}))
    assert (changed["rotateSchedule"], changed["scanSchedule"]) == (None, daily)
    assert await estate.get(estate.admin, one) == changed
    assert await estate.get(estate.admin, PATH) == [changed]
    held = await estate.database.read(override_of, UUID(view["id"]))
    assert (held.rotation_schedule_id, str(held.scan_schedule_id)) == (None, daily["id"])
    assert made(await estate.admin.post(f"{one}/Member/DeleteMultiple", [host])) == {"count": 1}
    assert (await estate.get(estate.admin, f"{one}/Member"))["recordsTotal"] == 0
    assert (await estate.admin.http.delete(one)).status_code == 200
    assert await estate.get(estate.admin, PATH) == []
    for action in ("created", "changed", "deleted", "member_added", "member_removed"):
        assert estate.audited(f"override_policy.{action}", view["id"]) == 1


async def test_refusals(estate: Estate) -> None:
    (linux, mysql, *_) = await estate.get(estate.admin, "/api/v1/Platform")
    view = made(await estate.admin.post(PATH, {"name": "Quick", "platformId": linux["id"]}))
    one = f"{PATH}/{view['id']}"
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.get(PATH), 403)
        problem(await stranger.put(one, {"name": "x"}), 403)
    problem(await estate.admin.post(PATH, {"name": "x"}), 400)
    problem(await estate.admin.put(one, {"type": 1}), 409)
    problem(await estate.admin.put(one, {"platformId": mysql["id"]}), 409)
    problem(await estate.admin.post(f"{one}/Member", [str(new_id())]), 400)
    problem(await estate.admin.get(f"{PATH}/{new_id()}"), 404)
