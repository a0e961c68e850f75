"""What holds a credential's secret, as rows and in the audit log."""

from __future__ import annotations

import pytest

from audited import events
from locum.credentials.model import Method
from locum.kit.errors import Conflict, Invalid
from locum.rotation import rows
from locum.rotation.ask import ask_rotation
from locum.rotation.dependants import add_dependant, change_dependant, delete_dependant
from locum.rotation.model import DependantRow, Reason
from rotation_stage import RotationStage
from world import ACTOR

pytestmark = pytest.mark.anyio

FILE = {"path": "/etc/app.conf", "pattern": "{secret}"}


async def add(stage: RotationStage, credential_id: object, name: str = "app") -> DependantRow:
    def write(tx: object) -> DependantRow:
        return add_dependant(tx, ACTOR, credential_id, stage.resource, name=name, kind="file", parameters=FILE)  # type: ignore[arg-type]

    return await stage.database.write(write)


async def test_cred_04_what_has_a_dependant_is_changed_only_when_asked(stage: RotationStage) -> None:
    one = await stage.login("one")
    await add(stage, one)
    managed = await stage.database.read(rows.get_managed, one)
    assert managed is not None
    assert (managed.method, managed.next_change_at) == (Method.MANUAL, None)


async def test_each_change_is_in_the_audit_log(stage: RotationStage) -> None:
    one = await stage.login("one")
    found = await add(stage, one)
    await stage.database.write(
        lambda tx: change_dependant(tx, ACTOR, found.id, stage.resource, name="b", parameters=FILE)
    )
    await stage.database.write(lambda tx: delete_dependant(tx, ACTOR, found.id))
    actions = [f"dependant.{what}" for what in ("created", "changed", "deleted")]
    said = events(stage.database, *actions)
    assert [(row[0], row[5], row[7]) for row in said] == [
        (action, one, {"name": name, "resource": str(stage.resource)})
        for action, name in zip(actions, ("app", "b", "b"), strict=True)
    ]


async def test_a_second_of_that_name_or_kind_is_refused(stage: RotationStage) -> None:
    one = await stage.login("one")
    found = await add(stage, one)
    with pytest.raises(Conflict, match="of that name"):
        await add(stage, one, "APP")
    with pytest.raises(Invalid, match="no dependant of that kind"):
        await stage.database.write(
            lambda tx: add_dependant(tx, ACTOR, one, stage.resource, name="x", kind="service", parameters=FILE)
        )
    await stage.database.write(lambda tx: ask_rotation(tx, ACTOR, one, Reason.ASKED))
    with pytest.raises(Conflict, match="under way"):
        await stage.database.write(lambda tx: delete_dependant(tx, ACTOR, found.id))
