"""The audit log over the API."""

from __future__ import annotations

import json

import pytest

from estate import Estate, problem

pytestmark = pytest.mark.anyio

LOG = "/api/locum/v1/AuditEvent"


@pytest.mark.sees_effect("AuditEvent.Search", "AuditEvent.GetState")
async def test_what_was_done_is_in_it(estate: Estate) -> None:
    before = await estate.get(estate.admin, f"{LOG}/State")
    session = (await estate.ask())["id"]
    found = await estate.get(estate.admin, LOG, objectId=session)
    (event,) = found["data"]
    assert found["recordsTotal"] == estate.audited(event["action"], session) == 1
    assert (event["action"], event["actorName"], event["outcome"]) == ("session.requested", "ada", "ok")
    assert json.loads(event["detail"])["resource"] == "web01"
    assert event["seq"] is None  # nothing seals here
    after = await estate.get(estate.admin, f"{LOG}/State")
    assert after["waiting"] == before["waiting"] + 1
    assert (after["sealed"], after["signed"], after["signedDateTimeUtc"]) == (0, 0, None)
    for params, total in (
        ({"filterText": "session.requested"}, 1),
        ({"objectId": session, "troubled": "true"}, 0),
        ({"objectId": session, "startDate": "2999-01-01T00:00:00Z"}, 0),
        ({"objectId": session, "endDate": "2999-01-01T00:00:00Z", "take": 0}, 1),
    ):
        assert (await estate.get(estate.admin, LOG, **params))["recordsTotal"] == total


async def test_it_is_for_administrators(estate: Estate) -> None:
    for who in (estate.ada, estate.callers.application("robot")):
        for path in (LOG, f"{LOG}/State"):
            problem(await who.get(path), 403)
    problem(await estate.admin.get(LOG, take=10001), 400)
    problem(await estate.admin.get(LOG, orderBy="hash"), 400)
    problem(await estate.admin.get(LOG, startDate="yesterday"), 400)
