"""Which complexity holds for an account made for one session; on a host: test_login.py."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.credentials.complexities import add_complexity, change_complexity, complexities, delete_complexity
from locum.credentials.complexity import BUILT_IN, obeys
from locum.kit.db import Database
from locum.kit.errors import Conflict
from locum.sessions.token_rule import account_name, account_password
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def demand(database: Database, complexity_id: UUID | None) -> UUID:
    change = sa.update(connection_profile).values(token_complexity_id=complexity_id)
    await database.write(lambda tx: tx.run(change))
    found: UUID = await database.read(lambda tx: tx.scalar(sa.select(connection_profile.c.id)))
    return found


async def test_the_profile_s_rule_or_the_default_one(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    profile_id = await demand(database, None)
    assert await database.read(account_name, profile_id) is None
    assert obeys((await database.read(account_password, profile_id)).reveal_text(), BUILT_IN)
    (default,) = [one for one in await database.read(complexities) if one.is_default]
    await database.write(change_complexity, ACTOR, default.id, rule={"length": 40})
    assert len((await database.read(account_password, profile_id)).reveal_text()) == 40
    short = {"numeric": True, "length": 12}
    passwords = await database.write(add_complexity, ACTOR, name="Digits", rule={"type": 0, **short})
    await demand(database, passwords.id)
    assert await database.read(account_name, profile_id) is None
    made = (await database.read(account_password, profile_id)).reveal_text()
    assert obeys(made, passwords)
    names = await database.write(
        add_complexity, ACTOR, name="Names", rule={"type": 1, "lower_case": True, "length": 6}
    )
    await demand(database, names.id)
    assert obeys(await database.read(account_name, profile_id) or "", names)
    assert len((await database.read(account_password, profile_id)).reveal_text()) == 40


async def test_a_complexity_that_a_profile_has_is_not_deleted(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    held = await database.write(add_complexity, ACTOR, name="Digits", rule={"numeric": True, "length": 12})
    await demand(database, held.id)
    with pytest.raises(Conflict, match="used by connection profile “Default”"):
        await database.write(delete_complexity, ACTOR, held.id)
    await demand(database, None)
    await database.write(delete_complexity, ACTOR, held.id)
