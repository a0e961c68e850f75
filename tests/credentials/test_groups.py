"""Credential groups are made, filled, emptied and deleted; each member is audited."""

from __future__ import annotations

from pathlib import Path

import pytest

from audited import details
from locum.credentials.groups import (
    add_credentials,
    add_group,
    change_group,
    delete_group,
    group_of,
    groups,
    remove_credentials,
)
from locum.credentials.members import OF_GROUP, member_ids
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from rules_world import make_rules
from world import ACTOR

pytestmark = pytest.mark.anyio


async def test_a_group_has_the_credentials_that_were_put_into_it(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    logins = [await rules.login(name, None) for name in ("a", "b", "c")]
    made = await database.write(add_group, ACTOR, name="Roots", description="x")
    with pytest.raises(Conflict, match="there is a credential group of this name"):
        await database.write(add_group, ACTOR, name="roots")
    assert await database.write(add_credentials, ACTOR, made.id, logins[:2]) == 2
    assert await database.write(add_credentials, ACTOR, made.id, logins) == 1
    assert set(await database.read(member_ids, OF_GROUP, made.id)) == set(logins)
    assert await database.write(remove_credentials, ACTOR, made.id, [logins[0], new_id()]) == 1
    assert set(await database.read(member_ids, OF_GROUP, made.id)) == set(logins[1:])
    for ids in ([new_id()], []):
        with pytest.raises(Invalid):
            await database.write(add_credentials, ACTOR, made.id, ids)
    changed = await database.write(change_group, ACTOR, made.id, name="Other", description="")
    assert (changed.name, changed.description) == ("Other", None)
    assert await database.write(change_group, ACTOR, made.id, name="Other") == changed
    assert await database.read(groups) == [changed]
    await database.write(delete_group, ACTOR, made.id)
    assert await database.read(groups) == []
    assert [row["username"] for row in details(database, "credential_group.member_added", made.id)] == [
        "a",
        "b",
        "c",
    ]
    (removed,) = details(database, "credential_group.member_removed", made.id)
    assert removed == {"name": "Roots", "username": "a", "domain": ""}
    (change,) = details(database, "credential_group.changed", made.id)
    assert change["fields"] == "description, name, name_key"
    assert details(database, "credential_group.created", made.id) == [{"name": "Roots"}]
    assert details(database, "credential_group.deleted", made.id) == [{"name": "Other"}]


async def test_a_group_that_is_not_there(database: Database) -> None:
    with pytest.raises(NotFound):
        await database.read(group_of, new_id())
    for verb in (add_credentials, remove_credentials):
        with pytest.raises(NotFound):
            await database.write(verb, ACTOR, new_id(), [new_id()])
    with pytest.raises(NotFound):
        await database.write(delete_group, ACTOR, new_id())
