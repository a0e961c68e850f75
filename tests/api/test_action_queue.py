"""Queues of actions over the API: what is shown of them, and to whom."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from estate import ACCOUNTS, SESSIONS, Estate, problem
from locum.actions.plan import PlannedStep
from locum.connectors.base import FailureReason
from locum.kit.db import Tx
from locum.sessions import ledger
from locum.sessions.lifecycle import Status

pytestmark = pytest.mark.anyio

QUEUES = "/api/v1/ActionQueue"


async def begun(estate: Estate) -> dict[str, str]:
    """A session of Ada's whose second step failed."""
    session = await estate.ask()

    def intend(tx: Tx) -> None:
        steps = [PlannedStep("account"), PlannedStep("sudoers", {"commands": "canary-command"})]
        where = UUID(estate.ids["web01"])
        ledger.intend(tx, session_id=UUID(session["id"]), resource_id=where, steps=steps)
        first, second = ledger.entries(tx, UUID(session["id"]))
        ledger.applied(tx, first.id)
        ledger.failed(tx, second.id, "no sudo there", FailureReason.ACCESS_DENIED)

    estate.database.submit_write(intend).result()
    return session


@pytest.mark.sees_effect("ActionQueue.Get", "ActionQueue.Search", "ActionQueue.GetJob", "ActionQueue.GetLog")
async def test_where_a_session_stands_is_seen_step_by_step(estate: Estate) -> None:
    session = await begun(estate)
    start = f"{QUEUES}/{session['startActionQueueId']}"
    seen = await estate.get(estate.ada, start)
    assert (seen["status"], seen["failureReason"], seen["actionJobId"]) == (3, 5, session["id"])
    steps = [(one["status"], one["statusDescription"]) for one in seen["actionQueueAction"]]
    assert steps == [(2, None), (3, "failed once: no sudo there")]
    activity = await estate.get(estate.admin, f"/api/v1/Activity/{session['activityId']}")
    assert seen["actionGroupId"] == activity["startActionGroupId"]
    assert "canary-command" not in (await estate.ada.get(start)).text
    assert (await estate.get(estate.ada, f"{QUEUES}/{session['endActionQueueId']}"))["status"] == 0
    job = await estate.get(estate.ada, f"{start}/Job")
    assert (job["id"], job["actionQueueId"], job["running"]) == (session["id"], seen["id"], False)
    log = await estate.get(estate.ada, f"{start}/Log")
    assert log == await estate.get(estate.ada, f"{SESSIONS}/{session['id']}/Log")
    rows = (await estate.get(estate.ada, f"{QUEUES}/Search"))["data"]
    named = ("startActionQueueId", "duringActionQueueId", "endActionQueueId")
    assert [row["id"] for row in rows] == [session[name] for name in named]


async def test_the_list_is_narrowed(estate: Estate) -> None:
    stuck, other = await begun(estate), await estate.ask()
    estate.become(other["id"], Status.ACTIVE, Status.CANCELLING, Status.COMPLETE)

    async def found(**query: object) -> set[str]:
        rows = (await estate.get(estate.admin, f"{QUEUES}/Search", **query))["data"]
        return {row["activitySessionId"] for row in rows}

    both = {stuck["id"], other["id"]}
    assert await found() == await found(managedResourceId=estate.ids["web01"]) == both
    assert await found(managedResourceId=str(uuid4())) == set()
    assert await found(failing="true") == await found(statusFilter=1) == {stuck["id"]}
    assert await found(statusFilter=2) == await found(activitySessionStatus=3) == {other["id"]}
    assert await found(statusFilter=1, activitySessionStatus=3) == set()
    assert await found(activitySessionId=other["id"]) == {other["id"]}
    assert await found(filterText="nobody is called that") == set()
    problem(await estate.admin.get(f"{QUEUES}/Search", orderBy="nonsense"), 400)
    problem(await estate.admin.get(f"{QUEUES}/Search", statusFilter="often"), 400)


async def test_a_person_sees_their_own_and_who_views_recordings_what_is_over(estate: Estate) -> None:
    session = await begun(estate)
    auditor = await estate.holder("carol", ["recordings:ended:view"])
    path = f"{QUEUES}/{session['startActionQueueId']}"
    (carol,) = (await estate.get(estate.admin, f"{ACCOUNTS}/Search", filterText="carol"))["data"]
    assert carol["id"] == estate.ids["carol"]
    for who in (estate.eve, auditor):
        for at in (path, f"{path}/Job", f"{path}/Log"):
            problem(await who.get(at), 404)
        assert (await estate.get(who, f"{QUEUES}/Search"))["recordsTotal"] == 0
    estate.become(session["id"], Status.CANCELLING, Status.FAILED)
    assert (await estate.get(auditor, path))["id"] == session["startActionQueueId"]
    assert (await estate.get(auditor, f"{QUEUES}/Search"))["recordsTotal"] == 3
    problem(await estate.eve.get(path), 404)
