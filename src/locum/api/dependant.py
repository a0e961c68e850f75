"""What depends on a credential and must learn its next secret (CRED-05): set up by administrators alone.

Whoever sets one up says what is written on a host with root's rights, so no custom role gives that.
"""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import In, at
from locum.api.wire.rotation import Dependant, DependantChangeIn, DependantIn, FileIn
from locum.credentials.add import get_credential
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.rotation import dependants, rows
from locum.rotation.model import DependantRow

_MANAGE = Permission.CREDENTIALS_CREDENTIAL_MANAGE


class CredentialId(In):
    credential_id: UUID


class DependantId(In):
    dependant_id: UUID


@operation(
    "Dependant.List",
    "GET /api/locum/v1/Credential/{credentialId}/Dependant",
    who=ADMIN,
    permission=_MANAGE,
    problems=(404,),
    summary="Everything that holds the credential's secret",
)
def list_dependants(tx: ReadTx, call: Call[CredentialId, None, None]) -> list[Dependant]:
    get_credential(tx, call.params.credential_id)
    return [_shown(row) for row in rows.dependants_of(tx, call.params.credential_id)]


@operation(
    "Dependant.Create",
    "POST /api/locum/v1/Credential/{credentialId}/Dependant",
    who=ADMIN,
    permission=_MANAGE,
    status=201,
    problems=(400, 404, 409),
    audit="dependant.created",
    summary="A file on a host that holds the credential's secret; it is changed only when asked from then on",
)
def create(tx: Tx, call: Call[CredentialId, None, DependantIn]) -> Dependant:
    body = call.body
    made = dependants.add_dependant(
        tx,
        call.caller.actor,
        call.params.credential_id,
        body.resource_id,
        name=body.name,
        kind=body.kind,
        parameters=_parameters(body.parameters),
    )
    return _shown(made)


@operation(
    "Dependant.Change",
    "PUT /api/locum/v1/Dependant/{dependantId}",
    who=ADMIN,
    permission=_MANAGE,
    problems=(400, 404, 409),
    audit="dependant.changed",
    summary="Name, place and set up a dependant anew",
)
def change(tx: Tx, call: Call[DependantId, None, DependantChangeIn]) -> Dependant:
    body = call.body
    changed = dependants.change_dependant(
        tx,
        call.caller.actor,
        call.params.dependant_id,
        body.resource_id,
        name=body.name,
        parameters=_parameters(body.parameters),
    )
    return _shown(changed)


@operation(
    "Dependant.Delete",
    "DELETE /api/locum/v1/Dependant/{dependantId}",
    who=ADMIN,
    permission=_MANAGE,
    problems=(404, 409),
    audit="dependant.deleted",
    summary="Let a dependant be told of no further secret",
)
def delete(tx: Tx, call: Call[DependantId, None, None]) -> None:
    dependants.delete_dependant(tx, call.caller.actor, call.params.dependant_id)


def _parameters(file: FileIn) -> dict[str, str]:
    unit = {} if file.unit is None else {"unit": file.unit}
    return {"path": file.path, "pattern": file.pattern, **unit}


def _shown(row: DependantRow) -> Dependant:
    return Dependant(
        id=row.id,
        credential_id=row.credential_id,
        resource_id=row.resource_id,
        name=row.name,
        kind=row.kind,
        parameters=row.parameters,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
