"""What depends on a credential, over the API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from estate import Estate, made, problem

pytestmark = pytest.mark.anyio

DEPENDANTS = "/api/locum/v1/Dependant"
FILE = {"path": "/etc/app.conf", "pattern": 'password = "{secret}"', "unit": "app.service"}


def of(credential_id: str) -> str:
    return f"/api/locum/v1/Credential/{credential_id}/Dependant"


def body(estate: Estate, **changes: Any) -> dict[str, Any]:
    return {"name": "app", "resourceId": estate.ids["web01"], "parameters": FILE, **changes}


@pytest.mark.sees_effect("Dependant.Create", "Dependant.List", "Dependant.Change", "Dependant.Delete")
async def test_a_dependant_comes_changes_and_goes(estate: Estate) -> None:
    one = estate.ids["locum"]
    estate.manage(one)
    first = made(await estate.admin.post(of(one), body(estate)), 201)
    assert (first["kind"], first["parameters"], first["resourceId"]) == ("file", FILE, estate.ids["web01"])
    problem(await estate.admin.post(of(one), body(estate, name="APP")), 409)
    other = {"path": "/srv/b", "pattern": "{secret}"}
    changed = made(await estate.admin.put(f"{DEPENDANTS}/{first['id']}", body(estate, name="b", parameters=other)))
    assert (changed["name"], changed["parameters"]) == ("b", other)
    assert await estate.get(estate.admin, of(one)) == [changed]
    assert (await estate.admin.http.delete(f"{DEPENDANTS}/{first['id']}")).status_code == 200
    assert await estate.get(estate.admin, of(one)) == []
    problem(await estate.admin.http.delete(f"{DEPENDANTS}/{first['id']}"), 404)
    assert [estate.audited(f"dependant.{what}", one) for what in ("created", "changed", "deleted")] == [1, 1, 1]


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": {"path": "etc/app", "pattern": "{secret}"}},
        {"parameters": {"path": "/etc/../shadow", "pattern": "{secret}"}},
        {"parameters": {"path": "/etc/app", "pattern": "nothing"}},
        {"parameters": {"path": "/etc/app", "pattern": "{secret}\n"}},
        {"parameters": {**FILE, "unit": "a; reboot"}},
        {"parameters": {"path": "/etc/app"}},
        {"kind": "service"},
        {"name": ""},
    ],
)
async def test_what_no_host_would_take_is_refused_at_once(estate: Estate, changes: dict[str, Any]) -> None:
    estate.manage(estate.ids["locum"])
    problem(await estate.admin.post(of(estate.ids["locum"]), body(estate, **changes)), 400)
    assert await estate.get(estate.admin, of(estate.ids["locum"])) == []


async def test_only_for_what_locum_can_change_on_a_resource_there_is(estate: Estate) -> None:
    problem(await estate.admin.post(of(estate.ids["locum"]), body(estate)), 409)
    problem(await estate.admin.post(of(str(uuid4())), body(estate)), 404)
    estate.manage(estate.ids["locum"])
    problem(await estate.admin.post(of(estate.ids["locum"]), body(estate, resourceId=str(uuid4()))), 404)


async def test_no_dependant_changes_while_a_rotation_is_under_way(estate: Estate) -> None:
    """It would keep the old secret, or be put back to one it never had."""
    first = await estate.dependant()
    made(await estate.admin.post(f"/api/locum/v1/Credential/{estate.ids['locum']}/Rotate"), 201)
    problem(await estate.admin.post(of(estate.ids["locum"]), body(estate, name="second")), 409)
    problem(await estate.admin.put(f"{DEPENDANTS}/{first}", body(estate)), 409)
    problem(await estate.admin.http.delete(f"{DEPENDANTS}/{first}"), 409)


async def test_no_custom_role_writes_files_on_hosts(estate: Estate) -> None:
    one = estate.ids["locum"]
    estate.manage(one)
    holder = await estate.holder("holder", ["credentials:credential:manage"], credentialIds=[one])
    for who in (holder, estate.eve, estate.callers.application("robot")):
        problem(await who.post(of(one), body(estate)), 403)
        problem(await who.get(of(one)), 403)
