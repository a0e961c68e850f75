"""Jobs over the API: looked at, tried again, given up; what that does is seen on a real host."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from demo.hosts import Host

from demo import hosts
from estate import CREDENTIALS, RESOURCES, SERVICE_PASSWORD, SESSIONS, Estate, made, problem
from hosts import settled, state_of
from locum.credentials.model import Method
from locum.kit import jobs
from locum.kit.wake import Wake
from locum.main.compose import open_connector, open_keeper
from locum.rotation.due import plan_due
from locum.rotation.pass_facts import RotationWork
from locum.rotation.rotate import rotate
from locum.rotation.rows import ROTATION_JOB
from locum.rotation.verify import verify
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
    log = await estate.get(estate.ada, f"{SESSIONS}/{session_id}/Log")
    assert await estate.get(estate.ada, f"{OURS}/{session_id}/Log") == log
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
    assert (await estate.get(estate.ada, OURS))["recordsTotal"] == 1
    assert (await estate.get(estate.eve, OURS))["recordsTotal"] == 0
    problem(await estate.admin.post(f"{OURS}/{uuid4()}/Run"), 404)
    problem(await estate.admin.get(JOBS, skip=-1), 400)


async def managed(estate: Estate, name: str = "kept") -> tuple[str, str]:
    """A login on the host that is changed every day; its credential's id, and that of the job that does so."""
    (linux, *_) = await estate.get(estate.admin, "/api/v1/Platform")
    (daily,) = [s for s in await estate.get(estate.admin, "/api/v1/ScheduledChangePolicy") if s["name"] == "Daily"]
    schedules = {"scheduledChangePolicyId": daily["id"]}
    made(await estate.admin.put(f"/api/v1/Platform/{linux['id']}", schedules))
    body = {"username": name, "password": SERVICE_PASSWORD}
    credential_id = made(await estate.admin.post(CREDENTIALS, body))["id"]
    where = {"managedResourceId": estate.ids["web01"], "managedType": int(Method.AUTOMATIC)}
    at = f"/api/locum/v1/Credential/{credential_id}/ManagedUser"
    answer = made(await estate.admin.put(at, {**where, "verificationScheduleId": daily["id"]}))
    estate.database.submit_write(plan_due).result()
    return credential_id, answer["id"]


async def log_of(estate: Estate, job_id: str, **asked: str) -> list[str]:
    """What a job's log says."""
    answer = await estate.get(estate.admin, f"{OURS}/{job_id}/Log", **asked)
    assert answer["totalCount"] == len(answer["lines"])
    return [line["logMessage"] for line in answer["lines"]]


async def work_off(estate: Estate) -> None:
    """As the worker does, all that is due or waits."""
    work = RotationWork(estate.database, estate.callers.api.vault, open_keeper, Wake())
    estate.database.submit_write(lambda tx: tx.run(sa.update(jobs.job).values(due_at=tx.now))).result()
    for held in await estate.database.write(lambda tx: jobs.claim(tx, owner="n", limit=10)):
        await (rotate if held.kind == ROTATION_JOB else verify)(work, held)


@pytest.mark.sees_effect(
    *("ActionJob.Run", "ActionJob.Get", "ActionJob.GetAll", "ActionJob.Search", "ActionJob.Cancel"),
    "ActionJob.GetLog",
)
async def test_a_secret_is_changed_and_verified_by_its_jobs(estate: Estate, linux_hosts: list[Host]) -> None:
    host = (await on(estate, linux_hosts[0])).host
    hosts.run(host, "userdel -rf kept", check=False)  # of the other database's turn
    hosts.run(host, f"useradd -m kept && echo 'kept:{SERVICE_PASSWORD}' | chpasswd")
    credential_id, change = await managed(estate)
    before = hosts.run(host, "getent shadow kept")
    listed = await estate.get(estate.admin, JOBS)
    assert await estate.get(estate.admin, OURS) == {"data": listed, "recordsTotal": 2}
    assert await estate.get(estate.admin, OURS, take=1, skip=1) == {"data": listed[1:], "recordsTotal": 2}
    assert await estate.get(estate.admin, OURS, jobType=7) == {"data": [], "recordsTotal": 0}
    assert [(row["type"], row["managedObjectId"], row["running"]) for row in listed] == [
        (2, credential_id, False),
        (3, credential_id, False),
    ]
    look = listed[1]["id"]
    for row, words in zip(
        listed, ("Change the secret of kept on web01", "Verify the secret of kept on web01"), strict=True
    ):
        assert row["name"] == words
        assert (row["isRecurring"], row["recurrenceType"], row["recurrenceInterval"]) == (True, 2, 1)
        assert row["recurrence"].startswith("every day at ")
        assert row["nextStartTimeUtc"] > row["createdDateTimeUtc"]
        assert row["lastRunTimeUtc"] is None
    assert await estate.get(estate.admin, JOBS, jobType=3) == [listed[1]]
    assert await estate.get(estate.admin, JOBS, skip=1, take=1, filterText="kept") == [listed[1]]

    assert (await estate.admin.post(f"{OURS}/{change}/Run")).status_code == 200
    under_way = await estate.get(estate.admin, f"{JOBS}/{change}")
    assert under_way["userId"] == estate.ids["root"]
    assert (await estate.admin.post(f"{OURS}/{change}/Run")).status_code == 200
    assert estate.audited("rotation.run_again", credential_id) == 1
    await work_off(estate)
    assert hosts.run(host, "getent shadow kept") != before
    done = await estate.get(estate.admin, f"{JOBS}/{change}")
    assert (done["lastRunStatus"], done["lastError"], done["recurrence"]) == (2, None, listed[0]["recurrence"])
    assert done["lastRunId"]
    assert (
        "nothing is there to give up" in problem(await estate.admin.http.delete(f"{OURS}/{change}"), 409)["detail"]
    )

    said = await log_of(estate, change)
    assert said[:2] == ["a change was asked for by root", "to be tried at once by root"]
    assert said[-1] == "done"
    assert await log_of(estate, change, filterText="at once", orderDescending="true") == [said[1]]

    hosts.run(host, "echo 'kept:another Passw0rd' | chpasswd")
    assert (await estate.admin.post(f"{OURS}/{look}/Run")).status_code == 200
    await work_off(estate)
    seen = await estate.get(estate.admin, f"{JOBS}/{look}")
    assert seen["lastRunStatus"] == 3
    assert "another secret" in seen["lastError"]
    assert await log_of(estate, look) == [
        "asked for by root",
        "the target has another secret than the vault",
    ]
    assert await log_of(estate, look, logLevel="Warn") == []
    assert "changes nothing" in problem(await estate.admin.http.delete(f"{OURS}/{look}"), 409)["detail"]


async def test_a_change_of_a_secret_is_given_up(estate: Estate) -> None:
    credential_id, change = await managed(estate)
    made(await estate.admin.post(f"/api/locum/v1/Credential/{credential_id}/Rotate"), 201)
    assert (await estate.admin.http.delete(f"{OURS}/{change}")).status_code == 202
    assert "already" in problem(await estate.admin.http.delete(f"{OURS}/{change}"), 409)["detail"]
    await work_off(estate)
    ended = await estate.get(estate.admin, f"{JOBS}/{change}")
    assert (ended["lastRunStatus"], ended["attempts"]) == (4, 0)
    assert estate.audited("rotation.abort_asked", credential_id) == 1


async def test_jobs_of_credentials_are_for_administrators(estate: Estate) -> None:
    _, change = await managed(estate)
    session_id = (await estate.ask())["id"]
    assert [row["id"] for row in await estate.get(estate.ada, JOBS)] == [session_id]
    assert await estate.get(estate.ada, JOBS, jobType=2) == []
    everything = await estate.get(estate.admin, JOBS)
    assert [row["type"] for row in everything] == [7, 2, 3]
    assert [await estate.get(estate.admin, JOBS, skip=n, take=1) for n in range(4)] == [
        *([row] for row in everything),
        [],
    ]
    assert await estate.get(estate.admin, JOBS, jobType=7) == everything[:1]
    for who in (estate.ada, estate.callers.application("robot")):
        problem(await who.get(f"{JOBS}/{change}"), 404)
        problem(await who.get(f"{OURS}/{change}/Log"), 404)
        problem(await who.http.delete(f"{OURS}/{change}"), 404)
        problem(await who.post(f"{OURS}/{change}/Run"), 403)
    assert "orderBy" in problem(await estate.admin.get(JOBS, jobType=2, orderBy="note"), 400)["detail"]
    problem(await estate.admin.get(JOBS, jobType=15), 400)
