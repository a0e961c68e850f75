"""AccessControlPolicy/Explain: what it says is what a request then finds; a key with bounds hears nothing."""

from __future__ import annotations

import pytest

from account_calls import application, new_key
from estate import SESSIONS, Estate, made, problem

pytestmark = pytest.mark.anyio

EXPLAIN = "/api/locum/v1/AccessControlPolicy/Explain"


@pytest.mark.sees_effect("AccessControlPolicy.Explain")
async def test_it_foretells_what_a_request_finds(estate: Estate) -> None:
    asked = {"activity": "Linux sudo", "resource": "web01"}
    for name, who in (("ada", estate.ada), ("eve", estate.eve)):
        told = await estate.get(estate.admin, EXPLAIN, user=name, **asked)
        answer = await who.post(
            SESSIONS, {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
        )
        if told["outcome"] == "allowed":
            assert made(answer, 201)["accessControlPolicyId"] == told["considered"][0]["policyId"]
        else:
            assert problem(answer, 403)["detail"] == told["reason"]
    assert told["outcome"] == "denied"
    await estate.policy("strict", ticketRequired=True, priority=-1)
    told = await estate.get(estate.admin, EXPLAIN, user=estate.ids["ada"], **asked)
    assert [(one["policy"], one["missing"]) for one in told["considered"]] == [
        ("strict", "ticket"),
        ("admins", None),
    ]
    told = await estate.get(estate.admin, EXPLAIN, user="ADA", ticket="T-1", **asked)
    assert (told["outcome"], told["policy"]) == ("allowed", "strict")
    told = await estate.get(estate.admin, EXPLAIN, user="ada", policy="admins", **asked)
    assert [one["policy"] for one in told["considered"]] == ["admins"]


async def test_who_may_ask_and_about_what(estate: Estate) -> None:
    asked = {"user": "ada", "activity": "Linux sudo", "resource": "web01"}
    problem(await estate.ada.get(EXPLAIN, **asked), 403)
    problem(await estate.admin.get(EXPLAIN, user="ada", activity="Linux sudo"), 400)
    for changes, words in (({"user": "zed"}, "no user “zed”"), ({"resource": "db"}, "no resource “db”")):
        assert words in problem(await estate.admin.get(EXPLAIN, **{**asked, **changes}), 404)["detail"]


async def test_a_key_for_some_policies_hears_nothing_of_the_others(estate: Estate) -> None:
    robot = await application(estate.admin)
    asked = {"user": "ada", "activity": "Linux sudo", "resource": "web01"}
    free = estate.callers.bearing(await new_key(estate.admin, robot))
    assert (await free.get(EXPLAIN, **asked)).status_code == 200
    body = {"policies": [estate.ids["admins"]]}
    answer = await estate.admin.post(f"/api/locum/v1/Application/{robot}/ApiKey", body)
    bounded = estate.callers.bearing(made(answer, 201)["key"])
    told = problem(await bounded.get(EXPLAIN, **asked), 403)
    assert "listed access policies" in told["detail"]
