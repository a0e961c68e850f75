"""The list of connection profiles."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from estate import Estate, problem
from locum.activities.model import connection_profile

pytestmark = pytest.mark.anyio

PROFILES = "/api/v1/ConnectionProfile"


@pytest.mark.sees_effect("ConnectionProfile.GetAll")
async def test_it_shows_what_sessions_are_like(estate: Estate) -> None:
    (default,) = await estate.get(estate.admin, PROFILES)
    assert (default["name"], default["type"], default["isDefault"]) == ("Default", 1, True)
    assert (default["record"], default["maxSessionLength"]) == (True, 60)
    assert (await estate.ask())["activityConfigurationId"] == default["id"]
    change = sa.update(connection_profile).values(max_session_minutes=5)
    estate.database.submit_write(lambda tx: tx.run(change)).result()
    (default,) = await estate.get(estate.callers.application("robot"), PROFILES.lower())
    assert default["maxSessionLength"] == 5


async def test_users_do_not_see_them(estate: Estate) -> None:
    problem(await estate.ada.get(PROFILES), 403)
