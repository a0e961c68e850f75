"""What services do for sessions, with an application's API key; seen elsewhere than in their own answers."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from api.test_activity_session_live import needs_approval, running
from estate import NIL, SESSIONS, Estate, made, problem
from identities_world import Caller
from locum.kit import pause
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session

pytestmark = pytest.mark.anyio

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def app(estate: Estate) -> Caller:
    return estate.callers.application("scheduler")


def past(estate: Estate, session_id: str, **more: Any) -> None:
    """The session's time was over an hour ago."""

    def change(tx: Tx) -> None:
        times = {"scheduled_start": tx.now - 2 * HOUR, "scheduled_end": tx.now - HOUR, **more}
        one = sa.update(access_session).where(access_session.c.id == UUID(session_id))
        tx.run(one.values(times))

    estate.database.submit_write(change).result()


@pytest.mark.sees_effect("ActivitySession.CheckApprovalStateAsync")
async def test_a_check_settles_what_is_due(estate: Estate, app: Caller) -> None:
    session_id, _ = await needs_approval(estate)
    assert await estate.get(app, f"{SESSIONS}/ApprovalCheck") == 0
    assert (await estate.get(estate.ada, f"{SESSIONS}/{session_id}"))["status"] == Status.APPROVAL_REQUIRED
    past(estate, session_id, start_until=dt.datetime.now(dt.UTC) - HOUR / 2)
    rung = estate.callers.api.changed.seen
    assert await estate.get(app, f"{SESSIONS}/ApprovalCheck") == 1
    assert (await estate.get(estate.ada, f"{SESSIONS}/{session_id}"))["status"] == Status.APPROVAL_FAILED
    assert estate.callers.api.changed.seen > rung
    assert estate.audited("session.ended", session_id) == 1
    assert await estate.get(app, f"{SESSIONS}/ApprovalCheck") == 0


@pytest.mark.sees_effect("ActivitySession.CancelHangingSessionsAsync")
async def test_what_hangs_past_its_time_is_ended(estate: Estate, app: Caller) -> None:
    hanging, waiting, well = await running(estate), str((await estate.ask())["id"]), await running(estate)
    past(estate, hanging)
    past(estate, waiting)
    assert made_number(await app.http.delete(f"{SESSIONS}/CancelHanging")) == 2
    statuses = [(await estate.get(estate.ada, f"{SESSIONS}/{one}"))["status"] for one in (hanging, waiting, well)]
    assert statuses == [Status.CANCELLING, Status.CANCELLING, Status.ACTIVE]
    assert [estate.audited("session.ending", one) for one in (hanging, waiting, well)] == [1, 1, 0]
    assert made_number(await app.http.delete(f"{SESSIONS}/CancelHanging")) == 0


async def test_a_restored_copy_ends_and_settles_nothing(estate: Estate, app: Caller) -> None:
    session_id, _ = await needs_approval(estate)
    past(estate, session_id, start_until=dt.datetime.now(dt.UTC) - HOUR / 2)
    estate.database.submit_write(pause.begin, "restored").result()
    problem(await app.get(f"{SESSIONS}/ApprovalCheck"), 409)
    problem(await app.http.delete(f"{SESSIONS}/CancelHanging"), 409)
    assert (await estate.get(estate.ada, f"{SESSIONS}/{session_id}"))["status"] == Status.APPROVAL_REQUIRED


@pytest.mark.sees_effect("ActivitySession.GetActivitySessionCountAsync")
async def test_sessions_that_use_an_account_are_counted(estate: Estate, app: Caller) -> None:
    active, pending = await running(estate), await estate.ask()
    login = (await estate.get(estate.ada, f"{SESSIONS}/{active}"))["loginAccountName"]
    account_id, other = estate.account(login), estate.account("postgres")

    async def count(**query: Any) -> int:
        found: int = await estate.get(app, f"{SESSIONS}/Count", **query)
        return found

    assert await count() == 2
    assert [await count(status=s) for s in ("active", "Pending", "historical", "1", "Cancelling")] == [
        1,
        1,
        0,
        1,
        0,
    ]
    assert await count(status="active", targetId=estate.ids["web01"], targetUserId=account_id) == 1
    assert await count(targetUserId=other) == 0
    assert await count(targetId=estate.ids["ada"]) == 0
    listed = await estate.get(estate.admin, SESSIONS, status="active", targetUserId=account_id)
    assert [row["id"] for row in listed] == [active]
    problem(await app.get(f"{SESSIONS}/Count", status="asleep"), 400)
    await estate.ada.http.delete(f"{SESSIONS}/{pending['id']}")
    assert await count(status="Pending") == 0


@pytest.mark.sees_effect("ActivitySession.GtActivityConfigurationAsync")
async def test_the_profile_of_a_session(estate: Estate, app: Caller) -> None:
    session = await estate.ask()
    profile = await estate.get(app, f"{SESSIONS}/Config/{session['id']}")
    held = await estate.get(app, f"/api/v1/ConnectionProfile/{session['activityConfigurationId']}")
    assert profile == held
    assert held["id"] == session["activityConfigurationId"]
    problem(await app.get(f"{SESSIONS}/Config/{new_id()}"), 404)


@pytest.mark.sees_effect("ActivitySession.UpdateAsync")
async def test_the_account_of_a_session_is_its_own_or_none(estate: Estate, app: Caller) -> None:
    session = await estate.ask()
    path = f"{SESSIONS}/{session['id']}"
    mine, root = estate.account(session["loginAccountName"]), estate.account("root")
    problem(await app.put(f"{path}/targetId/{root}"), 400)
    problem(await app.put(f"{path}/targetId/{new_id()}"), 400)
    assert (await estate.get(estate.ada, path))["targetUserId"] is None
    made(await app.put(f"{path}/targetId/{mine}"))
    made(await app.put(f"{path}/targetId/{mine}"))
    seen = await estate.get(estate.ada, path)
    assert (seen["targetUserId"], seen["loginAccountName"]) == (mine, session["loginAccountName"])
    assert estate.audited("session.account_found", session["id"]) == 1
    estate.become(session["id"], Status.CANCELLING, Status.COMPLETE)
    problem(await app.put(f"{path}/targetId/{mine}"), 409)


@pytest.mark.sees_effect("ActivitySession.UpdateSessionLoginAccountAsync")
async def test_no_service_chooses_the_login_of_a_session(estate: Estate, app: Caller) -> None:
    session = await estate.ask()
    path, login = f"{SESSIONS}/{session['id']}", session["loginAccountName"]
    mine, root = estate.account(login), estate.account("root")
    for body in ({"name": "root"}, {"name": "root", "id": root}, {"name": login, "id": root}, {"id": NIL}, {}):
        problem(await app.put(f"{path}/loginAccount", body), 400)
    assert (await estate.get(estate.ada, path))["targetUserId"] is None
    answer = await app.put(f"{path}/loginAccount", {"name": login, "id": mine})
    assert (answer.status_code, answer.json()) == (200, login)
    seen = await estate.get(estate.ada, path)
    assert (seen["targetUserId"], seen["loginAccountName"]) == (mine, login)


async def test_a_key_for_some_policies_serves_those_alone(estate: Estate) -> None:
    session_id = await running(estate)
    past(estate, session_id)
    other = (await estate.policy("other"))["id"]
    bounded = await bounded_key(estate, [other])
    assert await estate.get(bounded, f"{SESSIONS}/Count") == 0
    assert made_number(await bounded.http.delete(f"{SESSIONS}/CancelHanging")) == 0
    problem(await bounded.get(f"{SESSIONS}/Config/{session_id}"), 404)
    problem(await bounded.put(f"{SESSIONS}/{session_id}/targetId/{new_id()}"), 404)
    assert await estate.get(await bounded_key(estate, [estate.ids["admins"]]), f"{SESSIONS}/Count") == 1


async def bounded_key(estate: Estate, policies: list[str]) -> Caller:
    made_id = estate.callers.world.application(f"for {len(policies)} {policies[0]}").id
    path = f"/api/locum/v1/Application/{made_id}/ApiKey"
    return estate.callers.bearing(made(await estate.admin.post(path, {"policies": policies}), 201)["key"])


def made_number(answer: Any) -> int:
    assert answer.status_code == 200, answer.text
    number: int = answer.json()
    return number
