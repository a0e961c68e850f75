"""What the contract has no field for, of a resource, over the API."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from account_calls import assert_problem
from estate import RESOURCES, Estate, made
from locum.resources.model import unreached

pytestmark = pytest.mark.anyio


def state(resource_id: str | UUID) -> str:
    return f"/api/locum/v1/ManagedResource/{resource_id}/State"


@pytest.mark.sees_effect("ResourceState.Get")
async def test_what_is_known_of_a_host(estate: Estate) -> None:
    host = estate.ids["web01"]
    well = await estate.get(estate.admin, state(host))
    assert (well["unreachedSinceDateTimeUtc"], well["problem"], well["trustsUserCa"]) == (None, None, False)
    await estate.admin.put(f"/api/locum/v1/ManagedResource/{host}/SshUserCa", {"trusted": True})
    await estate.database.write(
        lambda tx: tx.add(unreached, resource_id=UUID(host), since=tx.now, reason="nobody answers")
    )
    silent = await estate.get(estate.admin, state(host))
    assert silent["unreachedSinceDateTimeUtc"]
    assert (silent["problem"], silent["trustsUserCa"]) == ("nobody answers", True)


async def test_how_a_database_listens(estate: Estate) -> None:
    listens = {"server": "db.example.org", "port": 5433, "name": "shop", "trustServerCertificate": True}
    body = {"name": "shop", "type": 5, "managedDatabase": listens}
    found = await estate.get(estate.admin, state(made(await estate.admin.post(RESOURCES, body))["id"]))
    assert (found["port"], found["databaseName"]) == (5433, "shop")
    assert (found["encrypted"], found["trustServerCertificate"]) == (True, True)


async def test_nobody_else_is_told(estate: Estate) -> None:
    for stranger in (estate.ada, estate.callers.application("robot")):
        assert_problem(await stranger.get(state(estate.ids["web01"])), 403)
    assert_problem(await estate.admin.get(state(uuid4())), 404)
