"""Favourites and what was asked for last, over the API: one's own, and only while one has that access."""

from __future__ import annotations

from uuid import uuid4

import pytest

from estate import POLICIES, Estate, made, problem

pytestmark = pytest.mark.anyio

PATH = "/api/locum/v1/Shortcut"


@pytest.mark.sees_effect("Shortcut.Get", "Shortcut.Keep", "Shortcut.Drop")
async def test_a_favourite_is_kept_shown_and_dropped(estate: Estate) -> None:
    aim = f"{PATH}/{estate.ids['Linux sudo']}/{estate.ids['web01']}"
    await estate.ask(note="first")
    before = await estate.get(estate.ada, PATH)
    assert before["favourites"] == []
    (recent,) = before["recent"]
    assert (recent["activityName"], recent["thingName"], recent["isFavourite"]) == ("Linux sudo", "web01", False)
    assert recent["lastAskedDateTimeUtc"] is not None
    for _ in range(2):
        assert (await estate.ada.put(aim)).status_code == 200
    after = await estate.get(estate.ada, PATH)
    assert [one["thingId"] for one in after["favourites"]] == [estate.ids["web01"]]
    assert after["recent"] == []
    assert await estate.get(estate.eve, PATH) == {"favourites": [], "recent": []}
    assert estate.audited("favourite.kept", estate.ids["ada"]) == 1

    made(await estate.admin.put(f"{POLICIES}/{estate.ids['admins']}/Status", None, isDisabled=True))
    assert await estate.get(estate.ada, PATH) == {"favourites": [], "recent": []}
    made(await estate.admin.put(f"{POLICIES}/{estate.ids['admins']}/Status", None, isDisabled=False))
    assert len((await estate.get(estate.ada, PATH))["favourites"]) == 1
    assert (await estate.ada.http.delete(aim)).status_code == 200
    assert (await estate.get(estate.ada, PATH))["favourites"] == []
    problem(await estate.ada.http.delete(aim), 404)


async def test_nothing_is_kept_that_one_can_t_begin(estate: Estate) -> None:
    """What somebody else has is as what is nowhere (SEC-12)."""
    sudo, web01 = estate.ids["Linux sudo"], estate.ids["web01"]
    unknown = problem(await estate.eve.put(f"{PATH}/{uuid4()}/{uuid4()}"), 404)["detail"]
    assert problem(await estate.eve.put(f"{PATH}/{sudo}/{web01}"), 404)["detail"] == unknown
    assert problem(await estate.ada.put(f"{PATH}/{web01}/{sudo}"), 404)["detail"] == unknown
