"""AccessControlPolicy/Explain: what it says is what a request then finds; a key with bounds hears nothing."""

from __future__ import annotations

import pytest

from account_calls import application, new_key
from estate import CREDENTIALS, POLICIES, SESSIONS, Estate, made, problem

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


async def _credential(estate: Estate, username: str, **more: str) -> str:
    body = {"username": username, "password": "correct horse", "type": 0, **more}
    return str(made(await estate.admin.post(CREDENTIALS, body))["id"])


async def test_of_a_credential_too(estate: Estate) -> None:
    kept = await _credential(estate, "oracle", name="The oracle", domain="corp")
    given = {"managedAccountIds": [estate.ids["ada"]], "credentialIds": [kept]}
    body = {"name": "secrets", "policyType": "Credential", "ticketRequired": True, **given}
    made(await estate.admin.post(POLICIES, body))
    for name, who, ticket in (("ada", estate.ada, ""), ("eve", estate.eve, "T-1"), ("ada", estate.ada, "T-1")):
        for called in ("The oracle", "CORP\\oracle", kept):
            told = await estate.get(estate.admin, EXPLAIN, user=name, credential=called, ticket=ticket)
        answer = await who.post(SESSIONS, {"credentialId": kept, "ticket": ticket})
        if told["outcome"] == "allowed":
            assert made(answer, 201)["accessControlPolicyId"] == told["considered"][0]["policyId"]
        else:
            assert problem(answer, 403)["detail"] == told["reason"]
    assert told["considered"][0]["credential"] == [{"name": "The oracle", "via": None}]
    assert (told["outcome"], told["policy"], told["near"]) == ("allowed", "secrets", [])
    for wrong in ({"activity": "Linux sudo"}, {"resource": "web01"}):
        problem(await estate.admin.get(EXPLAIN, user="ada", credential=kept, **wrong), 400)
    told = problem(await estate.admin.get(EXPLAIN, user="ada", credential="nothing"), 404)
    assert "no credential “nothing”" in told["detail"]


async def test_a_key_for_some_credentials_hears_of_no_other(estate: Estate) -> None:
    mine, other = await _credential(estate, "mine"), await _credential(estate, "other")
    robot = await application(estate.admin)
    answer = await estate.admin.post(f"/api/locum/v1/Application/{robot}/ApiKey", {"credentials": [mine]})
    bounded = estate.callers.bearing(made(answer, 201)["key"])
    assert (await bounded.get(EXPLAIN, user="ada", credential="mine")).json()["outcome"] == "denied"
    for name in ("other", other, "nothing"):
        told = problem(await bounded.get(EXPLAIN, user="ada", credential=name), 404)
        assert told["detail"] == f"there is no credential “{name}”"


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
