"""More time, locks and approvals over the API, seen elsewhere than in their own answers."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from estate import SESSIONS, Estate, made, problem
from identities_world import Caller
from locum.activities.model import connection_profile
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.policies.decide import Approval
from locum.policies.model import policy
from locum.sessions.approval_workflow import NewTier, add_workflow
from locum.sessions.lifecycle import Status

pytestmark = pytest.mark.anyio


async def running(estate: Estate) -> str:
    session_id = str((await estate.ask())["id"])
    estate.become(session_id, Status.ACTIVE)
    return session_id


async def needs_approval(estate: Estate) -> tuple[str, Caller]:
    """A request of Ada's, and Bob, who is asked about it."""
    asked = estate.callers.person("bob")
    (bob,) = (await estate.get(estate.admin, "/api/v1/ManagedAccount/Search", filterText="bob"))["data"]

    def put(tx: Tx) -> None:
        made = add_workflow(tx, LOCUM, name="w", tiers=[NewTier((UUID(bob["id"]),))])
        tx.run(sa.update(connection_profile).values(approval_workflow_id=made.id))
        tx.run(sa.update(policy).values(approval=Approval.WORKFLOW))

    estate.database.submit_write(put).result()
    return str((await estate.ask())["id"]), asked


@pytest.mark.sees_effect("ActivitySession.ExtendAsync")
async def test_an_administrator_extends_and_the_owner_needs_the_profile(estate: Estate) -> None:
    session_id = await running(estate)
    path = f"{SESSIONS}/{session_id}"
    before = (await estate.get(estate.ada, path))["scheduledEndDateTimeUtc"]
    refused = problem(await estate.ada.post(f"{path}/Extend", 5), 403)
    assert "does not let" in refused["detail"]
    problem(await estate.eve.post(f"{path}/Extend", 5), 404)
    problem(await estate.admin.post(f"{path}/Extend", -5), 400)
    rung = estate.callers.api.changed.seen
    made(await estate.admin.post(f"{path}/Extend", 5))
    assert (await estate.get(estate.ada, path))["scheduledEndDateTimeUtc"] > before
    assert estate.callers.api.changed.seen > rung
    assert estate.audited("session.extended", session_id) == 1


@pytest.mark.sees_effect("ActivitySession.LockAsync")
async def test_a_lock_is_seen_and_echoed(estate: Estate) -> None:
    session_id = await running(estate)
    body = {"activitySessionIds": [session_id], "locked": True, "lockTitle": "Stop", "lockMessage": "call us"}
    problem(await estate.ada.put(f"{SESSIONS}/lock", body), 403)
    echo = made(await estate.admin.put(f"{SESSIONS}/lock", {**body, "lockResource": True}))
    assert {name: echo[name] for name in body} == body
    assert (await estate.get(estate.ada, f"{SESSIONS}/{session_id}"))["locked"] is True
    (row,) = (await estate.get(estate.ada, f"{SESSIONS}/SummaryByStatus/Active"))["data"]
    assert (row["locked"], row["status"]) == (True, 11)
    ids = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    assert "locked" in problem(await estate.ada.post(SESSIONS, ids), 403)["detail"]
    made(await estate.admin.put(f"{SESSIONS}/lock", {**body, "locked": False, "lockResource": True}))
    assert (await estate.get(estate.ada, f"{SESSIONS}/{session_id}"))["locked"] is False
    await estate.ask()
    assert estate.audited("session.locked", session_id) == estate.audited("session.unlocked", session_id) == 1


async def test_a_locked_activity_is_started_by_nobody_there_until_it_is_unlocked(estate: Estate) -> None:
    session_id = await running(estate)
    body = {"activitySessionIds": [session_id], "locked": True, "lockActivity": True, "lockMessage": "call us"}
    made(await estate.admin.put(f"{SESSIONS}/lock", body))
    ids = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    words = "this activity is locked here by an administrator: call us"
    assert problem(await estate.ada.post(SESSIONS, ids), 403)["detail"] == words
    asked = {"user": "ada", "activity": "Linux sudo", "resource": "web01"}
    told = await estate.get(estate.admin, "/api/locum/v1/AccessControlPolicy/Explain", **asked)
    assert (told["outcome"], told["reason"]) == ("denied", words)
    await estate.ask(activityId=estate.ids["Linux shell"])
    made(await estate.admin.put(f"{SESSIONS}/lock", {**body, "locked": False}))
    await estate.ask()


@pytest.mark.sees_effect("ActivitySession.ApproveAsync")
async def test_only_who_is_asked_approves_and_once(estate: Estate) -> None:
    session_id, bob = await needs_approval(estate)
    path = f"{SESSIONS}/{session_id}"
    assert (await estate.get(estate.ada, path))["status"] == -1
    for who, status in ((estate.ada, 403), (estate.eve, 404), (estate.admin, 403)):
        problem(await who.post(f"{path}/Approve"), status)
    asked = await estate.get(bob, "/api/v1/ApprovalWorkflow/Approval")
    assert [row["activitySessionId"] for row in asked] == [session_id]
    assert (await bob.post(f"{path}/Approve?notes=fine")).status_code == 200
    assert (await estate.get(estate.ada, path))["status"] == 0
    problem(await bob.post(f"{path}/Approve"), 409)
    assert estate.audited("approval.approved", session_id) == 1


@pytest.mark.sees_effect("ActivitySession.DenyAsync")
async def test_a_no_ends_the_request(estate: Estate) -> None:
    session_id, bob = await needs_approval(estate)
    path = f"{SESSIONS}/{session_id}"
    problem(await estate.eve.post(f"{path}/Deny", "no"), 404)
    problem(await bob.post(f"{path}/Deny", "x" * 1001), 400)
    assert (await bob.post(f"{path}/Deny", "not today")).status_code == 200
    assert (await estate.get(estate.ada, path))["status"] == 6
    assert estate.audited("approval.denied", session_id) == 1


@pytest.mark.sees_effect("ActivitySession.CreateActivitySessionGroupAsync")
async def test_a_group_is_asked_for_whole_or_not_at_all(estate: Estate) -> None:
    one = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    answer = await estate.ada.post(f"{SESSIONS}/Group", [one, {**one, "note": "second"}])
    assert answer.status_code == 201, answer.text
    first, second = answer.json()
    assert first["activitySessionGroupId"] == second["activitySessionGroupId"] is not None
    for session in (first, second):
        assert await estate.get(estate.ada, f"{SESSIONS}/{session['id']}") == session
    unknown = {**one, "activityId": "5f2c0d51-0000-4000-8000-000000000000"}
    problem(await estate.ada.post(f"{SESSIONS}/Group", [one, unknown]), 404)
    problem(await estate.ada.post(f"{SESSIONS}/Group", []), 400)
    assert (await estate.get(estate.ada, f"{SESSIONS}/SummaryByStatus/Pending"))["recordsTotal"] == 2
