"""How many earlier secrets are kept is one row, changed and audited."""

from __future__ import annotations

import pytest

from audited import details
from locum.credentials.history import history_options, set_history_options
from locum.kit.db import Database
from locum.kit.errors import Invalid, NotFound
from locum.main.seed import seed
from world import ACTOR

pytestmark = pytest.mark.anyio


async def test_the_options_are_changed_and_audited(database: Database) -> None:
    with pytest.raises(NotFound):
        await database.read(history_options)
    await database.write(seed)
    assert (await database.read(history_options)).limit == 10
    await database.write(set_history_options, ACTOR, limit=3)
    changed = await database.write(set_history_options, ACTOR, days=90)
    assert (changed.limit, changed.days) == (3, 90)
    assert await database.write(set_history_options, ACTOR, limit=3, days=90) == changed
    for wrong in ({"limit": -1}, {"limit": 1001}, {"days": -1}, {"days": 36501}):
        with pytest.raises(Invalid):
            await database.write(set_history_options, ACTOR, **wrong)
    assert await database.read(history_options) == changed
    rows = details(database, "history_options.changed", changed.id)
    assert rows == [{"count": 3, "days": 0}, {"count": 3, "days": 90}]
