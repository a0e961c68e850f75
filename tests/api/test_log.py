"""The log of all sessions."""

from __future__ import annotations

import pytest

from estate import Estate, problem

pytestmark = pytest.mark.anyio

LOG = "/api/v1/Log"


@pytest.mark.sees_effect("Log.GetAll", "Log.Get")
async def test_it_grows_with_what_happens_in_any_session(estate: Estate) -> None:
    (empty,) = await estate.get(estate.admin, LOG)
    assert (empty["name"], empty["length"], empty["lastWriteTime"]) == ("Sessions", 0, "0001-01-01T00:00:00.000Z")
    assert (await estate.get(estate.admin, f"{LOG}/Sessions"))["totalCount"] == 0
    first, second = (await estate.ask())["id"], (await estate.ask())["id"]
    await estate.admin.http.delete(f"/api/v1/ActivitySession/{first}")
    (grown,) = await estate.get(estate.admin, LOG)
    assert grown["length"] > 0
    assert grown["lastWriteTime"] > "2020"
    log = await estate.get(estate.admin, f"{LOG}/sessions")
    assert log["totalCount"] == 3
    asked = "ada asked for Linux sudo on web01; allowed by admins"
    assert [line["logMessage"] for line in log["lines"]] == [
        f"[{first}] ending: ended by root",
        f"[{second}] {asked}",
        f"[{first}] {asked}",
    ]
    page = await estate.get(estate.admin, f"{LOG}/Sessions", skip=1, take=1, orderDescending="false")
    assert [line["logMessage"] for line in page["lines"]] == [f"[{second}] {asked}"]
    assert page["lines"][0]["lineNumber"] == 2
    for params, total in (({"filterText": "ending"}, 1), ({"logLevel": "Error"}, 0), ({"take": 0}, 3)):
        assert (await estate.get(estate.admin, f"{LOG}/Sessions", **params))["totalCount"] == total


async def test_there_is_no_other(estate: Estate) -> None:
    for name in ("secrets", "..%2f..%2fetc%2fpasswd", "x" * 256):
        problem(await estate.admin.get(f"{LOG}/{name}"), 404)
    problem(await estate.admin.get(f"{LOG}/{'x' * 257}"), 400)
    problem(await estate.admin.get(f"{LOG}/Sessions", take=10001), 400)


async def test_it_is_for_administrators(estate: Estate) -> None:
    for who in (estate.ada, estate.callers.application("robot")):
        for path in (LOG, f"{LOG}/Sessions"):
            problem(await who.get(path), 403)
