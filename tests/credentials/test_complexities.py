"""Password complexities are made, changed and deleted, and audited; the default one stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audited import details
from locum.credentials.complexities import (
    add_complexity,
    change_complexity,
    complexities,
    complexity_of,
    delete_complexity,
)
from locum.credentials.complexity import obeys
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.resources.model import platform
from rules_world import make_rules
from world import ACTOR

pytestmark = pytest.mark.anyio

PLAIN = {"lower_case": True, "numeric": True, "length": 6}


async def test_a_complexity_is_made_changed_and_deleted(database: Database) -> None:
    made = await database.write(add_complexity, ACTOR, name="Short", rule=PLAIN)
    assert (made.name, made.is_default, made.upper_case) == ("Short", False, False)
    assert obeys("abc123", made)
    changed = await database.write(
        change_complexity, ACTOR, made.id, name="Long", description="for databases", rule={"length": 40}
    )
    assert (changed.name, changed.description, changed.length) == ("Long", "for databases", 40)
    assert changed.lower_case
    assert await database.write(change_complexity, ACTOR, made.id, rule={"length": 40, "type": 0}) == changed
    await database.write(delete_complexity, ACTOR, made.id)
    assert await database.read(complexities) == []
    assert details(database, "complexity.created", made.id) == [{"name": "Short"}]
    (change,) = details(database, "complexity.changed", made.id)
    assert change == {"name": "Long", "fields": "description, length, name, name_key"}
    assert details(database, "complexity.deleted", made.id) == [{"name": "Long"}]


async def test_what_is_wrong_is_refused(database: Database) -> None:
    made = await database.write(add_complexity, ACTOR, name="Short", rule=PLAIN)
    await database.write(add_complexity, ACTOR, name="Other", rule=PLAIN)
    refused: list[tuple[type[Exception], Any, tuple[Any, ...], dict[str, Any]]] = [
        (Conflict, add_complexity, (), {"name": "short", "rule": PLAIN}),
        (Invalid, add_complexity, (), {"name": None, "rule": PLAIN}),
        (Invalid, add_complexity, (), {"name": "x", "rule": {}}),
        (Conflict, change_complexity, (made.id,), {"name": "other", "rule": {}}),
        (Conflict, change_complexity, (made.id,), {"rule": {"type": 1}}),
        (Invalid, change_complexity, (made.id,), {"rule": {"excluded": "0123456789"}}),
        (NotFound, change_complexity, (new_id(),), {"rule": {}}),
        (NotFound, delete_complexity, (new_id(),), {}),
    ]
    for kind, verb, arguments, more in refused:
        with pytest.raises(kind):
            await database.write(verb, ACTOR, *arguments, **more)
    assert await database.read(complexity_of, made.id) == made
    assert details(database, "complexity.changed") == []


async def test_the_default_one_and_used_ones_stay(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    (default,) = await database.read(complexities)
    with pytest.raises(Conflict, match="default"):
        await database.write(delete_complexity, ACTOR, default.id)
    assert (await database.write(change_complexity, ACTOR, default.id, rule={"length": 99})).length == 99
    made = await database.write(add_complexity, ACTOR, name="Short", rule=PLAIN)
    await rules.login("root", await rules.host("db01"), complexity_id=made.id)
    with pytest.raises(Conflict, match=r"this password complexity is used by credential “root”$"):
        await database.write(delete_complexity, ACTOR, made.id)
    await rules.set(platform, await rules.platform(), complexity_id=made.id)
    with pytest.raises(Conflict, match="platform “Linux”"):
        await database.write(delete_complexity, ACTOR, made.id)
