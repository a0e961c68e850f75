"""Jobs of sessions over the API: looked at, tried again, given up; what that does is seen on a real host."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from demo.hosts import Host

from demo import hosts
from estate import CREDENTIALS, RESOURCES, SESSIONS, Estate, made, problem
from hosts import settled, state_of
from locum.kit import jobs
from locum.kit.wake import Wake
from locum.main.compose import open_connector
from locum.sessions.lifecycle import Status
from locum.sessions.work import SessionWork
from stage import Stage

pytestmark = pytest.mark.anyio

JOBS = "/api/v1/ActionJob"
OURS = "/api/locum/v1/ActionJob"


async def on(estate: Estate, host: Host) -> Stage:
    """The estate's resource is that host, and its worker is the answer's."""
    key = {"username": "locum", "authenticationMethod": 1, "privateKey": Path(host.private_key).read_text()}
    account = made(await estate.admin.post(CREDENTIALS, {**key, "domain": "keys"}))
    where = {"ipAddress": host.address, "portSsh": host.port, "serviceAccountId": account["id"]}
    made(await estate.admin.put(f"{RESOURCES}/{estate.ids['web01']}", where))
    work = SessionWork(estate.database, estate.callers.api.vault, open_connector, Wake())
    return Stage(estate.database, None, work, host)  # type: ignore[arg-type]


def sleep_long(estate: Estate) -> None:
    """The wait after the failure is an hour, so that nobody looks by itself."""
    due = sa.update(jobs.job)
    estate.database.submit_write(lambda tx: tx.run(due.values(due_at=tx.now + dt.timedelta(hours=1)))).result()


@pytest.mark.sees_effect("ActionJob.Run", "ActionJob.Get", "ActionJob.GetAll", "ActionJob.Cancel")
async def test_what_failed_on_a_host_is_tried_again_and_given_up(estate: Estate, linux_hosts: list[Host]) -> None:
    stage = await on(estate, linux_hosts[0])
    before = state_of(stage.host)
    session_id = (await estate.ask())["id"]
    hosts.stop_sshd(stage.host)
    try:
        await stage.turn()
        sleep_long(estate)
    finally:
        hosts.start_sshd(stage.host)
    seen = await estate.get(estate.ada, f"{JOBS}/{session_id}")
    assert seen["attempts"] >= 1
    assert "can't reach" in seen["lastError"]
    assert await estate.get(estate.ada, JOBS) == [seen]
    problem(await estate.ada.post(f"{OURS}/{session_id}/Run"), 403)
    rung = estate.callers.api.changed.seen
    assert (await estate.admin.post(f"{OURS}/{session_id}/Run")).status_code == 200
    assert estate.callers.api.changed.seen > rung
    assert estate.audited("session.run_again", session_id) == 1
    await stage.turn()
    assert (await stage.session(UUID(session_id))).status == Status.ACTIVE
    assert state_of(stage.host) != before
    refused = problem(await estate.admin.post(f"{OURS}/{session_id}/Run"), 409)
    assert "nothing to do before" in refused["detail"]

    assert (await estate.ada.http.delete(f"{OURS}/{session_id}")).status_code == 202
    problem(await estate.ada.http.delete(f"{OURS}/{session_id}"), 409)
    await stage.turn()
    assert settled(stage.host, before)
    assert (await estate.get(estate.ada, f"{SESSIONS}/{session_id}"))["status"] == Status.COMPLETE
    assert await estate.get(estate.admin, JOBS) == []
    over = await estate.get(estate.ada, f"{JOBS}/{session_id}")
    assert (over["nextStartTimeUtc"], over["running"]) == ("0001-01-01T00:00:00.000Z", False)
    assert "is over" in problem(await estate.admin.post(f"{OURS}/{session_id}/Run"), 409)["detail"]


async def test_somebody_elses_is_not_there(estate: Estate) -> None:
    session_id = (await estate.ask())["id"]
    problem(await estate.eve.get(f"{JOBS}/{session_id}"), 404)
    problem(await estate.eve.http.delete(f"{OURS}/{session_id}"), 404)
    assert await estate.get(estate.eve, JOBS) == []
    problem(await estate.admin.post(f"{OURS}/{uuid4()}/Run"), 404)
    problem(await estate.admin.get(JOBS, skip=-1), 400)
