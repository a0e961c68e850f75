"""What an administrator should look at, over the API."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import UUID

import pytest
import sqlalchemy as sa

from estate import Estate, made, problem
from identities_world import Caller
from locum.api import attention
from locum.identities.model import identity
from locum.recordings.archive import Archive, Place
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session, connection

pytestmark = pytest.mark.anyio

ATTENTION = "/api/locum/v1/Attention"


@pytest.mark.sees_effect("Attention.Get")
async def test_a_locked_account_is_in_it(estate: Estate) -> None:
    before = await estate.get(estate.admin, ATTENTION)
    assert [(one["kind"], one["total"], one["first"]) for one in before] == [
        (kind, 0, []) for kind in ("grant", "credential", "host", "recording", "api_key", "account", "certificate")
    ]
    await estate.database.write(
        lambda tx: tx.run(sa.update(identity).where(identity.c.name == "ada").values(locked=True))
    )
    (account,) = (await estate.get(estate.admin, ATTENTION))[5]["first"]
    assert account["name"] == "ada"


async def test_a_recording_that_waits_for_the_archive_is_in_it(estate: Estate) -> None:
    """With why the archive took nothing the last time. Where recordings stay here, none waits."""
    waits = estate.connect((await estate.ask())["id"])
    closed = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=20)
    old = sa.update(connection).values(closed_at=closed)
    await estate.database.write(lambda tx: tx.run(old))
    assert [one["total"] for one in await estate.get(estate.admin, ATTENTION)] == [0] * 7
    api = estate.callers.api
    away = replace(
        api,
        archive=Archive(Place("s3://recordings", "https://127.0.0.1:1"), api.recordings),
        archive_trouble=lambda: "the archive takes nothing",
    )
    other = Caller(away, estate.admin.http.headers["Authorization"].removeprefix("Bearer "))
    (concern,) = (await estate.get(other, ATTENTION))[3]["first"]
    await other.http.aclose()
    assert (concern["id"], concern["problem"]) == (waits, "the archive takes nothing")


async def test_the_server_s_certificate_near_its_end_is_in_it(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = estate.callers.api.certificate
    assert held is not None
    monkeypatch.setattr(attention, "CERTIFICATE_EXPIRES_SOON", dt.timedelta(days=500))
    (concern,) = (await estate.get(estate.admin, ATTENTION))[-1]["first"]
    assert (concern["name"], concern["atDateTimeUtc"][:10]) == (held.name, str(held.ends.date()))


@pytest.mark.sees_effect("Attention.SessionDays")
async def test_how_many_sessions_each_day_had(estate: Estate) -> None:
    """Days begin where the caller is."""
    counted = {"denied": Status.APPROVAL_DENIED, "failed": Status.FAILED, "total": Status.COMPLETE}
    noon = dt.datetime.now(dt.UTC).replace(hour=23, minute=30) - dt.timedelta(days=2)
    tier = {"approvalWorkflowTierApprovers": [{"approvalWorkflowApproverAccountId": estate.ids["eve"]}]}
    workflow = {"name": "w", "approvalWorkflowTiers": [tier]}
    of = {"workflow_id": UUID(made(await estate.admin.post("/api/v1/ApprovalWorkflow", workflow))["id"])}
    for status in counted.values():
        change = sa.update(access_session).where(access_session.c.id == UUID((await estate.ask())["id"]))
        await estate.database.write(
            lambda tx, c=change, s=status: tx.run(c.values(status=s, created_at=noon, actual_end=noon, **of))
        )
    days = await estate.get(estate.admin, f"{ATTENTION}/SessionDays", days=7)
    assert len(days) == 7
    day = {"date": str(noon.date()), "total": 3, "failed": 1, "denied": 1}
    assert [one for one in days if one["total"]] == [day]
    days = await estate.get(estate.admin, f"{ATTENTION}/SessionDays", days=7, offsetMinutes=60)
    assert [one for one in days if one["total"]] == [{**day, "date": str(noon.date() + dt.timedelta(days=1))}]
    problem(await estate.admin.get(f"{ATTENTION}/SessionDays", days=400), 400)
    problem(await estate.ada.get(f"{ATTENTION}/SessionDays"), 403)


async def test_it_is_for_administrators(estate: Estate) -> None:
    for who in (estate.ada, estate.callers.application("robot")):
        problem(await who.get(ATTENTION), 403)
