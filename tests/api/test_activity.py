"""The list of activities."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from estate import Estate
from locum.activities.model import activity

pytestmark = pytest.mark.anyio


@pytest.mark.sees_effect("Activity.GetAll")
async def test_it_shows_what_may_be_asked_for(estate: Estate) -> None:
    listed = await estate.get(estate.ada, "/api/v1/Activity")
    assert [row["name"] for row in listed] == ["Linux shell", "Linux sudo"]
    assert {(row["activityType"], row["loginAccount"], row["createAccount"]) for row in listed} == {(0, 2, True)}
    for row in listed:
        assert (await estate.ask(activityId=row["id"]))["activityId"] == row["id"]
    change = sa.update(activity).where(activity.c.name == "Linux sudo").values(name="A new name")
    estate.database.submit_write(lambda tx: tx.run(change)).result()
    listed = await estate.get(estate.ada, "/api/v1/ACTIVITY")
    assert [row["name"] for row in listed] == ["A new name", "Linux shell"]
