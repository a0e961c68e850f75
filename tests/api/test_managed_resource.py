"""Hosts over the API: onboarded, found again, and nothing set that the server sets itself."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from account_calls import application
from estate import NIL, RESOURCES, Estate, made, problem
from locum.actions.plan import PlannedStep
from locum.resources.model import resource
from locum.sessions import ledger
from locum.sessions.lifecycle import Status

pytestmark = pytest.mark.anyio

SEARCH = f"{RESOURCES}/Search"


async def names(estate: Estate, **params: Any) -> list[str]:
    return [row["name"] for row in (await estate.get(estate.admin, SEARCH, **params))["data"]]


@pytest.mark.sees_effect("ManagedResource.Post", "ManagedResource.Search")
async def test_a_host_is_onboarded_and_found_with_what_it_is_used_for(estate: Estate) -> None:
    view = made(await estate.admin.post(RESOURCES, {"NAME": "db01", "host": {"dnsHostName": "db01.example.org"}}))
    assert (view["type"], view["portSsh"], view["platformId"]) == (0, 22, await linux(estate))
    assert (view["trustedThumbprint"], view["serviceAccountId"]) == (None, None)
    assert estate.audited("resource.created", view["id"]) == 1
    active, _ = (await estate.ask())["id"], await estate.ask()
    estate.become(active, Status.ACTIVE)
    first, second = (await estate.get(estate.admin, SEARCH, orderBy="name"))["data"]
    assert (first["name"], first["dnsHostName"], first["platformName"]) == ("db01", "db01.example.org", "Linux")
    assert (first["activeSessionCount"], first["accessPolicyCount"]) == (0, 0)
    assert (second["name"], second["ipAddress"], second["portSsh"]) == ("web01", "192.0.2.10", 2222)
    assert (second["saUsername"], second["acceptThumbprintOnFirstDiscovery"]) == ("locum", True)
    assert (second["activeSessionCount"], second["scheduledSessionCount"], second["accessPolicyCount"]) == (
        1,
        1,
        1,
    )


async def linux(estate: Estate) -> str:
    (row,) = [one for one in await estate.get(estate.ada, "/api/v1/Platform") if one["name"] == "Linux"]
    return str(row["id"])


async def test_the_name_alone_is_the_address(estate: Estate) -> None:
    made(await estate.admin.post(RESOURCES, {"name": "db01.example.org"}))
    found = (await estate.get(estate.admin, SEARCH, filterText="DB01"))["data"]
    assert [row["dnsHostName"] for row in found] == ["db01.example.org"]


async def test_what_is_wrong_is_said(estate: Estate) -> None:
    good: dict[str, Any] = {"name": "db01", "ipAddress": "192.0.2.11"}
    for changes, field in (
        ({"name": "", "ipAddress": ""}, "name"),
        ({"name": "two words", "ipAddress": ""}, "name"),
        ({"ipAddress": "192.0.2.256"}, "ipAddress"),
        ({"ipAddress": "fe80::1%" + "a" * 100}, "ipAddress"),
        ({"ipAddress": "$(reboot)"}, "ipAddress"),
        ({"host": {"dnsHostName": "-oProxyCommand=x"}}, "name"),
        ({"portSsh": 65_536}, "portSsh"),
        ({"portSsh": -1}, "portSsh"),
        ({"platformId": str(uuid4())}, "platformId"),
        ({"serviceAccountId": str(uuid4())}, "serviceAccountId"),
        ({"serviceAccountId": "locum"}, "serviceAccountId"),
        ({"name": "x" * 257}, "name"),
    ):
        assert field in problem(await estate.admin.post(RESOURCES, {**good, **changes}), 400)["errors"], changes
    problem(await estate.admin.post(RESOURCES, {**good, "type": "Domain"}), 409)
    assert estate.count(resource) == 1


async def test_a_name_is_taken_in_every_spelling_and_at_once(estate: Estate) -> None:
    for name in ("web01", "WEB01", " ｗｅｂ01 "):
        problem(await estate.admin.post(RESOURCES, {"name": name, "ipAddress": "192.0.2.11"}), 409)
    answers = await asyncio.gather(*(estate.admin.post(RESOURCES, {"name": "db01"}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]


async def test_pages_orders_and_filters(estate: Estate) -> None:
    for name in ("Beta", "alpha", "gamma%"):
        made(await estate.admin.post(RESOURCES, {"name": name, "ipAddress": "192.0.2.99"}))
    assert await names(estate, OrderBy="NAME") == ["alpha", "Beta", "gamma%", "web01"]
    assert await names(estate, orderBy="name", orderDescending="true", skip=1, take=2) == ["gamma%", "Beta"]
    assert await estate.get(estate.admin, SEARCH, Take=0) == {"data": [], "recordsTotal": 4}
    assert await names(estate, filterText="%") == ["gamma%"]
    assert len(await names(estate, filterText="192.0.2.99")) == 3
    assert await names(estate, filterText="192.0.2.99", filterColumns=["name", "os"]) == []
    assert len(await names(estate, filterText="192.0.2.99", FILTERCOLUMNS=["Name", "IpAddress"])) == 3
    problem(await estate.admin.get(SEARCH, filterText="x", filterColumns="os"), 400)
    for params, total in (
        ({"filterType": "host"}, 4),
        ({"filterType": 5}, 0),
        ({"managedResourceId": estate.ids["web01"]}, 1),
        ({"managedResourceId": NIL, "domainConfigId": ""}, 4),
        ({"domainConfigId": str(uuid4())}, 0),
        ({"unheardOf": "1"}, 4),
    ):
        assert (await estate.get(estate.admin, SEARCH, **params))["recordsTotal"] == total
    for params in ({"orderBy": "service_account_id"}, {"take": -1}, {"filterType": "Rocket"}):
        problem(await estate.admin.get(SEARCH, **params), 400)


async def test_who_may(estate: Estate) -> None:
    robot = estate.callers.application("robot")
    made(await robot.post(RESOURCES, {"name": "db01"}))
    assert (await robot.get(SEARCH)).status_code == 200
    for call in (estate.ada.get(SEARCH), estate.ada.post(RESOURCES, {"name": "x"})):
        problem(await call, 403)
    problem(await estate.callers.nobody().get(SEARCH), 401)


async def test_whose_host_key_is_let_in_says_an_administrator_alone(estate: Estate) -> None:
    robot = estate.callers.application("robot")
    (row,) = (await estate.get(estate.admin, SEARCH))["data"]
    path = f"{RESOURCES}/{row['id']}"
    assert row["sshTrustActionType"] == 2
    assert "host key" in problem(await robot.put(path, {"sshTrustActionType": 0}), 403)["detail"]
    made(await robot.put(path, row))
    problem(await estate.admin.put(path, {"sshTrustActionType": 3}), 400)
    assert (
        made(await estate.admin.put(path, {"sshTrustActionType": "WarnOnThumbprintMismatch"}))[
            "sshTrustActionType"
        ]
        == 1
    )
    assert (await estate.get(estate.admin, SEARCH))["data"][0]["sshTrustActionType"] == 1


@pytest.mark.sees_effect("ManagedResource.PutAsync")
async def test_a_row_of_the_list_is_sent_back_with_one_field_changed(estate: Estate) -> None:
    """As scripts do, whose shell turns what is nested into text."""
    (row,) = (await estate.get(estate.admin, SEARCH))["data"]
    path = f"{RESOURCES}/{row['id']}"
    garbled = {
        **row,
        "platform": "@{name=Linux}",
        "serviceAccount": "System.Object[]",
        "activeSessionCount": "many",
    }
    same = made(await estate.admin.put(path, garbled))
    assert (same["name"], same["modifiedDateTimeUtc"]) == ("web01", row["modifiedDateTimeUtc"])
    assert estate.audited("resource.changed", row["id"]) == 0
    changed = made(await estate.admin.put(path, {**garbled, "ipAddress": "192.0.2.99", "portSsh": 2200}))
    assert (changed["ipAddress"], changed["portSsh"]) == ("192.0.2.99", 2200)
    assert estate.audited("resource.changed", row["id"]) == 1
    (after,) = (await estate.get(estate.admin, SEARCH, filterText="2.99"))["data"]
    kept = {
        name: value for name, value in row.items() if name not in ("ipAddress", "portSsh", "modifiedDateTimeUtc")
    }
    assert kept.items() <= after.items()
    for field in ("name", "displayName"):
        made(await estate.admin.put(path, {**after, field: f"by {field}"}))
        assert await names(estate, filterText=f"BY {field}".upper()) == [f"by {field}"]
        (after,) = (await estate.get(estate.admin, SEARCH))["data"]


async def test_what_can_not_be_changed_is_said(estate: Estate) -> None:
    await estate.admin.post(RESOURCES, {"name": "db01", "ipAddress": "192.0.2.11"})
    path = f"{RESOURCES}/{estate.ids['web01']}"
    postgres = next(
        one["id"] for one in await estate.get(estate.ada, "/api/v1/Platform") if one["name"] == "PostgreSQL"
    )
    for body, status, field in (
        ({"id": str(uuid4())}, 400, "id"),
        ({"ipAddress": "192.0.2.256"}, 400, "ipAddress"),
        ({"dnsHostName": "-oProxyCommand=x"}, 400, "name"),
        ({"portSsh": 70000}, 400, "portSsh"),
        ({"serviceAccountId": str(uuid4())}, 400, "serviceAccountId"),
        ({"platformId": str(uuid4())}, 400, "platformId"),
        ({"platformId": postgres}, 400, "platformId"),
        ({"name": "DB01"}, 409, None),
    ):
        told = problem(await estate.admin.put(path, body), status)
        assert field is None or field in told["errors"], body
    problem(await estate.admin.put(f"{RESOURCES}/{uuid4()}", {"name": "x"}), 404)
    problem(await estate.ada.put(path, {"name": "x"}), 403)
    (row,) = (await estate.get(estate.admin, SEARCH, filterText="web01"))["data"]
    assert (row["ipAddress"], row["portSsh"]) == ("192.0.2.10", 2222)


async def test_a_place_does_not_change_while_access_is_there(estate: Estate) -> None:
    """What is to be taken away would be looked for on another machine."""
    session = UUID((await estate.ask())["id"])
    where = UUID(estate.ids["web01"])
    estate.database.submit_write(
        ledger.intend, session_id=session, resource_id=where, steps=[PlannedStep("account", {"login": "x"})]
    ).result()
    path = f"{RESOURCES}/{where}"
    assert "taken away" in problem(await estate.admin.put(path, {"ipAddress": "192.0.2.99"}), 409)["detail"]
    made(await estate.admin.put(path, {"name": "web01 again"}))
    (entry,) = estate.database.submit_read(ledger.entries, session).result()
    estate.database.submit_write(ledger.reverted, entry.id).result()
    made(await estate.admin.put(path, {"ipAddress": "192.0.2.99"}))


async def test_a_key_for_other_credentials_moves_no_host(estate: Estate) -> None:
    """Its service account's password would be sent wherever the address leads."""
    robot = await application(estate.admin)
    other = made(await estate.admin.post("/api/v1/Credential", {"username": "other", "password": "x", "type": 1}))
    key = made(
        await estate.admin.post(f"/api/locum/v1/Application/{robot}/ApiKey", {"credentials": [other["id"]]}), 201
    )["key"]
    path = f"{RESOURCES}/{estate.ids['web01']}"
    problem(await estate.callers.bearing(key).put(path, {"ipAddress": "192.0.2.66"}), 403)
    assert await names(estate, filterText="2.66") == []
