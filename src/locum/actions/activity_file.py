"""An activity as a file, for other installations: everything it does, by words in place of ids (ACT-12).

An import makes a new activity, which nothing holds: nobody can ask for it until an administrator gives it to a policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.actions.catalog import template_for
from locum.actions.edit import Action, add_activity, set_actions
from locum.activities.model import Activity, ActivityType, LoginType, Phase, RequesterFormat
from locum.activities.read import actions_of, activity_of
from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid
from locum.resources.model import platform

FORMAT, VERSION = "locum-activity", 1
SCRIPT = "custom_script"


@dataclass(frozen=True, slots=True)
class FileAction:
    """One step, by the name of its kind."""

    kind: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    continue_on_fail: bool = False
    timeout: int = 60


@dataclass(frozen=True, slots=True)
class ActivityFile:
    """`platform` is a connector's name. `actions` are in their order, by part of a session."""

    name: str | None
    platform: str
    description: str | None = None
    type: ActivityType = ActivityType.INTERACTIVE
    login: LoginType = LoginType.ACTIVITY_IDENTITY
    login_template: str | None = None
    requester_format: RequesterFormat = RequesterFormat.SAM_ACCOUNT_NAME
    create_account: bool = True
    delete_account: bool = True
    actions: Mapping[Phase, tuple[FileAction, ...]] = field(default_factory=dict)


def activity_file(tx: ReadTx, activity_id: UUID) -> ActivityFile:
    """The activity as it is now. Raises NotFound, and Conflict for the one of credentials, which every Locum has."""
    held = activity_of(tx, activity_id)
    if held.type == ActivityType.CREDENTIAL_RELEASE:
        raise Conflict("this activity came with Locum, and every installation has it")
    steps: dict[Phase, tuple[FileAction, ...]] = dict.fromkeys(Phase, ())
    for one in actions_of(tx, activity_id):
        step = FileAction(one.kind, one.parameters, one.name, one.continue_on_fail, one.timeout_s)
        steps[Phase(one.phase)] += (step,)
    return ActivityFile(
        name=held.name,
        platform=str(tx.scalar(sa.select(platform.c.connector).where(platform.c.id == held.platform_id))),
        description=held.description,
        type=ActivityType(held.type),
        login=LoginType(held.login_type),
        login_template=held.login_template,
        requester_format=RequesterFormat(held.requester_format),
        create_account=held.create_account,
        delete_account=held.delete_account,
        actions=steps,
    )


def import_activity(
    tx: Tx, actor: Actor, file: ActivityFile, *, platform_id: UUID | None, allow_scripts: bool
) -> Activity:
    """Make the activity on that platform, or on the one of its kind that came with Locum; all of it or nothing.

    Raises Conflict for a taken name, and Invalid for what can't be made, and for scripts that nobody said yes to.
    """
    scripts = sum(step.kind == SCRIPT for steps in file.actions.values() for step in steps)
    if scripts and not allow_scripts:
        raise Invalid(
            f"the file has {scripts} script{'s' * (scripts > 1)} to be run on hosts: read what it does, and import it"
            " with allowScripts=true",
            field="allowScripts",
        )
    made = add_activity(
        tx,
        actor,
        name=file.name,
        platform_id=_platform(tx, file.platform, platform_id),
        description=file.description,
        type=file.type,
        login_type=file.login,
        login_template=file.login_template or None,
        requester_format=file.requester_format,
        create_account=file.create_account,
        delete_account=file.delete_account,
    )
    for phase, steps in file.actions.items():
        if steps:
            set_actions(tx, actor, made.id, phase, [_action(file.platform, step) for step in steps])
    detail: dict[str, Any] = {"name": made.name, "count": sum(map(len, file.actions.values()))}
    audit.record(tx, actor, "activity.imported", object_kind="activity", object_id=made.id, detail=detail)
    return activity_of(tx, made.id)


def _platform(tx: ReadTx, connector: str, platform_id: UUID | None) -> UUID:
    c = platform.c
    if platform_id is None:
        found: UUID | None = tx.scalar(
            sa.select(c.id).where(c.connector == connector, c.permanent.is_(True)).order_by(c.name)
        )
        if found is None:
            raise Invalid("platform names no kind of platform there is here", field="platform")
        return found
    if tx.scalar(sa.select(c.connector).where(c.id == platform_id)) != connector:
        raise Invalid("platformId names no platform of the file's kind", field="platformId")
    return platform_id


def _action(connector: str, step: FileAction) -> Action:
    template = template_for(connector, step.kind)
    if template is None:
        raise Invalid("kind names no kind of action of this platform", field="kind")
    return Action(template.id, step.parameters, step.name, step.continue_on_fail, step.timeout)
