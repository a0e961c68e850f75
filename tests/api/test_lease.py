"""Check-out and check-in over the API: who may, what is shown to whom, and that nothing else gives the secret out."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from account_calls import application
from estate import CREDENTIALS, SERVICE_PASSWORD, Estate, made, problem
from identities_world import Caller
from locum.audit.model import audit_event
from locum.credentials.model import credential

pytestmark = pytest.mark.anyio

LEASES = "/api/locum/v1/Lease"
VIEW = ["credentials:password:view"]


def path(credential_id: str) -> str:
    return f"/api/locum/v1/Credential/{credential_id}/CheckOut"


async def check_out(estate: Estate, who: Caller, **body: Any) -> dict[str, Any]:
    return made(await who.post(path(estate.ids["locum"]), body), 201)


@pytest.mark.sees_effect("Lease.CheckOut", "Lease.Secret", "Lease.Extend", "Lease.CheckIn", "Lease.Get")
async def test_an_application_checks_out_reads_and_checks_in(estate: Estate) -> None:
    robot = estate.callers.application("robot")
    view = await check_out(estate, robot, minutes=5, note="nightly", ticket="T-1")
    assert (view["state"], view["exclusive"], view["username"]) == ("active", True, "locum")
    assert (view["note"], view["ticket"], view["managedAccountName"]) == ("nightly", "T-1", "robot")
    secret = await estate.get(robot, f"{LEASES}/{view['id']}/Secret")
    assert (secret["password"], secret["privateKey"], secret["kind"]) == (SERVICE_PASSWORD, None, "login")
    assert estate.audited("lease.revealed", estate.ids["locum"]) == 1
    made(await robot.put(f"{LEASES}/{view['id']}/Extend", {"minutes": 30}))
    assert (await estate.get(robot, f"{LEASES}/{view['id']}"))["dueDateTimeUtc"] > view["dueDateTimeUtc"]
    over = made(await robot.post(f"{LEASES}/{view['id']}/CheckIn"))
    assert (over["state"], over["endReason"]) == ("ended", "checked in")
    assert "over" in problem(await robot.get(f"{LEASES}/{view['id']}/Secret"), 409)["detail"]
    problem(await robot.put(f"{LEASES}/{view['id']}/Extend", {"minutes": 30}), 409)


async def test_sec_17_the_id_of_a_lease_opens_nothing(estate: Estate) -> None:
    """An administrator sees and ends the lease; its secret is its holder's."""
    robot, other = estate.callers.application("robot"), estate.callers.application("other")
    view = await check_out(estate, robot)
    unknown = f"{LEASES}/{uuid4()}"
    for who in (other, estate.admin):
        for call in (
            lambda at, who=who: who.get(f"{at}/Secret"),
            lambda at, who=who: who.put(f"{at}/Extend", {"minutes": 5}),
            lambda at, who=who: who.post(f"{at}/CheckIn"),
        ):
            refused = problem(await call(f"{LEASES}/{view['id']}"), 404)
            assert refused["detail"] == problem(await call(unknown), 404)["detail"]
    problem(await other.get(f"{LEASES}/{view['id']}"), 404)
    assert (await estate.get(other, LEASES)) == {"data": [], "recordsTotal": 0}
    for answer in (
        await estate.admin.get(f"{LEASES}/{view['id']}"),
        await estate.admin.get(LEASES),
        await robot.get(LEASES),
    ):
        assert view["id"] in answer.text
        assert SERVICE_PASSWORD not in answer.text
    assert estate.audited("lease.revealed", estate.ids["locum"]) == 0


async def test_who_holds_it_is_told_to_administrators_only(estate: Estate) -> None:
    robot, other = estate.callers.application("robot"), estate.callers.application("other")
    await check_out(estate, robot)
    told = problem(await other.post(path(estate.ids["locum"])), 409)["detail"]
    assert "checked out until" in told
    assert "robot" not in told
    assert (
        "checked out by robot until" in problem(await estate.admin.post(path(estate.ids["locum"])), 409)["detail"]
    )


@pytest.mark.sees_effect("Lease.ForceCheckIn", "Lease.List")
async def test_an_administrator_forces_a_check_in(estate: Estate) -> None:
    robot = estate.callers.application("robot")
    view = await check_out(estate, robot)
    problem(await robot.post(f"{LEASES}/{view['id']}/ForceCheckIn"), 403)
    over = made(await estate.admin.post(f"{LEASES}/{view['id']}/ForceCheckIn"))
    assert (over["state"], over["endReason"]) == ("ended", "checked in by root")
    problem(await robot.get(f"{LEASES}/{view['id']}/Secret"), 409)
    problem(await estate.admin.post(f"{LEASES}/{uuid4()}/ForceCheckIn"), 404)
    again = await check_out(estate, robot)
    listed = await estate.get(estate.admin, LEASES, live="true", filterText="rob")
    assert [row["id"] for row in listed["data"]] == [again["id"]]
    made(await robot.post(f"{LEASES}/{again['id']}/CheckIn"))
    assert (await estate.get(estate.admin, LEASES, live="true"))["recordsTotal"] == 0
    assert (await estate.get(estate.admin, LEASES, orderBy="username"))["recordsTotal"] == 2


async def test_a_person_needs_a_role_for_that_credential(estate: Estate) -> None:
    problem(await estate.ada.post(path(estate.ids["locum"])), 403)
    viewer = await estate.holder("viewer", VIEW, credentialIds=[estate.ids["locum"]])
    elsewhere = made(await estate.admin.post(CREDENTIALS, {"username": "other", "password": "x"}))["id"]
    problem(await viewer.post(path(elsewhere)), 403)
    view = made(await viewer.post(path(estate.ids["locum"])), 201)
    assert view["state"] == "active"
    secret = made(await viewer.get(f"{LEASES}/{view['id']}/Secret"))
    assert secret["password"] == SERVICE_PASSWORD
    # The right goes: the lease is there, and its secret is not.
    role = f"/api/locum/v1/Role/{estate.ids['viewer-role']}"
    made(await estate.admin.put(role, {"credentialIds": [elsewhere]}))
    problem(await viewer.get(f"{LEASES}/{view['id']}/Secret"), 403)
    problem(await viewer.put(f"{LEASES}/{view['id']}/Extend", {"minutes": 5}), 403)
    made(await viewer.post(f"{LEASES}/{view['id']}/CheckIn"))


async def test_sec_30_a_key_for_other_credentials(estate: Estate) -> None:
    elsewhere = made(await estate.admin.post(CREDENTIALS, {"username": "other", "password": "x"}))["id"]
    robot_id = await application(estate.admin, "bounded")
    keys = f"/api/locum/v1/Application/{robot_id}/ApiKey"
    wide = estate.callers.bearing(made(await estate.admin.post(keys, {"overlapMinutes": 5}), 201)["key"])
    view = await check_out(estate, wide)
    body = {"credentials": [elsewhere], "overlapMinutes": 5}
    narrow = estate.callers.bearing(made(await estate.admin.post(keys, body), 201)["key"])
    assert "not for that credential" in problem(await narrow.post(path(estate.ids["locum"])), 403)["detail"]
    for call in (
        narrow.get(f"{LEASES}/{view['id']}"),
        narrow.get(f"{LEASES}/{view['id']}/Secret"),
        narrow.post(f"{LEASES}/{view['id']}/CheckIn"),
    ):
        problem(await call, 404)
    assert (await estate.get(narrow, LEASES))["recordsTotal"] == 0
    assert (await estate.get(wide, LEASES))["recordsTotal"] == 1


@pytest.mark.parametrize("minutes", [0, -1, 1441, "soon"])
async def test_minutes_out_of_bounds(estate: Estate, minutes: Any) -> None:
    robot = estate.callers.application("robot")
    problem(await robot.post(path(estate.ids["locum"]), {"minutes": minutes}), 400)
    view = await check_out(estate, robot)
    problem(await robot.put(f"{LEASES}/{view['id']}/Extend", {"minutes": minutes}), 400)


async def test_a_deleted_credential_is_not_there(estate: Estate) -> None:
    robot = estate.callers.application("robot")
    problem(await robot.post(path(str(uuid4()))), 404)
    gone = sa.update(credential).where(credential.c.id == UUID(estate.ids["locum"]))
    estate.database.submit_write(lambda tx: tx.run(gone.values(deleted_at=tx.now))).result()
    problem(await robot.post(path(estate.ids["locum"])), 404)


async def test_sec_24_no_audit_row_has_the_secret(estate: Estate) -> None:
    robot = estate.callers.application("robot")
    view = await check_out(estate, robot)
    await estate.get(robot, f"{LEASES}/{view['id']}/Secret")
    await robot.post(f"{LEASES}/{view['id']}/CheckIn")
    details = estate.database.submit_read(lambda tx: tx.scalars(sa.select(audit_event.c.detail))).result()
    assert view["id"] in "".join(details)
    assert SERVICE_PASSWORD not in "".join(details)


WAYS = (
    "/api/v1/Credential/{}",
    "/api/v1/Credential/NewCredentialFromCredential/{}",
    "/api/v1/Credential/{}/CiscoEnablePassword",
    "/api/locum/v1/Secret/{}/Reveal",
    "/api/locum/v1/Secret/{}/Copy",
    "/api/locum/v1/Secret/{}/Export",
    "/api/locum/v1/Credential/{}/SshKey",
)


@pytest.mark.parametrize("way", WAYS)
async def test_who_is_alone_with_a_secret_is_it_whatever_way_others_take(estate: Estate, way: str) -> None:
    """Other applications meet the lease before they hear what is kept; an administrator is let through, audited."""
    robot, other = estate.callers.application("robot"), estate.callers.application("other")
    at = way.format(estate.ids["locum"])

    async def ask(who: Caller) -> httpx.Response:
        return await who.http.get(
            at, params={"showPassword": "true"} if at.endswith(estate.ids["locum"]) else None
        )

    before = {who: (await ask(who)).status_code for who in (robot, other, estate.admin)}
    view = await check_out(estate, robot)
    assert "checked out until" in problem(await ask(other), 409)["detail"]
    assert {who: (await ask(who)).status_code for who in (robot, estate.admin)} == {
        who: before[who] for who in (robot, estate.admin)
    }
    made(await robot.post(f"{LEASES}/{view['id']}/CheckIn"))
    assert (await ask(other)).status_code == before[other]
