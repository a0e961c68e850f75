"""The history options over the API."""

from __future__ import annotations

import pytest

from estate import Estate, made, problem
from locum.credentials.history import history_options

pytestmark = pytest.mark.anyio

PATH = "/api/v1/CredentialPasswordHistoryOptions"


@pytest.mark.sees_effect("CredentialPasswordHistoryOptions.Get", "CredentialPasswordHistoryOptions.Put")
async def test_they_are_read_and_changed(estate: Estate) -> None:
    view = await estate.get(estate.admin, PATH)
    assert (view["historicalPasswordLimit"], view["daysOfPasswordRetention"]) == (10, 0)
    made(await estate.admin.put(PATH, {**view, "historicalPasswordLimit": 4}))
    changed = made(await estate.admin.put(PATH, {"daysOfPasswordRetention": 365}))
    assert await estate.get(estate.admin, PATH) == changed
    held = await estate.database.read(history_options)
    assert (held.limit, held.days) == (4, 365)
    assert estate.audited("history_options.changed", view["id"]) == 2


async def test_refusals(estate: Estate) -> None:
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.get(PATH), 403)
        problem(await stranger.put(PATH, {"historicalPasswordLimit": 0}), 403)
    problem(await estate.admin.put(PATH, {"historicalPasswordLimit": 1001}), 400)
