"""/api/locum/v1/Secret: tokens, certificates, key/value sets and files; versions of every credential's secret."""

from __future__ import annotations

import base64
from uuid import UUID

from locum.api.context import Call
from locum.api.credential import CredentialId, check_reveal
from locum.api.guards import ADMIN, ADMIN_OR_APP, Scope
from locum.api.operations import operation
from locum.api.reading import RawBody
from locum.api.wire.base import In, Line, Name, at
from locum.api.wire.secret import KeptSecret, SecretValue, SecretVersion
from locum.credentials import contents, model
from locum.credentials.reveal import Way, give_out, kept_credential
from locum.credentials.secrets import main_part
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid
from locum.kit.permissions import Permission
from locum.vault.secret import Secret

_MANAGE = Permission.CREDENTIALS_CREDENTIAL_MANAGE
_ONE = Scope(ScopeKind.CREDENTIAL, "credentialId", (_MANAGE,))


class NewSecret(In):
    kind: Name
    name: Name
    description: Line | None = None
    content_name: Name | None = None


class WhichVersion(In):
    version: int | None = None


@operation(
    "Secret.Create",
    "POST /api/locum/v1/Secret",
    who=ADMIN,
    permission=Permission.CREDENTIALS_CREDENTIAL_CREATE,
    status=201,
    problems=(409,),
    audit="credential.created",
    summary="Keep the body, up to 1 MiB of bytes as they are, as kind=token, certificate, key_values or file",
)
def create_secret(tx: Tx, call: Call[None, NewSecret, RawBody]) -> KeptSecret:
    query = call.query
    if query.kind not in set(model.SecretKind):
        raise Invalid(f"kind must be one of {', '.join(sorted(model.SecretKind))}", field="kind")
    made = contents.add_content(
        tx,
        call.api.vault,
        call.caller.actor,
        kind=model.SecretKind(query.kind),
        name=query.name,
        description=query.description,
        content=Secret(call.body.content),
        content_name=query.content_name,
    )
    return _shown(made)


@operation(
    "Secret.GetById",
    "GET /api/locum/v1/Secret/{credentialId}",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_CREDENTIAL_READ,
    scope=_ONE,
    problems=(404,),
    summary="Of which kind a credential's secret is, login among them, and what it is called; never what it keeps",
)
def get_secret(tx: ReadTx, call: Call[CredentialId, None, None]) -> KeptSecret:
    return _shown(kept_credential(tx, call.params.credential_id))


@operation(
    "Secret.PutContent",
    "PUT /api/locum/v1/Secret/{credentialId}/Content",
    who=ADMIN_OR_APP,
    permission=_MANAGE,
    scope=_ONE,
    problems=(404, 409),
    audit="credential.changed",
    summary="Keep the body as the new version of a token, certificate, key/value set or file",
)
def put_content(tx: Tx, call: Call[CredentialId, None, RawBody]) -> KeptSecret:
    content = Secret(call.body.content)
    made = contents.replace_content(tx, call.api.vault, call.caller.actor, call.params.credential_id, content)
    return _shown(made)


@operation(
    "Secret.Versions",
    "GET /api/locum/v1/Secret/{credentialId}/Version",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_CREDENTIAL_READ,
    scope=_ONE,
    problems=(404,),
    summary="The versions of a credential's secret that are kept, the newest first (CRED-07)",
)
def versions(tx: ReadTx, call: Call[CredentialId, None, None]) -> list[SecretVersion]:
    row = kept_credential(tx, call.params.credential_id)
    secret_id: UUID | None = getattr(row, main_part(row).column)
    found = call.api.vault.versions(tx, secret_id) if secret_id else []
    return [
        SecretVersion(version=one.version, is_current=one is found[0], created_date_time_utc=at(one.created_at))
        for one in found
    ]


@operation(
    "Secret.Reveal",
    "GET /api/locum/v1/Secret/{credentialId}/Reveal",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_SECRET_REVEAL,
    scope=_ONE,
    problems=(404, 409),
    audit="credential.secret_revealed",
    summary="What a credential keeps, or an earlier version of it, to be looked at",
)
def reveal(tx: Tx, call: Call[CredentialId, WhichVersion, None]) -> SecretValue:
    return _given(tx, call, Way.REVEAL, Permission.CREDENTIALS_SECRET_REVEAL)


@operation(
    "Secret.Copy",
    "GET /api/locum/v1/Secret/{credentialId}/Copy",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_SECRET_COPY,
    scope=_ONE,
    problems=(404, 409),
    audit="credential.secret_copied",
    summary="The same, for a clipboard",
)
def copy(tx: Tx, call: Call[CredentialId, WhichVersion, None]) -> SecretValue:
    return _given(tx, call, Way.COPY, Permission.CREDENTIALS_SECRET_COPY)


@operation(
    "Secret.Export",
    "GET /api/locum/v1/Secret/{credentialId}/Export",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_SECRET_EXPORT,
    scope=_ONE,
    problems=(404, 409),
    audit="credential.secret_exported",
    summary="The same, for a file",
)
def export(tx: Tx, call: Call[CredentialId, WhichVersion, None]) -> SecretValue:
    return _given(tx, call, Way.EXPORT, Permission.CREDENTIALS_SECRET_EXPORT)


def _given(tx: Tx, call: Call[CredentialId, WhichVersion, None], way: Way, permission: Permission) -> SecretValue:
    row = kept_credential(tx, call.params.credential_id)
    check_reveal(tx, call, row.id, permission)
    version = call.query.version
    content = give_out(tx, call.api.vault, call.caller.actor, row, way, version).reveal()
    try:
        text: str | None = content.decode()
    except UnicodeDecodeError:
        text = None
    return SecretValue(
        credential_id=row.id,
        version=version,
        content=base64.b64encode(content).decode(),
        text=text,
        content_name=row.content_name,
    )


def _shown(row: model.Credential) -> KeptSecret:
    return KeptSecret(
        id=row.id,
        kind=row.kind,
        name=row.username,
        description=row.description,
        content_name=row.content_name,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
