"""Which wording a profile's mails have, and what a template may be."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities import mail_templates as room
from locum.activities.mail_templates import MailKind, wording_of
from locum.activities.model import connection_profile
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.notices.template import Wording
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

PLAIN = Wording("s", "t")


async def profile(database: Database, tmp_path: Path) -> UUID:
    await make_world(database, tmp_path)
    found: UUID = await database.read(lambda tx: tx.scalar(sa.select(connection_profile.c.id)))
    return found


async def add(database: Database, name: str) -> UUID:
    return (
        await database.write(lambda tx: room.add_template(tx, ACTOR, name=name, description="", wording=PLAIN))
    ).id


async def test_each_kind_has_its_own(database: Database, tmp_path: Path) -> None:
    where = await profile(database, tmp_path)
    for kind in MailKind:
        assert await database.read(wording_of, where, kind) is None
        one = await add(database, kind.name)
        await database.write(
            lambda tx, kind=kind, one=one: tx.run(sa.update(connection_profile).values({kind: one}))
        )
        assert await database.read(wording_of, where, kind) == PLAIN
        assert await database.read(wording_of, new_id(), kind) is None
    await database.write(lambda tx: tx.run(sa.update(connection_profile).values({MailKind.APPROVED: new_id()})))
    assert await database.read(wording_of, where, MailKind.APPROVED) is None


async def test_what_is_not_made(database: Database, tmp_path: Path) -> None:
    one = await add(database, "One")
    with pytest.raises(Conflict, match="mail template of this name"):
        await add(database, "one")
    other = await add(database, "Other")
    with pytest.raises(Conflict, match="of this name"):
        await database.write(room.change_template, ACTOR, other, "ONE", {})
    with pytest.raises(Invalid, match="placeholder"):
        await database.write(room.change_template, ACTOR, other, None, {"text": "{x}"})
    kept = await database.write(room.change_template, ACTOR, other, "Second", {"description": "d"})
    assert (kept.name, kept.description, kept.subject, kept.text) == ("Second", "d", "s", "t")
    same = await database.write(room.change_template, ACTOR, other, "Second", {"text": "t"})
    assert same == kept

    def gone(tx: Tx) -> None:
        room.delete_template(tx, ACTOR, one)
        room.template_of(tx, one)

    with pytest.raises(NotFound):
        await database.write(gone)
