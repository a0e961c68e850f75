"""Rotations as rows: each end is final, erases the candidate and is audited."""

from __future__ import annotations

import pytest

from locum.kit.db import Tx
from locum.kit.errors import NotFound
from locum.kit.ids import new_id
from locum.rotation import ask, rows, secrets
from locum.rotation.model import Reason, State, UpdateState
from locum.rotation.secrets import Parts
from locum.vault.secret import Secret
from rotation_stage import RotationStage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def test_an_end_erases_the_candidate_and_frees_the_credential(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    made = await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    vault = stage.work.vault

    def end(tx: Tx) -> object:
        kept = secrets.keep_candidate(tx, vault, Parts(Secret("new")))
        rows.change(tx, made, candidate_secret_id=kept)
        rows.end(tx, vault, rows.get_rotation(tx, made), State.FAILED, "x" * 2000)
        return kept

    kept = await stage.database.write(end)
    found = await stage.database.read(rows.get_rotation, made)
    assert (found.state, found.candidate_secret_id, found.last_error) == (State.FAILED, None, "x" * 1000)
    assert await stage.database.read(rows.open_rotation, credential_id) is None
    with pytest.raises(NotFound):
        await stage.database.read(secrets.candidate, vault, kept)
    assert await stage.said("rotation.ended", credential_id) == 1


async def test_dependants_are_intended_in_their_order(stage: RotationStage) -> None:
    credential_id = await stage.login("app", dependants=3)
    made = await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    found = await stage.database.read(rows.get_rotation, made)
    await stage.database.write(rows.intend_updates, found)
    intended = await stage.database.read(rows.updates_of, made)
    there = await stage.database.read(rows.dependants_of, credential_id)
    assert [one.dependant_id for one in intended] == [one.id for one in there]
    assert {one.state for one in intended} == {UpdateState.INTENDED}
    await stage.database.write(rows.updated, intended[1], UpdateState.FAILED, "no")
    assert [one.last_error for one in await stage.database.read(rows.updates_of, made)] == [None, "no", None]
    assert await stage.database.read(rows.get_dependant, there[0].id) == there[0]


async def test_what_is_not_there(stage: RotationStage) -> None:
    assert await stage.database.read(rows.get_managed, new_id()) is None
    assert await stage.database.read(rows.get_dependant, new_id()) is None
    with pytest.raises(NotFound):
        await stage.database.read(rows.get_rotation, new_id())
