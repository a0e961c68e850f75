"""There is always an administrator left."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from identities_world import Person, World
from locum.identities import administrators
from locum.identities.caller import Role
from locum.identities.model import Kind, identity
from locum.kit.db import Database
from locum.kit.errors import Conflict

ADMIN = frozenset({Role.ADMIN})


def keep(database: Database, who: Person) -> bool:
    try:
        database.submit_write(administrators.keep_one, without=who.id).result()
    except Conflict:
        return False
    return True


def test_the_last_one_stays(database: Database, world: World) -> None:
    ada, boss = world.person(), world.person("boss", roles=ADMIN)
    assert keep(database, ada)
    assert not keep(database, boss)
    world.person("deputy", roles=ADMIN)
    assert keep(database, boss)


@pytest.mark.parametrize(
    "values",
    [
        {"locked": True},
        {"deleted_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
        {"expires_at": dt.datetime(2100, 1, 1, tzinfo=dt.UTC)},
        {"kind": Kind.APPLICATION},
    ],
)
def test_who_can_t_sign_in_for_good_is_no_other(
    database: Database, world: World, values: dict[str, object]
) -> None:
    boss, deputy = world.person("boss", roles=ADMIN), world.person("deputy", roles=ADMIN)
    changed = sa.update(identity).where(identity.c.id == deputy.id).values(**values)
    database.submit_write(lambda tx: tx.run(changed)).result()
    assert not keep(database, boss)
    assert keep(database, world.person())
