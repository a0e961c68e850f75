"""Policies over the API: what they join may be asked for, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from estate import NIL, POLICIES, SESSIONS, Estate, made, problem
from locum.policies.model import policy

pytestmark = pytest.mark.anyio


@pytest.mark.sees_effect("AccessControlPolicy.Post")
async def test_whom_it_joins_may_ask(estate: Estate) -> None:
    body = {"activityId": estate.ids["Linux shell"], "managedResourceId": estate.ids["web01"]}
    problem(await estate.eve.post(SESSIONS, body), 403)
    view = await estate.policy(
        "shells", MANAGEDACCOUNTIDS=[estate.ids["eve"]] * 2, activityIds=[estate.ids["Linux shell"], NIL]
    )
    assert view["managedAccountIds"] == [estate.ids["eve"]]
    assert view["managedResourceIds"] == [estate.ids["web01"]]
    assert view["activityIds"] == [estate.ids["Linux shell"]]
    assert (view["approvalTypeRequired"], view["policyType"]) == (1, 0)
    (profile,) = await estate.get(estate.admin, "/api/v1/ConnectionProfile")
    assert view["activityConfigurationId"] == profile["id"]
    assert estate.audited("policy.created", view["id"]) == 1
    assert made(await estate.eve.post(SESSIONS, body), 201)["accessControlPolicyId"] == view["id"]
    problem(await estate.eve.post(SESSIONS, {**body, "activityId": estate.ids["Linux sudo"]}), 403)
    found = await estate.get(estate.admin, "/api/v1/ManagedResource/Search")
    assert found["data"][0]["accessPolicyCount"] == 2


async def test_a_view_may_be_sent_back_as_it_came(estate: Estate) -> None:
    view = await estate.policy("first", description="d", priority=3, notesRequired=True, ticketRequired=True)
    again = made(await estate.admin.post(POLICIES, {**view, "name": "second"}))
    assert again == {**view, "id": again["id"], "name": "second"}
    assert again["id"] != view["id"]


async def test_what_is_wrong_is_said(estate: Estate) -> None:
    for changes, field in (
        ({"name": ""}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"description": "x" * 1001}, "description"),
        ({"managedAccountIds": [str(uuid4())]}, "managedAccountIds"),
        ({"managedResourceIds": [estate.ids["ada"]]}, "managedResourceIds"),
        ({"activityIds": ["Linux sudo"]}, "activityIds"),
        ({"activityConfigurationId": str(uuid4())}, "activityConfigurationId"),
        ({"approvalTypeRequired": "Maybe"}, "approvalTypeRequired"),
        ({"priority": 2**31}, "priority"),
    ):
        body: dict[str, Any] = {"name": "new", **changes}
        assert any(
            name.startswith(field) for name in problem(await estate.admin.post(POLICIES, body), 400)["errors"]
        )
    problem(await estate.admin.post(POLICIES, {"name": "new", "policyType": "Credential"}), 409)
    assert estate.count(policy) == 1


async def test_a_name_is_taken_in_every_spelling_and_at_once(estate: Estate) -> None:
    for name in ("admins", "ADMINS", " Admins"):
        problem(await estate.admin.post(POLICIES, {"name": name}), 409)
    answers = await asyncio.gather(*(estate.admin.post(POLICIES, {"name": "new"}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]


async def test_who_may(estate: Estate) -> None:
    made(await estate.callers.application("robot").post(POLICIES, {"name": "by the robot"}))
    problem(await estate.ada.post(POLICIES, {"name": "mine"}), 403)
    problem(await estate.callers.nobody().post(POLICIES, {"name": "mine"}), 401)
