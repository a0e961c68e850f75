"""The list of platforms."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from estate import Estate, made
from locum.resources.model import platform

pytestmark = pytest.mark.anyio


@pytest.mark.sees_effect("Platform.GetAll")
async def test_it_shows_what_there_is_and_what_resources_may_name(estate: Estate) -> None:
    (linux,) = await estate.get(estate.ada, "/API/v1/platform")
    assert (linux["name"], linux["builtInAccount"], linux["type"]) == ("Linux", "root", 0)
    host = made(
        await estate.admin.post("/api/v1/ManagedResource", {"name": "db01", "platformId": linux["id"].upper()})
    )
    assert host["platformId"] == linux["id"]
    estate.database.submit_write(lambda tx: tx.run(sa.update(platform).values(name="Debian"))).result()
    assert [row["name"] for row in await estate.get(estate.admin, "/api/v1/Platform")] == ["Debian"]
