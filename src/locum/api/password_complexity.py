"""/api/v1/PasswordComplexity: the contract has the model and no path for it (CRED-13)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import UNSET

from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.base import In, at
from locum.api.wire.enums import CharacterTypeFlags, PasswordComplexityType
from locum.api.wire.password_complexity import PasswordComplexity, PasswordComplexityIn
from locum.credentials import complexities, model
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission

_FIELDS = {
    "type": "type",
    "lower_case": "lower_case",
    "upper_case": "upper_case",
    "special": "special_character",
    "space": "space",
    "numeric": "numeric",
    "must_start_with": "must_start_with",
    "must_end_with": "must_end_with",
    "length": "length",
    "max_consecutive": "max_consecutive",
    "excluded": "chars_to_exclude",
}


class PasswordComplexityId(In):
    password_complexity_id: UUID


@operation(
    "PasswordComplexity.GetAll",
    "GET /api/v1/PasswordComplexity",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_COMPLEXITY_READ,
    summary="Every password complexity, by name, as a bare array",
)
def get_complexities(tx: ReadTx, call: Call[None, None, None]) -> list[PasswordComplexity]:
    return [shown(row) for row in complexities.complexities(tx)]


@operation(
    "PasswordComplexity.GetById",
    "GET /api/v1/PasswordComplexity/{passwordComplexityId}",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_COMPLEXITY_READ,
    problems=(404,),
    summary="One password complexity",
)
def get_complexity(tx: ReadTx, call: Call[PasswordComplexityId, None, None]) -> PasswordComplexity:
    return shown(complexities.complexity_of(tx, call.params.password_complexity_id))


@operation(
    "PasswordComplexity.Post",
    "POST /api/v1/PasswordComplexity",
    who=ADMIN,
    permission=Permission.CATALOG_COMPLEXITY_MANAGE,
    problems=(409,),
    audit="complexity.created",
    summary="Make a password complexity; one that no password obeys is refused",
)
def create_complexity(tx: Tx, call: Call[None, None, PasswordComplexityIn]) -> PasswordComplexity:
    body = call.body
    made = complexities.add_complexity(
        tx, call.caller.actor, name=body.name, description=body.description, rule=_rule(body)
    )
    return shown(made)


@operation(
    "PasswordComplexity.Put",
    "PUT /api/v1/PasswordComplexity/{passwordComplexityId}",
    who=ADMIN,
    permission=Permission.CATALOG_COMPLEXITY_MANAGE,
    problems=(404, 409),
    audit="complexity.changed",
    summary="Change a password complexity for what is generated from now on; what is absent stays",
)
def put_complexity(tx: Tx, call: Call[PasswordComplexityId, None, PasswordComplexityIn]) -> PasswordComplexity:
    body = call.body
    changed = complexities.change_complexity(
        tx,
        call.caller.actor,
        call.params.password_complexity_id,
        name=body.name,
        description=body.description,
        rule=_rule(body),
    )
    return shown(changed)


@operation(
    "PasswordComplexity.Delete",
    "DELETE /api/v1/PasswordComplexity/{passwordComplexityId}",
    who=ADMIN,
    permission=Permission.CATALOG_COMPLEXITY_MANAGE,
    problems=(404, 409),
    audit="complexity.deleted",
    summary="Delete a password complexity that nothing uses; the default one stays",
)
def delete_complexity(tx: Tx, call: Call[PasswordComplexityId, None, None]) -> None:
    complexities.delete_complexity(tx, call.caller.actor, call.params.password_complexity_id)


def shown(row: model.PasswordComplexity) -> PasswordComplexity:
    """A password complexity as the wire has it."""
    return PasswordComplexity(
        id=row.id,
        name=row.name,
        description=row.description,
        type=PasswordComplexityType(row.type),
        lower_case=row.lower_case,
        upper_case=row.upper_case,
        special_character=row.special,
        space=row.space,
        numeric=row.numeric,
        must_start_with=CharacterTypeFlags(row.must_start_with),
        must_end_with=CharacterTypeFlags(row.must_end_with),
        length=row.length,
        max_consecutive=row.max_consecutive,
        chars_to_exclude=row.excluded,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def _rule(body: PasswordComplexityIn) -> dict[str, Any]:
    """What the body says of the rule, in the room's words."""
    given = {field: getattr(body, name) for field, name in _FIELDS.items()}
    return {field: value for field, value in given.items() if value is not UNSET}
