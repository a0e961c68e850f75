"""What administrators make and change about activities, and about what these do on targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.actions.catalog import CONNECTORS, checked_parameters, has_steps, template_of
from locum.actions.login_template import parse
from locum.activities.model import (
    Activity,
    ActivityType,
    LoginType,
    Phase,
    activity,
    activity_action,
    activity_group,
)
from locum.activities.model import activity_group_member as in_group
from locum.activities.read import activity_of
from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx, metadata
from locum.kit.errors import Conflict, Invalid, NotAvailable
from locum.kit.ids import new_id
from locum.kit.named import Use, free_name, name_kept, unused
from locum.resources.model import platform

_WORD = "activity"
MOST_ACTIONS = 50


@dataclass(frozen=True, slots=True)
class Action:
    """One step as an administrator says it. `parameters` by their names."""

    template_id: UUID
    parameters: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    continue_on_fail: bool = False
    timeout_s: int = 60


def add_activity(
    tx: Tx, actor: Actor, *, name: str | None, platform_id: UUID | None, description: str | None, **how: Any
) -> Activity:
    """Make an activity without actions; `how` holds type, login_type, login_template, create_account, delete_account
    and requester_format where they are not as usual. Raises Invalid, NotAvailable, and Conflict for a taken name."""
    connector = _connector(tx, platform_id)
    if how.get("type") == ActivityType.TASK_AUTOMATION and not has_steps(connector, Phase.DURING):
        raise NotAvailable(
            "tasks are not available on this platform: it has no steps that do something by themselves"
        )
    activity_id = new_id()
    row = {
        **free_name(tx, activity, name, _WORD),
        "description": description or None,
        "id": activity_id,
        "platform_id": platform_id,
        "type": 0,
        "login_type": LoginType.ACTIVITY_IDENTITY,
        "is_default": False,
        "created_at": tx.now,
        "modified_at": tx.now,
        **how,
    }
    _check(row)
    with name_kept(_WORD):
        tx.add(activity, **row)
    _audit(tx, actor, "activity.created", activity_id, row["name"])
    return activity_of(tx, activity_id)


def change_activity(
    tx: Tx,
    actor: Actor,
    activity_id: UUID,
    *,
    name: str | None = None,
    platform_id: UUID | None = None,
    description: str | None = None,
    **how: Any,
) -> Activity:
    """Change what is given, for sessions that are asked for from now on. Raises NotFound besides."""
    held = _editable(tx, activity_id)
    if how.pop("type", held.type) != held.type:
        raise Invalid("an activity keeps its type", field="activityType")
    if platform_id not in (None, held.platform_id):
        raise Invalid("an activity stays on its platform", field="platformId")
    values: dict[str, Any] = dict(how)
    if name is not None:
        values |= free_name(tx, activity, name, _WORD, but=activity_id)
    if description is not None:
        values["description"] = description or None
    fields = sorted(one for one, value in values.items() if value != getattr(held, one))
    if not fields:
        return held
    now = {one: getattr(held, one) for one in Activity.__struct_fields__}
    _connector(tx, held.platform_id)
    _check({**now, **values})
    with name_kept(_WORD):
        tx.run(sa.update(activity).where(activity.c.id == activity_id).values(**values, modified_at=tx.now))
    changed = activity_of(tx, activity_id)
    _audit(tx, actor, "activity.changed", activity_id, changed.name, fields=", ".join(fields))
    return changed


def delete_activity(tx: Tx, actor: Actor, activity_id: UUID) -> None:
    """Nobody can ask for it any more; sessions that did keep it. Raises NotFound, and Conflict while it is used or if
    it came with Locum."""
    held = activity_of(tx, activity_id)
    if held.is_default:
        raise Conflict("this activity came with Locum and can't be deleted; policies need not hold it")
    kept = sa.update(activity).where(activity.c.id == activity_id)
    with unused(tx, activity_id, _WORD, _uses()):
        # The name is free for another one.
        tx.run(kept.values(is_deleted=True, name_key=str(activity_id), modified_at=tx.now))
    _audit(tx, actor, "activity.deleted", activity_id, held.name)


def set_actions(tx: Tx, actor: Actor, activity_id: UUID, phase: Phase, actions: Sequence[Action]) -> None:
    """Let these be the activity's steps in that part of a session, in this order; those of other parts stay.

    Raises NotFound, and Invalid where a step is not one of the platform or is not said well.
    """
    held = _editable(tx, activity_id)
    connector = _connector(tx, held.platform_id)
    if len(actions) > MOST_ACTIONS:
        raise Invalid(f"an activity may have {MOST_ACTIONS} actions in each part", field="action")
    # Positions count on over the parts, so that each is free.
    first = phase * MOST_ACTIONS
    rows = [
        {
            "id": new_id(),
            "activity_id": activity_id,
            "position": position,
            "phase": phase,
            **_row(action, connector, phase),
        }
        for position, action in enumerate(actions, first)
    ]
    c = activity_action.c
    tx.run(sa.delete(activity_action).where(c.activity_id == activity_id, c.phase == phase))
    if rows:
        tx.add_all(activity_action, rows)
    tx.run(sa.update(activity).where(activity.c.id == activity_id).values(modified_at=tx.now))
    kinds = [str(row["kind"]) for row in rows]
    _audit(tx, actor, "activity.actions_changed", activity_id, held.name, step=", ".join(kinds), count=len(rows))


def _editable(tx: ReadTx, activity_id: UUID) -> Activity:
    held = activity_of(tx, activity_id)
    if held.type == ActivityType.CREDENTIAL_RELEASE:
        raise Conflict("this activity came with Locum and stays as it is")
    return held


def _row(action: Action, connector: str, phase: Phase) -> dict[str, Any]:
    template = template_of(action.template_id)
    if template.connector != connector:
        raise Invalid("actionTemplateId names an action of another platform", field="actionTemplateId")
    if not 1 <= action.timeout_s <= 600:
        raise Invalid("timeout must lie between 1 and 600 seconds", field="timeout")
    return {
        "kind": template.kind,
        "parameters": checked_parameters(template, action.parameters, phase),
        "name": action.name or None,
        "continue_on_fail": action.continue_on_fail,
        "timeout_s": action.timeout_s,
    }


def _check(row: Mapping[str, Any]) -> None:
    """What the database can't check."""
    if row.get("login_template"):
        parse(row["login_template"])
    if (
        row["login_type"] == LoginType.REQUESTER
        and row.get("requester_format") == 4
        and not row.get("login_template")
    ):
        raise Invalid("a custom login format needs loginAccountNameFormat", field="loginAccountNameFormat")


def _connector(tx: ReadTx, platform_id: UUID | None) -> str:
    found = tx.scalar(sa.select(platform.c.connector).where(platform.c.id == platform_id)) if platform_id else None
    if found is None:
        raise Invalid("platformId names no platform", field="platformId")
    if found not in CONNECTORS:
        raise NotAvailable("activities on this platform are not available yet")
    return str(found)


def _uses() -> tuple[Use, ...]:
    """What points to an activity; policies lie beside this room."""
    policy, joined = metadata.tables["policy"], metadata.tables["policy_activity"]
    of_policy = sa.select(policy.c.name).where(policy.c.id == joined.c.policy_id, policy.c.is_deleted.is_(False))
    of_group = sa.select(activity_group.c.name).where(activity_group.c.id == in_group.c.group_id)
    return (
        Use("policy", of_policy.scalar_subquery(), (joined.c.member_id,)),
        Use("activity group", of_group.scalar_subquery(), (in_group.c.activity_id,)),
    )


def _audit(tx: Tx, actor: Actor, action: str, activity_id: UUID, name: str, **more: str | int) -> None:
    audit.record(tx, actor, action, object_kind="activity", object_id=activity_id, detail={"name": name, **more})
