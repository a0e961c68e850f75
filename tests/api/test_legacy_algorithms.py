"""Weak algorithms of old SSH servers over the API."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from account_calls import assert_problem
from estate import Estate
from locum.actions.target import locate

pytestmark = pytest.mark.anyio


@pytest.mark.sees_effect("LegacyAlgorithms.Get", "LegacyAlgorithms.Put")
async def test_an_administrator_says_which_hosts_may_be_spoken_to_in_weak_ways(estate: Estate) -> None:
    host = UUID(estate.ids["web01"])
    path = f"/api/locum/v1/ManagedResource/{host}/LegacyAlgorithms"
    assert await estate.get(estate.admin, path) == {"allowed": False}
    assert (await estate.admin.put(path, {"allowed": True})).json() == {"allowed": True}
    assert await estate.get(estate.admin, path) == {"allowed": True}
    _, target = await estate.database.read(locate, estate.callers.api.vault, host)
    assert target.legacy
    assert_problem(await estate.admin.put(path, {}), 400)
    for stranger in (estate.ada, estate.callers.application("robot")):
        assert_problem(await stranger.put(path, {"allowed": False}), 403)
        assert_problem(await stranger.get(path), 403)
    unknown = f"/api/locum/v1/ManagedResource/{uuid4()}/LegacyAlgorithms"
    assert_problem(await estate.admin.put(unknown, {"allowed": True}), 404)
    assert_problem(await estate.admin.get(unknown), 404)
