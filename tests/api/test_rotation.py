"""Rotations and verifications over the API: who may ask for which, what is written down, how one is steered."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from account_calls import application
from estate import CREDENTIALS, SERVICE_PASSWORD, Estate, made, problem
from locum.credentials.model import Method, Verified, managed_user
from locum.kit.jobs import job
from locum.rotation.model import State
from locum.rotation.rows import ROTATION_JOB, VERIFICATION_JOB

pytestmark = pytest.mark.anyio

ROTATE = "/api/v1/ManagedUser/RotateAccounts"
ROTATIONS = "/api/locum/v1/Rotation"
SCHEDULE, SERVICES = "credentials:rotation:schedule", "credentials:services:rotate"
VERIFY = "credentials:password:verify"


def of(credential_id: str, what: str) -> str:
    return f"/api/locum/v1/Credential/{credential_id}/{what}"


async def login(estate: Estate, name: str, method: Method = Method.AUTOMATIC) -> str:
    """A credential that lives on the host."""
    body = {"username": name, "password": SERVICE_PASSWORD}
    made_id = str(made(await estate.admin.post(CREDENTIALS, body))["id"])
    estate.ids[f"{name}-managed"] = estate.manage(made_id, method)
    return made_id


def jobs_of(estate: Estate, kind: str) -> list[str]:
    query = sa.select(job.c.subject_id).where(job.c.kind == kind)
    return [str(one) for one in estate.database.submit_read(lambda tx: tx.scalars(query)).result()]


def managed(estate: Estate, credential_id: str, column: str) -> Any:
    query = sa.select(managed_user.c[column]).where(managed_user.c.credential_id == UUID(credential_id))
    return estate.database.submit_read(lambda tx: tx.scalar(query)).result()


@pytest.mark.sees_effect("ManagedUser.RotateAccounts")
async def test_an_application_rotates_what_it_checks_in(estate: Estate) -> None:
    """By ids of managed users or of credentials, with the spelling of the vendor's script; one rotation for each."""
    robot = estate.callers.application("robot")
    one, two = await login(estate, "one"), await login(estate, "two", Method.NOT_MANAGED)
    answer = await robot.post(ROTATE, {"Ids": [estate.ids["one-managed"], two, one]})
    shown: list[dict[str, Any]] = answer.json()
    assert answer.status_code == 200, answer.text
    assert [row["credentialId"] for row in shown] == [one, two]
    assert {(row["status"], row["isRollback"], row["createdByUserName"]) for row in shown} == {(0, False, "robot")}
    assert shown[0]["managedUserId"] == estate.ids["one-managed"]
    assert sorted(jobs_of(estate, ROTATION_JOB)) == sorted(row["id"] for row in shown)
    assert managed(estate, two, "method") == Method.MANUAL  # the first rotation makes it so
    again = (await robot.post(ROTATE, {"Ids": [one]})).json()
    assert again[0]["id"] == shown[0]["id"]
    assert estate.audited("rotation.asked", one) == 1


async def test_all_or_none(estate: Estate) -> None:
    one = await login(estate, "one")
    for unknown in (str(uuid4()), estate.ids["locum"]):
        answer = await estate.admin.post(ROTATE, {"ids": [one, unknown]})
        assert answer.status_code in {404, 409}
    assert (await estate.admin.post(ROTATE, {"ids": []})).json() == []
    many = [str(uuid4()) for _ in range(501)]
    problem(await estate.admin.post(ROTATE, {"ids": many}), 400)
    assert jobs_of(estate, ROTATION_JOB) == []
    assert estate.audited("rotation.asked", one) == 0


@pytest.mark.sees_effect(
    "Rotation.Start", "Rotation.Pause", "Rotation.Resume", "Rotation.Abort", "Rotation.Get", "Rotation.List"
)
async def test_a_rotation_is_started_and_steered(estate: Estate) -> None:
    one = await login(estate, "one")
    begun = made(await estate.admin.post(of(one, "Rotate")), 201)
    at = f"{ROTATIONS}/{begun['id']}"
    problem(await estate.admin.post(f"{at}/Resume"), 409)
    assert made(await estate.admin.post(f"{at}/Pause"))["status"] == State.PAUSED
    assert made(await estate.admin.post(f"{at}/Resume"))["status"] == State.QUEUED
    aborted = made(await estate.admin.post(f"{at}/Abort"))
    assert (aborted["cancelledBy"], aborted["cancelledByUserName"]) == (estate.ids["root"], "root")
    assert aborted["cancelledFromAddress"] == aborted["createdFromAddress"]
    assert await estate.get(estate.admin, at) == (await estate.get(estate.admin, of(one, "Rotation")))["data"][0]
    assert [estate.audited(f"rotation.{a}", one) for a in ("asked", "paused", "resumed", "abort_asked")] == [1] * 4
    problem(await estate.admin.post(of(one, "Rollback")), 409)
    problem(await estate.admin.get(of(str(uuid4()), "Rotation")), 404)
    assert (await estate.get(estate.admin, of(one, "Rotation"), take=0))["recordsTotal"] == 1


@pytest.mark.sees_effect("Rotation.Rollback")
async def test_a_rollback_is_a_rotation(estate: Estate) -> None:
    one = await login(estate, "one")
    refused = problem(await estate.admin.post(of(one, "Rollback")), 409)
    assert refused["detail"] == "no earlier version of this credential's secret is kept"
    made(await estate.admin.put(f"{CREDENTIALS}/{one}", {"password": "the next one"}))
    begun = made(await estate.admin.post(of(one, "Rollback")), 201)
    assert (begun["isRollback"], begun["reason"]) == (True, "rollback")


@pytest.mark.sees_effect("Rotation.Verify")
async def test_a_verification_is_asked_for(estate: Estate) -> None:
    one = await login(estate, "one")
    assert (await estate.admin.post(of(one, "Verify"))).status_code == 202
    assert jobs_of(estate, VERIFICATION_JOB) == [one]
    assert managed(estate, one, "status") == Verified.PENDING
    assert estate.audited("credential.verification_asked", one) == 1
    problem(await estate.admin.post(of(str(uuid4()), "Verify")), 404)
    problem(await estate.admin.post(of(estate.ids["locum"], "Verify")), 409)  # it lives nowhere


async def test_cred_04_a_service_account_has_a_right_of_its_own(estate: Estate) -> None:
    """With something that depends on it, the right to schedule is not enough, nor an application's."""
    await estate.dependant()
    one, robot = estate.ids["locum"], estate.callers.application("robot")
    scheduler = await estate.holder("scheduler", [SCHEDULE], credentialIds=[one])
    service = await estate.holder("service", [SERVICES], credentialIds=[one])
    for who in (scheduler, robot):
        assert SERVICES in problem(await who.post(of(one, "Rotate")), 403)["detail"]
        problem(await who.post(ROTATE, {"ids": [one]}), 403)
    begun = made(await service.post(of(one, "Rotate")), 201)
    problem(await scheduler.post(f"{ROTATIONS}/{begun['id']}/Abort"), 403)
    assert made(await service.post(f"{ROTATIONS}/{begun['id']}/Abort"))["id"] == begun["id"]


async def test_role_03_a_custom_role_reaches_its_credentials_alone(estate: Estate) -> None:
    one, two = await login(estate, "one"), await login(estate, "two")
    holder = await estate.holder("holder", [SCHEDULE, VERIFY], credentialIds=[one])
    begun = made(await estate.admin.post(of(two, "Rotate")), 201)
    for what in ("Rotate", "Rollback", "Verify"):
        refused = problem(await holder.post(of(two, what)), 403)["detail"]
        assert refused == problem(await holder.post(of(str(uuid4()), what)), 403)["detail"]
    problem(await holder.post(ROTATE, {"ids": [one, two]}), 403)
    for path in ("", "/Pause", "/Resume", "/Abort"):
        call = holder.post if path else holder.get
        refused = problem(await call(f"{ROTATIONS}/{begun['id']}{path}"), 404)["detail"]
        assert refused == problem(await call(f"{ROTATIONS}/{uuid4()}{path}"), 404)["detail"]
    problem(await holder.get(of(two, "Rotation")), 403)
    assert (await estate.get(holder, of(one, "Rotation")))["recordsTotal"] == 0
    assert (await holder.post(of(one, "Verify"))).status_code == 202
    assert len((await holder.post(ROTATE, {"ids": [one]})).json()) == 1


async def test_sec_30_a_key_for_other_credentials_rotates_none(estate: Estate) -> None:
    one, two = await login(estate, "one"), await login(estate, "two")
    keys = f"/api/locum/v1/Application/{await application(estate.admin, 'bounded')}/ApiKey"
    robot = estate.callers.bearing(made(await estate.admin.post(keys, {"credentials": [one]}), 201)["key"])
    begun = made(await estate.admin.post(of(two, "Rotate")), 201)
    problem(await robot.post(of(two, "Rotate")), 403)
    problem(await robot.post(ROTATE, {"ids": [one, two]}), 403)
    problem(await robot.get(f"{ROTATIONS}/{begun['id']}"), 404)
    problem(await robot.post(f"{ROTATIONS}/{begun['id']}/Pause"), 404)
    made(await robot.post(of(one, "Rotate")), 201)


async def test_people_without_rights_rotate_nothing(estate: Estate) -> None:
    one = await login(estate, "one")
    problem(await estate.eve.post(of(one, "Rotate")), 403)
    problem(await estate.eve.post(ROTATE, {"ids": [one]}), 403)
