"""/api/locum/v1/Shortcut: one's favourites, and what one asked for last."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.api.activity_session import key_policies
from locum.api.context import Call
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.wire.base import In, Out, Time, at
from locum.api.wire.enums import ActivityType
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound
from locum.kit.ids import NIL
from locum.kit.permissions import Permission
from locum.policies import favourites
from locum.reads import shortcuts as reads


class Shortcut(Out):
    """Something that can be begun: an activity, and the resource or credential it is about (`thingId`)."""

    activity_id: UUID = NIL
    activity_name: str = ""
    activity_type: ActivityType = ActivityType.INTERACTIVE
    thing_id: UUID = NIL
    thing_name: str = ""
    last_asked_date_time_utc: Time | None = None
    is_favourite: bool = False


class Shortcuts(Out):
    """`recent` has none of the favourites."""

    favourites: list[Shortcut] = msgspec.field(default_factory=list)
    recent: list[Shortcut] = msgspec.field(default_factory=list)


class Aimed(In):
    activity_id: UUID
    thing_id: UUID


@operation(
    "Shortcut.Get",
    "GET /api/locum/v1/Shortcut",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    summary="One's favourites and what one asked for last, of that only what one may begin now",
)
def get_shortcuts(tx: ReadTx, call: Call[None, None, None]) -> Shortcuts:
    kept, recent = reads.shortcuts(tx, call.caller.identity_id, key_policies=key_policies(call.caller))
    return Shortcuts(favourites=[_view(one) for one in kept], recent=[_view(one) for one in recent])


@operation(
    "Shortcut.Keep",
    "PUT /api/locum/v1/Shortcut/{activityId}/{thingId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404, 409),
    audit="favourite.kept",
    summary="Make an activity on a resource or credential, which one may begin, a favourite of one's own",
)
def keep_favourite(tx: Tx, call: Call[Aimed, None, None]) -> None:
    params, caller = call.params, call.caller
    aim = reads.aim_of(
        tx, caller.identity_id, params.activity_id, params.thing_id, key_policies=key_policies(caller)
    )
    if aim is None:
        raise NotFound("you can begin nothing like that")
    favourites.keep(tx, caller.actor, caller.identity_id, aim)


@operation(
    "Shortcut.Drop",
    "DELETE /api/locum/v1/Shortcut/{activityId}/{thingId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404,),
    audit="favourite.dropped",
    summary="Take one out of one's favourites",
)
def drop_favourite(tx: Tx, call: Call[Aimed, None, None]) -> None:
    caller = call.caller
    favourites.drop(tx, caller.actor, caller.identity_id, call.params.activity_id, call.params.thing_id)


def _view(one: reads.Shortcut) -> Shortcut:
    thing = one.aim.resource_id or one.aim.credential_id
    assert thing is not None
    return Shortcut(
        activity_id=one.aim.activity_id,
        activity_name=one.activity_name,
        activity_type=ActivityType(one.activity_type),
        thing_id=thing,
        thing_name=one.thing_name,
        last_asked_date_time_utc=at(one.last),
        is_favourite=one.is_favourite,
    )
