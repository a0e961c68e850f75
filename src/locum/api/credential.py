"""/api/v1/Credential."""

from __future__ import annotations

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import at
from locum.api.wire.credential import Credential, CredentialIn
from locum.api.wire.enums import AuthenticationMethod, CredentialType
from locum.credentials import model
from locum.credentials.add import add_credential
from locum.kit.db import Tx
from locum.kit.errors import Invalid
from locum.kit.permissions import Permission


@operation(
    "Credential.CreateAsync",
    "POST /api/v1/Credential",
    who=ADMIN,
    permission=Permission.CREDENTIALS_CREDENTIAL_CREATE,
    problems=(400, 409),
    audit="credential.created",
    summary="Keep a login; its secrets go to the vault and do not come back in the answer",
)
def create_credential(tx: Tx, call: Call[None, None, CredentialIn]) -> Credential:
    body = call.body
    if body.type not in {int(kind) for kind in model.CredentialType}:
        raise Invalid("type must lie between 0 (Configuration) and 6 (SshKeyCert)", field="type")
    made = add_credential(
        tx,
        call.api.vault,
        call.caller.actor,
        username=body.username,
        domain=body.domain,
        name=body.name,
        description=body.description,
        type=model.CredentialType(body.type),
        platform_id=body.platform_id,
        authentication_method=model.AuthenticationMethod(body.authentication_method),
        password=body.password,
        private_key=body.private_key,
        passphrase=body.passphrase,
        elevation_command=body.sudo_command,
    )
    return shown(made)


def shown(row: model.Credential) -> Credential:
    """A credential as the wire has it: never with a secret."""
    return Credential(
        id=row.id,
        domain=row.domain or None,
        username=row.username,
        name=row.name,
        description=row.description,
        type=CredentialType(row.type),
        platform_id=row.platform_id,
        sudo_command=row.elevation_command,
        authentication_method=AuthenticationMethod(row.authentication_method),
        public_key=row.public_key,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
