"""Platforms over the API: what there is, their rules, their copies."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from estate import CREDENTIALS, Estate, made, problem
from locum.kit.ids import new_id
from locum.resources.model import platform
from locum.resources.platforms import platform_of

pytestmark = pytest.mark.anyio

PATH = "/api/v1/Platform"
SEEDED = ["Linux", "MySQL", "PostgreSQL", "Secret Vault"]


@pytest.mark.sees_effect("Platform.GetAll")
async def test_it_shows_what_there_is_and_what_resources_may_name(estate: Estate) -> None:
    (linux, *others) = await estate.get(estate.ada, "/API/v1/platform")
    assert (linux["name"], linux["builtInAccount"], linux["type"]) == ("Linux", "root", 0)
    assert [row["name"] for row in others] == SEEDED[1:]
    host = made(
        await estate.admin.post("/api/v1/ManagedResource", {"name": "db01", "platformId": linux["id"].upper()})
    )
    assert host["platformId"] == linux["id"]
    rename = sa.update(platform).where(platform.c.name == "Linux").values(name="Debian")
    estate.database.submit_write(lambda tx: tx.run(rename)).result()
    assert [row["name"] for row in await estate.get(estate.admin, PATH)] == ["Debian", *SEEDED[1:]]


@pytest.mark.sees_effect("Platform.GetById", "Platform.Post", "Platform.Put", "Platform.Delete")
async def test_rules_and_copies(estate: Estate) -> None:
    (linux, *_) = await estate.get(estate.admin, PATH)
    (daily,) = [s for s in await estate.get(estate.admin, "/api/v1/ScheduledChangePolicy") if s["name"] == "Daily"]
    (complexity,) = await estate.get(estate.admin, "/api/v1/PasswordComplexity")
    one = f"{PATH}/{linux['id']}"
    view = made(
        await estate.admin.put(
            one,
            {
                "scheduledChangePolicyId": daily["id"],
                "passwordComplexityPolicyId": complexity["id"],
                "resetOnMismatch": True,
            },
        )
    )
    assert (view["scheduledChangePolicy"], view["passwordComplexityPolicy"]) == (daily, complexity)
    assert await estate.get(estate.callers.application("robot"), one) == view
    held = await estate.database.read(platform_of, UUID(linux["id"]))
    assert (str(held.rotation_schedule_id), held.reset_on_mismatch) == (daily["id"], True)
    cleared = made(await estate.admin.put(one, {"scheduledChangePolicyId": None}))
    assert (cleared["scheduledChangePolicyId"], cleared["passwordComplexityPolicyId"]) == (None, complexity["id"])
    copy = made(await estate.admin.post(PATH, {"basePlatformId": linux["id"], "name": "Palo Alto"}))
    assert (copy["basePlatformId"], copy["resetOnMismatch"]) == (linux["id"], True)
    assert "Palo Alto" in [row["name"] for row in await estate.get(estate.ada, PATH)]
    login = made(
        await estate.admin.post(CREDENTIALS, {"username": "app", "password": "x", "platformId": copy["id"]})
    )
    problem(await estate.admin.http.delete(f"{PATH}/{copy['id']}"), 409)
    assert (await estate.admin.http.delete(f"{CREDENTIALS}/{login['id']}")).status_code == 200
    assert (await estate.admin.http.delete(f"{PATH}/{copy['id']}")).status_code == 200
    problem(await estate.admin.get(f"{PATH}/{copy['id']}"), 404)
    assert estate.audited("platform.changed", linux["id"]) == 2
    for action in ("created", "deleted"):
        assert estate.audited(f"platform.{action}", copy["id"]) == 1


async def test_refusals(estate: Estate) -> None:
    (linux, *_) = await estate.get(estate.admin, PATH)
    one = f"{PATH}/{linux['id']}"
    problem(await estate.ada.get(one), 403)
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.put(one, {"resetOnMismatch": True}), 403)
        problem(await stranger.http.delete(one), 403)
    problem(await estate.admin.http.delete(one), 409)
    problem(await estate.admin.put(one, {"scanScheduleId": str(new_id())}), 400)
    problem(await estate.admin.post(PATH, {"name": "without a base"}), 400)
    problem(await estate.admin.put(f"{PATH}/{new_id()}", {"resetOnMismatch": True}), 404)


async def test_activities_of_a_platform_work_on_resources_of_its_copies(estate: Estate) -> None:
    linux, mysql, *_ = await estate.get(estate.admin, PATH)
    hosts = []
    for n, base in enumerate((linux, mysql)):
        copy = made(await estate.admin.post(PATH, {"basePlatformId": base["id"], "name": f"Branch {n}"}))
        host = {"name": f"branch{n}", "ipAddress": f"192.0.2.2{n}", "platformId": copy["id"]}
        hosts.append(made(await estate.admin.post("/api/v1/ManagedResource", host))["id"])
    await estate.policy("branches", managedResourceIds=hosts)
    asked = await estate.ask(managedResourceId=hosts[0])
    assert (await estate.get(estate.ada, f"/api/v1/ActivitySession/{asked['id']}"))["managedResourceId"] == hosts[
        0
    ]
    body = {"activityId": estate.ids["Linux sudo"], "managedResourceId": hosts[1]}
    refused = problem(await estate.ada.post("/api/v1/ActivitySession", body), 403)
    assert "another platform" in refused["detail"]
