"""Reviewers over the API (USER-07)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from estate import ACCOUNTS, Estate, made, problem

pytestmark = pytest.mark.anyio

REVIEWER = f"{ACCOUNTS}/Reviewer"
SEARCH = f"{REVIEWER}/Search"


async def found(estate: Estate, **params: Any) -> list[str]:
    page = await estate.get(estate.admin, SEARCH, orderBy="name", **params)
    assert page["recordsTotal"] == len(page["data"])
    return [row["name"] for row in page["data"]]


@pytest.mark.sees_effect("ManagedAccount.SetAsReviewerAsync", "ManagedAccount.ReviewerSearch")
async def test_one_becomes_a_reviewer_and_no_longer_is(estate: Estate) -> None:
    path = f"{REVIEWER}/{estate.ids['eve']}"
    problem(await estate.eve.get(SEARCH), 403)
    for _ in range(2):
        view = made(await estate.admin.put(path, isReviewer=True))
        assert (view["id"], view["loginId"], view["isReviewer"], view["type"]) == (
            estate.ids["eve"], "eve", True, "Local",
        )  # fmt: skip
    assert await found(estate) == ["eve"]
    assert await found(estate, candidates=True) == ["ada", "root"]
    assert await estate.get(estate.eve, SEARCH, candidates=False)  # she may now look herself
    assert made(await estate.admin.put(path, isReviewer="false"))["isReviewer"] is False
    problem(await estate.eve.get(SEARCH), 403)
    assert await found(estate) == []
    assert estate.audited("role.member_added", estate.ids["eve"]) == 1
    assert estate.audited("role.member_removed", estate.ids["eve"]) == 1
    assert "isReviewer" in problem(await estate.admin.put(path), 400)["errors"]
    problem(await estate.admin.put(f"{REVIEWER}/{uuid4()}", isReviewer=True), 404)
    problem(await estate.ada.put(path, isReviewer=True), 403)


@pytest.mark.sees_effect(
    "ManagedAccount.AddMultipleReviewerAsync",
    "ManagedAccount.DeleteMultipleReviewerAsync",
    "ManagedAccount.GetAllReviewersInfoAsync",
)
async def test_many_at_once_or_none(estate: Estate) -> None:
    both = [{"id": estate.ids["eve"], "entityType": 4}, {"id": estate.ids["ada"], "entityType": "Local"}]
    robot = estate.callers.application("robot")
    assert (await robot.post(f"{REVIEWER}/AddMultiple", both[:1])).json() == "1"
    assert (await estate.admin.post(f"{REVIEWER}/AddMultiple", both)).json() == "1"
    infos = await estate.get(estate.admin, f"{REVIEWER}/Info")
    assert [(row["loginId"], row["isReviewer"], row["userId"]) for row in infos] == [
        ("ada", True, estate.ids["ada"]),
        ("eve", True, estate.ids["eve"]),
    ]
    assert infos[0]["createdDateTimeUtc"].startswith("20")
    for unknown in (str(uuid4()), robot):
        if unknown is robot:
            unknown = (await estate.get(estate.admin, f"{ACCOUNTS}/Search", filterText="robot"))["data"][0]["id"]
        body = [{"id": estate.ids["root"]}, {"id": unknown}]
        assert (await estate.admin.post(f"{REVIEWER}/AddMultiple", body)).status_code in (400, 404)
    assert await found(estate) == ["ada", "eve"]
    assert (await estate.admin.post(f"{REVIEWER}/DeleteMultiple", both)).json() == "2"
    assert (await estate.admin.post(f"{REVIEWER}/DeleteMultiple", both)).json() == "0"
    assert (await estate.admin.post(f"{REVIEWER}/DeleteMultiple", [])).json() == "0"
    assert await estate.get(estate.admin, f"{REVIEWER}/Info") == []
    for who in (estate.ada, estate.callers.nobody()):
        for what in ("AddMultiple", "DeleteMultiple"):
            assert (await who.post(f"{REVIEWER}/{what}", both)).status_code in (401, 403)


async def test_the_list_is_paged_and_filtered(estate: Estate) -> None:
    estate.callers.application("robot")
    assert await found(estate, candidates=True, filterText="AD") == ["ada"]
    assert await found(estate, candidates=True, filterEntityType="Application") == []
    assert await found(estate, candidates=True, filterEntityType=4) == ["ada", "eve", "root"]
    page = await estate.get(estate.admin, SEARCH, candidates=True, orderBy="name", skip=1, take=1)
    assert ([row["name"] for row in page["data"]], page["recordsTotal"]) == (["eve"], 3)
    problem(await estate.admin.get(SEARCH, candidates=True, orderBy="password"), 400)
