"""All sessions with their figures, those of one resource, and what they have open."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from api.test_activity_session_live import running
from estate import RESOURCES, SESSIONS, Estate, made, problem
from locum.actions.plan import PlannedStep
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.sessions import ledger
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from statements import selects

pytestmark = pytest.mark.anyio


def lasted(estate: Estate, session_id: str, minutes: int) -> None:
    def change(tx: Tx) -> None:
        one = sa.update(access_session).where(access_session.c.id == UUID(session_id))
        tx.run(one.values(actual_start=tx.now - dt.timedelta(minutes=minutes), actual_end=tx.now))

    estate.become(session_id, Status.CANCELLING, Status.COMPLETE)
    estate.database.submit_write(change).result()


@pytest.mark.sees_effect("ActivitySession.SearchAsync")
async def test_a_search_has_its_figures(estate: Estate) -> None:
    await estate.policy("eve's", managedAccountIds=[estate.ids["eve"]])
    short, long = await running(estate), await running(estate)
    lasted(estate, short, 2)
    lasted(estate, long, 4)
    await estate.ask()
    await estate.ask(estate.eve)
    search = f"{SESSIONS}/Search"
    with selects(estate.database) as statements:
        found = await estate.get(estate.admin, search, take=2, filterTopUsersType="Everyone")
    assert len(statements) <= 7
    assert (len(found["data"]), found["recordsTotal"]) == (2, 4)
    summary = found["summary"]
    assert summary["countSessions"] == 4
    assert [round(summary[f"{word}Duration"] / 60, 1) for word in ("sum", "avg", "min", "max")] == [6, 3, 2, 4]
    top = [(row["managedAccountName"], row["countSessions"]) for row in found["topUsers"]]
    assert top == [("ada", 3), ("eve", 1)]
    assert found["topUsers"][0]["managedAccountId"] == estate.ids["ada"]
    assert (await estate.get(estate.admin, search))["topUsers"] == []
    of_eve = await estate.get(estate.admin, search, filterText="eve", filterTopUsersType=2)
    assert (of_eve["recordsTotal"], of_eve["summary"]["countSessions"], len(of_eve["topUsers"])) == (1, 1, 1)
    assert of_eve["summary"]["sumDuration"] == 0
    for when in ({"filterDateTimeMin": "2100-01-01T00:00:00Z"}, {"filterDateTimeMax": "2000-01-01T00:00:00Z"}):
        none = await estate.get(estate.admin, search, filterTopUsersType=3, **when)
        assert (none["recordsTotal"], none["summary"]["countSessions"], none["topUsers"]) == (0, 0, [])
    ordered = await estate.get(estate.admin, search, orderBy="userDisplayName", orderDescending=True)
    assert ordered["data"][0]["userDisplayName"] == "eve"
    for wrong in ({"take": -1}, {"orderBy": "password"}, {"filterTopUsersType": 4}):
        problem(await estate.admin.get(search, **wrong), 400)


@pytest.mark.sees_effect("ActivitySession.GetSessionSummaryByHostAsync")
async def test_the_sessions_of_a_resource(estate: Estate) -> None:
    other = made(await estate.admin.post(RESOURCES, {"name": "db01", "ipAddress": "192.0.2.11"}))["id"]
    first, second = await running(estate), (await estate.ask())["id"]
    lasted(estate, first, 1)
    path = f"{SESSIONS}/SummaryForResource"
    rows = (await estate.get(estate.admin, f"{path}/{estate.ids['web01']}"))["data"]
    assert {row["id"] for row in rows} == {first, second}
    assert (await estate.get(estate.admin, f"{path}/{other}"))["recordsTotal"] == 0
    late = await estate.get(estate.admin, f"{path}/{estate.ids['web01']}", startDate="2100-01-01T00:00:00Z")
    assert late["recordsTotal"] == 0
    problem(await estate.admin.get(f"{path}/{new_id()}"), 404)


@pytest.mark.sees_effect(
    "ActivitySession.GetFlippedResourceCountAsync", "ActivitySession.GetFlippedManagedUserGroupCountAsync"
)
async def test_what_sessions_have_open(estate: Estate) -> None:
    resources, accounts = f"{SESSIONS}/FlippedResourceCount", f"{SESSIONS}/FlippedManagedUserGroupCount"

    async def counts() -> list[Any]:
        return [await estate.get(who, resources) for who in (estate.admin, estate.ada, estate.eve)]

    assert (await counts(), await estate.get(estate.admin, accounts)) == ([0, 0, 0], 0)
    session_id = UUID(await running(estate))
    steps = [PlannedStep("account"), PlannedStep("authorized_key"), PlannedStep("group")]

    def intend(tx: Tx) -> None:
        ledger.intend(tx, session_id=session_id, resource_id=UUID(estate.ids["web01"]), steps=steps)

    def revert(tx: Tx) -> None:
        for entry in ledger.entries(tx, session_id):
            ledger.reverted(tx, entry.id)

    estate.database.submit_write(intend).result()
    assert (await counts(), await estate.get(estate.admin, accounts)) == ([1, 1, 0], 2)
    estate.database.submit_write(revert).result()
    assert (await counts(), await estate.get(estate.admin, accounts)) == ([0, 0, 0], 0)
