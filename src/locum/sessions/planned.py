"""The activity as it was when a session was asked for: what is changed about it later changes no session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.actions.plan import SCRIPT, PlannedStep
from locum.activities.model import ActivityAction, ActivityType, LoginType, Phase, activity
from locum.activities.read import actions_of, connection_profile_of
from locum.kit.db import ReadTx
from locum.sessions.model import AccessSession


class Planned(msgspec.Struct, frozen=True):
    """Whose account it is, what becomes of it, and the activity's own steps in their order; `type`: an ActivityType.

    `leave_in_group`: who was a member before the session stays one.
    """

    login_type: LoginType
    create_account: bool
    delete_account: bool
    actions: list[PlannedStep]
    type: int = ActivityType.INTERACTIVE
    leave_in_group: bool = True


def planned_now(tx: ReadTx, activity_id: UUID, profile_id: UUID) -> Planned:
    """The activity as it is now, under that connection profile."""
    c = activity.c
    columns = (c.login_type, c.create_account, c.delete_account, c.type)
    found = tx.first(_Kept, sa.select(*columns).where(c.id == activity_id))
    assert found is not None
    actions = [
        PlannedStep(row.kind, _told(row, found.type), row.phase, row.continue_on_fail, row.timeout_s)
        for row in actions_of(tx, activity_id)
    ]
    profile = connection_profile_of(tx, profile_id)
    return Planned(
        LoginType(found.login_type),
        found.create_account,
        found.delete_account or profile.delete_account,
        actions,
        found.type,
        profile.leave_in_group,
    )


def _told(action: ActivityAction, activity_type: int) -> dict[str, str]:
    """A script that a task is for is not run twice, unless the activity says that it may be."""
    is_task = activity_type == ActivityType.TASK_AUTOMATION
    once = is_task and action.kind == SCRIPT and action.phase == Phase.DURING
    return {"repeatable": "false", **action.parameters} if once else action.parameters


def is_task(session: AccessSession) -> bool:
    """Whether a session runs by itself. Those that an earlier version of Locum wrote down do not."""
    return (session.planned or {}).get("type") == ActivityType.TASK_AUTOMATION


def as_json(planned: Planned) -> dict[str, Any]:
    """For the session's row."""
    kept: dict[str, Any] = msgspec.to_builtins(planned)
    return kept


def planned_of(tx: ReadTx, session: AccessSession) -> Planned:
    """What holds for a session. One that an earlier version of Locum wrote down has the activity as it is."""
    if session.planned is None:
        return planned_now(tx, session.activity_id, session.profile_id)
    return msgspec.convert(session.planned, Planned)


class _Kept(msgspec.Struct, frozen=True):
    login_type: int
    create_account: bool
    delete_account: bool
    type: int
