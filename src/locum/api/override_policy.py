"""/api/v1/OverridePolicy: the contract has the model and no path for it (CRED-10)."""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET

from locum.api import scheduled_change_policy
from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import In, Table, at
from locum.api.wire.credential_group import MembersChanged, MemberView
from locum.api.wire.enums import OverridePolicyType
from locum.api.wire.override_policy import OverridePolicy, OverridePolicyIn
from locum.credentials import model, overrides
from locum.credentials.members import Member, members
from locum.credentials.overrides import OverrideType
from locum.credentials.schedules import schedules
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict
from locum.kit.paging import Listed
from locum.kit.permissions import Permission

# The room's words for the schedules, and the wire's without "_id".
_SCHEDULES = {
    "rotation_schedule_id": "rotate_schedule",
    "verification_schedule_id": "verify_schedule",
    "scan_schedule_id": "scan_schedule",
    "protection_schedule_id": "protect_schedule",
}


class OverrideId(In):
    override_policy_id: UUID


@operation(
    "OverridePolicy.GetAll",
    "GET /api/v1/OverridePolicy",
    who=ADMIN,
    permission=Permission.CREDENTIALS_OVERRIDE_READ,
    summary="Every override policy with its schedules, by name, as a bare array",
)
def get_overrides(tx: ReadTx, call: Call[None, None, None]) -> list[OverridePolicy]:
    return _shown(tx, overrides.overrides(tx))


@operation(
    "OverridePolicy.GetById",
    "GET /api/v1/OverridePolicy/{overridePolicyId}",
    who=ADMIN,
    permission=Permission.CREDENTIALS_OVERRIDE_READ,
    problems=(404,),
    summary="One override policy with its schedules",
)
def get_override(tx: ReadTx, call: Call[OverrideId, None, None]) -> OverridePolicy:
    return _one(tx, overrides.override_of(tx, call.params.override_policy_id))


@operation(
    "OverridePolicy.Post",
    "POST /api/v1/OverridePolicy",
    who=ADMIN,
    permission=Permission.CREDENTIALS_OVERRIDE_MANAGE,
    problems=(409,),
    audit="override_policy.created",
    summary="Make an override policy for credentials (type 0) or resources (type 1) of a platform",
)
def create_override(tx: Tx, call: Call[None, None, OverridePolicyIn]) -> OverridePolicy:
    body = call.body
    made = overrides.add_override(
        tx,
        call.caller.actor,
        name=body.name,
        description=body.description,
        type=OverrideType.CREDENTIAL if body.type is UNSET else OverrideType(body.type),
        platform_id=body.platform_id,
        schedules=_given(body),
    )
    return _one(tx, made)


@operation(
    "OverridePolicy.Put",
    "PUT /api/v1/OverridePolicy/{overridePolicyId}",
    who=ADMIN,
    permission=Permission.CREDENTIALS_OVERRIDE_MANAGE,
    problems=(404, 409),
    audit="override_policy.changed",
    summary="Change an override policy; what is absent stays, and a schedule of null is the platform's again",
)
def put_override(tx: Tx, call: Call[OverrideId, None, OverridePolicyIn]) -> OverridePolicy:
    body = call.body
    held = overrides.override_of(tx, call.params.override_policy_id)
    if body.type not in (UNSET, held.type) or body.platform_id not in (None, held.platform_id):
        raise Conflict("type and platform of an override policy can't change: make another one")
    changed = overrides.change_override(
        tx,
        call.caller.actor,
        held.id,
        name=body.name,
        description=body.description,
        schedules=_given(body),
    )
    return _one(tx, changed)


@operation(
    "OverridePolicy.Delete",
    "DELETE /api/v1/OverridePolicy/{overridePolicyId}",
    who=ADMIN,
    permission=Permission.CREDENTIALS_OVERRIDE_MANAGE,
    problems=(404,),
    audit="override_policy.deleted",
    summary="Delete an override policy: its members go by their platform again",
)
def delete_override(tx: Tx, call: Call[OverrideId, None, None]) -> None:
    overrides.delete_override(tx, call.caller.actor, call.params.override_policy_id)


@operation(
    "OverridePolicy.GetMembers",
    "GET /api/v1/OverridePolicy/{overridePolicyId}/Member",
    who=ADMIN,
    permission=Permission.CREDENTIALS_OVERRIDE_READ,
    problems=(404,),
    summary="One page of the credentials or resources under an override policy",
)
def get_members(tx: ReadTx, call: Call[OverrideId, Paging, None]) -> Table[MemberView]:
    held = overrides.override_of(tx, call.params.override_policy_id)
    return _table(members(tx, overrides.tie_of(held), held.id, call.query.page()))


@operation(
    "OverridePolicy.GetCandidates",
    "GET /api/locum/v1/OverridePolicy/{overridePolicyId}/Candidate",
    who=ADMIN,
    permission=Permission.CREDENTIALS_OVERRIDE_READ,
    problems=(404,),
    summary="One page of the credentials or resources of its platform that are under no override policy",
)
def get_candidates(tx: ReadTx, call: Call[OverrideId, Paging, None]) -> Table[MemberView]:
    return _table(overrides.candidates(tx, call.params.override_policy_id, call.query.page()))


@operation(
    "OverridePolicy.AddMembers",
    "POST /api/v1/OverridePolicy/{overridePolicyId}/Member",
    who=ADMIN,
    permission=Permission.CREDENTIALS_OVERRIDE_MANAGE,
    problems=(404, 409),
    audit="override_policy.member_added",
    summary="Put credentials or resources of its platform under an override policy; each is under one at most",
)
def add_members(tx: Tx, call: Call[OverrideId, None, list[UUID]]) -> MembersChanged:
    count = overrides.add_members(tx, call.caller.actor, call.params.override_policy_id, call.body)
    return MembersChanged(count=count)


@operation(
    "OverridePolicy.RemoveMembers",
    "POST /api/v1/OverridePolicy/{overridePolicyId}/Member/DeleteMultiple",
    who=ADMIN,
    permission=Permission.CREDENTIALS_OVERRIDE_MANAGE,
    problems=(404,),
    audit="override_policy.member_removed",
    summary="Take credentials or resources from under an override policy",
)
def remove_members(tx: Tx, call: Call[OverrideId, None, list[UUID]]) -> MembersChanged:
    count = overrides.remove_members(tx, call.caller.actor, call.params.override_policy_id, call.body)
    return MembersChanged(count=count)


def _table(listed: Listed[Member]) -> Table[MemberView]:
    return Table[MemberView](data=[MemberView.from_row(row) for row in listed.rows], records_total=listed.total)


def _one(tx: ReadTx, row: model.OverridePolicy) -> OverridePolicy:
    return _shown(tx, [row])[0]


def _shown(tx: ReadTx, rows: list[model.OverridePolicy]) -> list[OverridePolicy]:
    """Override policies as the wire has them: one statement for all their schedules."""
    known = {row.id: scheduled_change_policy.shown(row) for row in schedules(tx)}
    views = []
    for row in rows:
        view = OverridePolicy(
            id=row.id,
            name=row.name,
            description=row.description,
            type=OverridePolicyType(row.type),
            platform_id=row.platform_id,
            created_date_time_utc=at(row.created_at),
            modified_date_time_utc=at(row.modified_at),
        )
        for column, name in _SCHEDULES.items():
            schedule_id = getattr(row, column)
            setattr(view, f"{name}_id", schedule_id)
            setattr(view, name, known.get(schedule_id))
        views.append(view)
    return views


def _given(body: OverridePolicyIn) -> dict[str, UUID | None]:
    """The schedules that the body names or takes away, in the room's words."""
    given = {column: getattr(body, f"{name}_id") for column, name in _SCHEDULES.items()}
    return {column: thing for column, thing in given.items() if thing is not UNSET}
