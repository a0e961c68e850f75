"""/api/locum/v1/Activity/…/File: activities brought from one installation to another (ACT-12)."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar
from uuid import UUID

from locum.actions import activity_file as room
from locum.activities.model import ActivityType, LoginType, Phase, RequesterFormat
from locum.api.activity import ActivityId
from locum.api.activity import shown as shown_activity
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.activity import Activity
from locum.api.wire.activity_file import ActivityFile, ActivityFileIn, FileAction, FileActionIn, FileParameter
from locum.api.wire.base import In, Name
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid
from locum.kit.permissions import Permission

E = TypeVar("E", bound=IntEnum)


class ImportQuery(In):
    """`name`: another than the file's. `allowScripts`: yes to what the file's scripts do on hosts."""

    platform_id: UUID | None = None
    name: Name | None = None
    allow_scripts: bool = False


@operation(
    "ActivityFile.Get",
    "GET /api/locum/v1/Activity/{activityId}/File",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_ACTIVITY_READ,
    problems=(404, 409),
    summary="An activity with all its actions as a file, which another installation can import",
)
def get_file(tx: ReadTx, call: Call[ActivityId, None, None]) -> ActivityFile:
    return shown(room.activity_file(tx, call.params.activity_id))


@operation(
    "ActivityFile.Import",
    "POST /api/locum/v1/Activity/File",
    who=ADMIN,
    permission=Permission.CATALOG_ACTIVITY_MANAGE,
    problems=(400, 409),
    audit="activity.imported",
    status=201,
    summary="Make the activity of a file (ACT-12), which nobody can ask for until a policy holds it; scripts in it need"
    " allowScripts",
)
def import_file(tx: Tx, call: Call[None, ImportQuery, ActivityFileIn]) -> Activity:
    query = call.query
    made = room.import_activity(
        tx,
        call.caller.actor,
        _read(call.body, query.name),
        platform_id=query.platform_id,
        allow_scripts=query.allow_scripts,
    )
    return shown_activity(made)


def shown(file: room.ActivityFile) -> ActivityFile:
    """An activity's file as the wire has it."""
    steps = {phase: [_step(one) for one in file.actions.get(phase, ())] for phase in Phase}
    return ActivityFile(
        format=room.FORMAT,
        version=room.VERSION,
        name=file.name or "",
        description=file.description,
        platform=file.platform,
        type=file.type.name.lower(),
        login=file.login.name.lower(),
        login_template=file.login_template,
        requester_format=file.requester_format.name.lower(),
        create_account=file.create_account,
        delete_account=file.delete_account,
        before=steps[Phase.BEFORE],
        during=steps[Phase.DURING],
        after=steps[Phase.AFTER],
    )


def _step(one: room.FileAction) -> FileAction:
    return FileAction(
        kind=one.kind,
        name=one.name,
        parameters=[FileParameter(name=name, value=value) for name, value in one.parameters.items()],
        continue_on_fail=one.continue_on_fail,
        timeout=one.timeout,
    )


def _read(body: ActivityFileIn, name: str | None) -> room.ActivityFile:
    if body.format != room.FORMAT or body.version != room.VERSION:
        raise Invalid(f"this is no {room.FORMAT} file of version {room.VERSION}", field="format")
    return room.ActivityFile(
        name=name or body.name,
        platform=body.platform,
        description=body.description,
        type=_named(ActivityType, body.type, "type", but=ActivityType.CREDENTIAL_RELEASE),
        login=_named(LoginType, body.login, "login"),
        login_template=body.login_template,
        requester_format=_named(RequesterFormat, body.requester_format, "requesterFormat"),
        create_account=body.create_account,
        delete_account=body.delete_account,
        actions={
            Phase.BEFORE: tuple(map(_step_of, body.before)),
            Phase.DURING: tuple(map(_step_of, body.during)),
            Phase.AFTER: tuple(map(_step_of, body.after)),
        },
    )


def _step_of(one: FileActionIn) -> room.FileAction:
    parameters = {parameter.name: parameter.value for parameter in one.parameters}
    return room.FileAction(one.kind, parameters, one.name, one.continue_on_fail, one.timeout)


def _named(kind: type[E], word: str, field: str, *, but: IntEnum | None = None) -> E:
    found = {one.name.lower(): one for one in kind if one is not but}
    if word not in found:
        raise Invalid(f"{field} must be one of {', '.join(found)}", field=field)
    return found[word]
