"""API keys with names and bounds: each bound is seen to hold, and to come off."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from account_calls import BASE, SEARCH, application, assert_problem
from audited import details
from identities_world import Caller, Callers
from locum.api.context import Api
from locum.identities.caller import Role
from locum.kit.db import Database

pytestmark = pytest.mark.anyio

KEYS = "/api/locum/v1/ApiKey"


async def made(admin: Caller, robot: str, **body: Any) -> tuple[str, dict[str, Any]]:
    answer = await admin.post(f"/api/locum/v1/Application/{robot}/ApiKey", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["key"], answer.json()["apiKey"]


async def listed(admin: Caller, robot: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await admin.get(f"/api/locum/v1/Application/{robot}/ApiKey")).json()
    return rows


@pytest.mark.sees_effect("ApiKey.Create", "ApiKey.List", "ApiKey.Revoke")
async def test_a_key_and_the_one_before_it(callers: Callers, database: Database) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin)
    old, _ = await made(admin, robot, name="old")
    new, view = await made(admin, robot, name="new", overlapMinutes=10)
    for key in (old, new):
        assert (await callers.bearing(key).get(SEARCH)).status_code == 200
    assert [(row["name"], row["isLive"]) for row in await listed(admin, robot)] == [("new", True), ("old", True)]
    assert (await admin.http.delete(f"{KEYS}/{view['id']}")).status_code == 200
    assert (await callers.bearing(new).get(SEARCH)).status_code == 401
    assert (await callers.bearing(old).get(SEARCH)).status_code == 200
    assert (await admin.get(f"{BASE}/RevealApiKey/{robot}")).json() == old
    last, _ = await made(admin, robot)
    assert (await callers.bearing(old).get(SEARCH)).status_code == 401
    assert (await callers.bearing(last).get(SEARCH)).status_code == 200
    assert [row["isLive"] for row in await listed(admin, robot)] == [True, False, False]
    assert len(details(database, "api_key.generated", robot)) == 3
    shown = str(await listed(admin, robot))
    assert not any(key in shown for key in (old, new, last))


async def test_operations(callers: Callers) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin)
    key, _ = await made(admin, robot, operations=["ManagedAccount.Search", "Activity.*"])
    bounded = callers.bearing(key)
    assert (await bounded.get(SEARCH)).status_code == 200
    assert (await bounded.get("/api/v1/Activity")).status_code == 200
    refused = await bounded.get(f"{BASE}/ListLocalUsersNameAndIds")
    assert_problem(refused, 403)
    assert "not for the operation ManagedAccount.ListLocalUsersNameAndIdsAsync" in refused.json()["detail"]


@pytest.mark.sees_effect("ApiKey.Put")
async def test_addresses_and_their_change(callers: Callers, api: Api) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin)
    key, view = await made(admin, robot, name="n", addresses=["198.51.100.0/24"])
    here, there = callers.bearing(key), Caller(api, key, address="198.51.100.9")
    assert_problem(await here.get(SEARCH), 401)
    assert (await there.get(SEARCH)).status_code == 200
    changed = await admin.put(f"{KEYS}/{view['id']}", {"name": "n2", "addresses": ["192.0.2.1"]})
    assert (changed.json()["name"], changed.json()["addresses"]) == ("n2", ["192.0.2.1/32"])
    assert (await here.get(SEARCH)).status_code == 200
    assert_problem(await there.get(SEARCH), 401)
    await admin.put(f"{KEYS}/{view['id']}", {})
    assert (await there.get(SEARCH)).status_code == 200
    (row,) = await listed(admin, robot)
    assert (row["name"], row["addresses"]) == ("API key", None)
    await there.http.aclose()


async def test_uses_are_counted_and_used_up(callers: Callers, api: Api) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin)
    key, _ = await made(admin, robot, maxUses=5)
    answers = await asyncio.gather(*(callers.bearing(key).get(SEARCH) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [401] * 15
    (row,) = await listed(admin, robot)
    assert (row["useCount"], row["isLive"], row["lastUsedFrom"]) == (5, False, "192.0.2.1")
    # A use that is refused counts too: who may try for nothing may try for ever.
    key, _ = await made(admin, robot, maxUses=2)
    assert_problem(await callers.bearing(key).get(SEARCH, take=-1), 400)
    assert_problem(await callers.bearing(key).put(f"{BASE}/ResetMFA/{uuid4()}"), 403)
    assert_problem(await callers.bearing(key).get(SEARCH), 401)


async def test_other_uses_are_shown_a_little_later(callers: Callers, api: Api) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin)
    key, view = await made(admin, robot)
    assert (view["useCount"], view["lastUsedAt"]) == (0, None)
    for _ in range(3):
        await callers.bearing(key).get(SEARCH)
    await api.usage.flush()
    (row,) = await listed(admin, robot)
    assert (row["useCount"], row["lastUsedFrom"]) == (3, "192.0.2.1")
    assert row["lastUsedAt"] is not None


async def test_it_ends(callers: Callers) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin)
    key, view = await made(admin, robot, expiresAt="2999-01-01T00:00:00Z")
    assert view["expiresAt"] == "2999-01-01T00:00:00.000Z"
    assert (await callers.bearing(key).get(SEARCH)).status_code == 200
    assert_problem(await admin.put(f"{KEYS}/{view['id']}", {"expiresAt": "2020-01-01T00:00:00Z"}), 400)
    assert (await callers.bearing(key).get(SEARCH)).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "soon"}, "expiresAt"),
        ({"operations": []}, "operations"),
        ({"operations": ["*"]}, "operations"),
        ({"addresses": []}, "addresses"),
        ({"addresses": ["everywhere"]}, "addresses"),
        ({"policies": ["x"]}, "policies[0]"),
        ({"maxUses": 0}, "maxUses"),
        ({"overlapMinutes": 10_081}, "overlapMinutes"),
        ({"name": "a\u0007b"}, "name"),
    ],
)
async def test_bad_bounds(callers: Callers, body: dict[str, Any], field: str) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin)
    answer = await admin.post(f"/api/locum/v1/Application/{robot}/ApiKey", body)
    assert_problem(answer, 400)
    assert list(answer.json()["errors"]) == [field]
    assert await listed(admin, robot) == []


async def test_whose(callers: Callers) -> None:
    admin, ada = callers.person("root", Role.ADMIN), callers.world.person("ada")
    for path, status in ((ada.id, 400), (uuid4(), 404)):
        for method in ("GET", "POST"):
            answer = await admin.http.request(method, f"/api/locum/v1/Application/{path}/ApiKey", json={})
            assert_problem(answer, status)
    for method in ("PUT", "DELETE"):
        assert_problem(await admin.http.request(method, f"{KEYS}/{uuid4()}", json={}), 404)
        for caller in (callers.person(f"u{method}"), callers.application(f"r{method}")):
            assert_problem(await caller.http.request(method, f"{KEYS}/{uuid4()}", json={}), 403)
