"""Certifications over the API: an administrator sets one up, a reviewer decides, and what is denied is gone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from estate import ACCOUNTS, CREDENTIALS, POLICIES, SESSIONS, Estate, made, problem
from identities_world import Caller
from locum.identities.caller import Role
from locum.kit.ids import new_id

pytestmark = pytest.mark.anyio

TASKS = "/api/v1/AccessCertificationTask"
DENIALS = "/api/v1/AccessCertificationDenial"
CARDS = f"{POLICIES}/ActivityCardWithPolicies"
TOMORROW = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()


async def rita(estate: Estate, name: str = "rita") -> Caller:
    """A reviewer, by name among the ids."""
    who = estate.callers.person(name, Role.REVIEWER)
    (row,) = (await estate.get(estate.admin, f"{ACCOUNTS}/Search", filterText=name))["data"]
    estate.ids[name] = row["id"]
    return who


async def begun(estate: Estate, **wanted: Any) -> str:
    body = {"name": "autumn", "reviewerId": estate.ids["rita"], "policyIds": [estate.ids["admins"]], **wanted}
    task = made(await estate.admin.post(TASKS, body), 201)["id"]
    assert made(await estate.admin.put(f"{TASKS}/{task}/Start"))["status"] == 2
    return str(task)


async def say(
    estate: Estate, who: Caller, task: str, activity: str, status: int, notes: str | None = None
) -> None:
    rows = (await estate.get(who, f"{TASKS}/{task}/Row"))["data"]
    words = [{"id": row["id"], "status": status, "notes": notes} for row in rows if row["activity"] == activity]
    assert (await who.put(f"{TASKS}/{task}/Row", words)).status_code == 200


@pytest.mark.sees_effect(
    "AccessCertificationTask.GetAll",
    "AccessCertificationTask.GetById",
    "AccessCertificationTask.Post",
    "AccessCertificationTask.Put",
    "AccessCertificationTask.Delete",
    "AccessCertificationTask.Start",
    "AccessCertificationTask.GetRows",
    "AccessCertificationTask.Review",
    "AccessCertificationDenial.GetAll",
    "AccessCertificationDenial.Lift",
)
async def test_from_setting_up_to_lifting(estate: Estate) -> None:
    reviewer, admin = await rita(estate), estate.admin
    body = {"name": "autumn", "reviewerId": estate.ids["rita"], "deadlineDateTimeUtc": TOMORROW}
    task = made(await admin.post(TASKS, body), 201)
    one = f"{TASKS}/{task['id']}"
    assert (task["status"], task["reviewer"], task["openRows"]) == (0, "rita", 0)
    group = made(await admin.post("/api/v1/ManagedAccountGroup", {"name": "team"}))["id"]
    await admin.put(one, {"userIds": [estate.ids["ada"]], "groupIds": [group]})
    await admin.put(one, {"groupIds": []})
    ready = await estate.get(admin, one)
    assert (ready["status"], ready["selectedUserIds"]) == (1, [estate.ids["ada"]])
    assert (ready["selectedUserGroupIds"], ready["selectedPolicyIds"]) == ([], [])
    assert (await estate.get(reviewer, TASKS))["data"] == []
    made(await admin.put(f"{one}/Start"))
    (listed,) = (await estate.get(reviewer, TASKS))["data"]
    assert (listed["id"], listed["status"], listed["openRows"]) == (task["id"], 2, 2)
    rows = (await estate.get(reviewer, f"{one}/Row", orderBy="activity"))["data"]
    shown = [(row["userName"], row["activity"], row["resource"], row["accessControlPolicy"]) for row in rows]
    assert shown == [("ada", "Linux shell", "web01", "admins"), ("ada", "Linux sudo", "web01", "admins")]
    assert rows[0]["lastAccessedDateTimeUtc"].startswith("0001-01-01")
    words = [
        {"id": rows[0]["id"], "status": 2},
        {"id": rows[1]["id"], "status": "Denied", "notes": "left the team"},
    ]
    answer = await reviewer.put(f"{one}/Row", words)
    assert sorted(row["status"] for row in answer.json()) == [2, 3]
    done = await estate.get(admin, one)
    assert (done["status"], done["completedDateTimeUtc"] is None) == (3, False)
    (denial,) = (await estate.get(admin, DENIALS, managedAccountId=estate.ids["ada"]))["data"]
    assert (denial["managedUserId"], denial["activityId"]) == (estate.ids["ada"], estate.ids["Linux sudo"])
    assert (denial["resourceId"], denial["accessPolicyId"]) == (estate.ids["web01"], estate.ids["admins"])
    assert (denial["denyingTaskId"], denial["denyingTaskName"], denial["status"]) == (task["id"], "autumn", 3)
    asked = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    refused = problem(await estate.ada.post(SESSIONS, asked), 403)
    assert refused["detail"].endswith("under the access policy “admins”: left the team")
    assert (await admin.post(f"{DENIALS}/{denial['id']}/Lift", {"notes": "came back"})).status_code == 200
    assert (await estate.get(admin, DENIALS))["data"] == []
    await estate.ask()
    problem(await admin.http.delete(one), 409)
    spare = made(await admin.post(TASKS, {**body, "name": "spare"}), 201)["id"]
    assert (await admin.http.delete(f"{TASKS}/{spare}")).status_code == 200
    problem(await admin.get(f"{TASKS}/{spare}"), 404)
    for action in ("certification.started", "access.certified", "access.denied", "access.denial_lifted"):
        assert estate.audited(action, task["id"]) == 1


async def test_the_card_goes_and_comes_back(estate: Estate) -> None:
    reviewer = await rita(estate)
    task = await begun(estate)

    async def cards() -> list[str]:
        return sorted(card["name"] for card in (await estate.get(estate.ada, CARDS, includeData=True))["data"])

    assert await cards() == ["Linux shell", "Linux sudo"]
    await say(estate, reviewer, task, "Linux sudo", 3, "no")
    assert await cards() == ["Linux shell"]
    targets = f"{POLICIES}/ActivitySessionResources"
    asked = {"policyId": estate.ids["admins"]}
    sudo = {**asked, "activityId": estate.ids["Linux sudo"]}
    shell = {**asked, "activityId": estate.ids["Linux shell"]}
    assert (await estate.get(estate.ada, targets, **sudo))["recordsTotal"] == 0
    assert (await estate.get(estate.ada, targets, **shell))["recordsTotal"] == 1
    await say(estate, reviewer, task, "Linux shell", 3, "no")
    assert await cards() == []
    await say(estate, reviewer, task, "Linux sudo", 2)
    assert await cards() == ["Linux sudo"]


async def test_a_credential_goes_the_same_way(estate: Estate) -> None:
    reviewer = await rita(estate)
    root = made(await estate.admin.post(CREDENTIALS, {"username": "root", "password": "a password"}))["id"]
    body = {"name": "secrets", "policyType": 1, "managedAccountIds": [estate.ids["ada"]], "credentialIds": [root]}
    secrets = made(await estate.admin.post(POLICIES, body))["id"]
    task = await begun(estate, policyIds=[secrets])
    await say(estate, reviewer, task, "Credential Release", 3, "has an own one")
    refused = problem(await estate.ada.post(SESSIONS, {"credentialId": root}), 403)
    assert refused["detail"].endswith("“secrets”: has an own one")
    cards = (await estate.get(estate.ada, CARDS, includeData=True))["data"]
    assert "Credential Release" not in [card["name"] for card in cards]


async def test_nobody_certifies_their_own_access(estate: Estate) -> None:
    reviewer = await rita(estate)
    both = [estate.ids["rita"], estate.ids["ada"]]
    mine = (await estate.policy("mine", managedAccountIds=both))["id"]
    task = await begun(estate, policyIds=[mine])
    rows = (await estate.get(reviewer, f"{TASKS}/{task}/Row"))["data"]
    own = next(row for row in rows if row["userId"] == estate.ids["rita"])
    for status in (2, 3):
        words = [{"id": own["id"], "status": status, "notes": "of course"}]
        assert "their own access" in problem(await reviewer.put(f"{TASKS}/{task}/Row", words), 403)["detail"]
    problem(await estate.admin.put(f"{TASKS}/{task}/Row", [{"id": own["id"], "status": 2}]), 403)


async def test_who_may_not(estate: Estate) -> None:
    await rita(estate)
    other = await rita(estate, "rob")
    task = await begun(estate)
    one = f"{TASKS}/{task}"
    unknown = problem(await other.get(f"{TASKS}/{new_id()}"), 404)["detail"]
    for path in (one, f"{one}/Row"):
        assert problem(await other.get(path), 404)["detail"] == unknown
    problem(await other.put(f"{one}/Row", []), 404)
    for who in (estate.ada, other, estate.callers.application("robot")):
        problem(await who.post(TASKS, {"name": "x"}), 403)
        problem(await who.put(one, {"name": "x"}), 403)
        problem(await who.put(f"{one}/Start"), 403)
        problem(await who.http.delete(one), 403)
        problem(await who.get(DENIALS), 403)
    for who in (estate.ada, estate.callers.application("robot2")):
        problem(await who.get(TASKS), 403)
        problem(await who.put(f"{one}/Row", []), 403)
    for wrong in ({}, {"name": "x"}, {"name": "x", "reviewerId": estate.ids["ada"]}):
        problem(await estate.admin.post(TASKS, wrong), 400)
    problem(await estate.admin.post(TASKS, {"name": "autumn", "reviewerId": estate.ids["rita"]}), 409)
