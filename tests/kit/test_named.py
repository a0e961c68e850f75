"""Names are free or taken, and what is used stays."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from locum.credentials.model import credential_group
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Invalid
from locum.kit.ids import new_id
from locum.kit.named import Use, free_name, known, name_kept, unused
from locum.kit.names import name_key

pytestmark = pytest.mark.anyio

GROUP = credential_group


def add(tx: Tx, name: str) -> None:
    values = {"name": name, "name_key": name_key(name), "created_at": tx.now, "modified_at": tx.now}
    tx.add(GROUP, id=new_id(), **values)


async def test_a_name_is_free_or_its_own(database: Database) -> None:
    await database.write(add, "One")
    (one,) = await database.read(lambda tx: tx.scalars(sa.select(GROUP.c.id)))
    assert await database.read(free_name, GROUP, " Two ", "group") == {"name": "Two", "name_key": "two"}
    assert (await database.read(free_name, GROUP, "ONE", "group", but=one))["name"] == "ONE"
    with pytest.raises(Conflict, match="there is a group of this name already"):
        await database.read(free_name, GROUP, "ONE", "group")
    with pytest.raises(Invalid):
        await database.read(free_name, GROUP, "", "group")

    def race(tx: Tx) -> None:
        with name_kept("group"):
            add(tx, "one")

    with pytest.raises(Conflict, match="there is a group"):
        await database.write(race)


async def test_ids_are_known(database: Database) -> None:
    await database.write(add, "One")
    (one,) = await database.read(lambda tx: tx.scalars(sa.select(GROUP.c.id)))
    await database.read(known, GROUP.c.id, "group", {"a": one, "b": None, "c": one})
    await database.read(known, GROUP.c.id, "group", {})
    with pytest.raises(Invalid, match="b names no group") as refused:
        await database.read(known, GROUP.c.id, "group", {"a": one, "b": new_id()})
    assert refused.value.field == "b"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a"], "group “a”$"),
        (["a", "b"], "group “a” and group “b”$"),
        (list("abcd"), "group “a”, group “b”, group “c” and others$"),
    ],
)
async def test_what_uses_a_thing_is_named(database: Database, names: list[str], words: str) -> None:
    thing = new_id()
    use = Use("group", GROUP.c.name, (sa.literal(thing, sa.Uuid),))

    def delete(tx: Tx) -> None:
        with unused(tx, thing, "rule", (use,)):
            pass

    await database.write(delete)
    for name in names:
        await database.write(add, name)
    with pytest.raises(Conflict, match="this rule is used by " + words):
        await database.write(delete)
