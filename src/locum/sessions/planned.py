"""The activity as it was when a session was asked for: what is changed about it later changes no session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.actions.plan import PlannedStep
from locum.activities.model import LoginType, activity
from locum.activities.read import actions_of
from locum.kit.db import ReadTx
from locum.sessions.model import AccessSession


class Planned(msgspec.Struct, frozen=True):
    """Whose account it is, what becomes of it, and the activity's own steps in their order."""

    login_type: LoginType
    create_account: bool
    delete_account: bool
    actions: list[PlannedStep]


def planned_now(tx: ReadTx, activity_id: UUID) -> Planned:
    """The activity as it is now."""
    c = activity.c
    found = tx.first(_Kept, sa.select(c.login_type, c.create_account, c.delete_account).where(c.id == activity_id))
    assert found is not None
    actions = [
        PlannedStep(row.kind, row.parameters, row.phase, row.continue_on_fail, row.timeout_s)
        for row in actions_of(tx, activity_id)
    ]
    return Planned(LoginType(found.login_type), found.create_account, found.delete_account, actions)


def as_json(planned: Planned) -> dict[str, Any]:
    """For the session's row."""
    kept: dict[str, Any] = msgspec.to_builtins(planned)
    return kept


def planned_of(tx: ReadTx, session: AccessSession) -> Planned:
    """What holds for a session. One that an earlier version of Locum wrote down has the activity as it is."""
    if session.planned is None:
        return planned_now(tx, session.activity_id)
    return msgspec.convert(session.planned, Planned)


class _Kept(msgspec.Struct, frozen=True):
    login_type: int
    create_account: bool
    delete_account: bool
