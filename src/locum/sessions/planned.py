"""The activity as it was when a session was asked for: what is changed about it later changes no session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.actions.plan import PlannedStep
from locum.activities.model import ActivityAction, LoginType, activity, activity_action
from locum.kit.db import ReadTx
from locum.sessions.model import AccessSession

_ACTION = [activity_action.c[name] for name in ActivityAction.__struct_fields__]


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
    rows = tx.rows(
        ActivityAction,
        sa.select(*_ACTION)
        .where(activity_action.c.activity_id == activity_id)
        .order_by(activity_action.c.position),
    )
    actions = [
        PlannedStep(row.kind, row.parameters, row.phase, row.continue_on_fail, row.timeout_s) for row in rows
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
