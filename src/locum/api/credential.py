"""/api/v1/Credential: credentials made, changed, deleted, counted and read. Lists are in credential_list.py."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from locum.api.context import Call
from locum.api.credential_view import dto, shown
from locum.api.guards import ADMIN, ADMIN_OR_APP, Scope, lacks
from locum.api.operations import operation
from locum.api.wire.base import In
from locum.api.wire.credential import (
    Credential,
    CredentialChangeIn,
    CredentialDto,
    CredentialIn,
    CredentialPutIn,
)
from locum.api.wire.managed_account import Counts
from locum.credentials import model, ssh_key
from locum.credentials.add import add_credential
from locum.credentials.change import Change, change_credential
from locum.credentials.delete import delete_credential, delete_credentials
from locum.credentials.reveal import kept_credential, reveal
from locum.credentials.secrets import Part, given
from locum.identities.caller import Role
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid, NotFound
from locum.kit.permissions import Permission
from locum.reads import credentials as reads
from locum.sessions import lease as leases
from locum.vault.secret import Secret

_SHOWN = (Part.PASSWORD, Part.PRIVATE_KEY, Part.PASSPHRASE)
_MANAGE = (Permission.CREDENTIALS_CREDENTIAL_MANAGE,)


class CredentialId(In):
    credential_id: UUID


class Id(In):
    id: UUID


class Erase(In):
    erase_password: bool = False


class Show(In):
    show_password: bool = False


class Deleted(In):
    include_deleted: bool = False


@operation(
    "Credential.CreateAsync",
    "POST /api/v1/Credential",
    who=ADMIN,
    permission=Permission.CREDENTIALS_CREDENTIAL_CREATE,
    problems=(400, 409),
    audit="credential.created",
    summary="Keep a login; its secrets go to the vault and do not come back in the answer",
)
async def create_credential(call: Call[None, None, CredentialIn]) -> Credential:
    body = call.body
    made = await call.api.db.write(
        add_credential,
        call.api.vault,
        call.caller.actor,
        username=body.username,
        domain=body.domain,
        name=body.name,
        description=body.description,
        type=model.CredentialType(_type(body.type)),
        platform_id=body.platform_id,
        authentication_method=model.AuthenticationMethod(body.authentication_method),
        password=body.password,
        private_key=await opened_key(body.private_key, body.passphrase),
        passphrase=body.passphrase,
        enable_password=body.enable_password,
        elevation_command=body.sudo_command,
        change_on_checkout=body.change_on_checkout,
        change_on_release=body.change_on_release,
    )
    return shown(made)


@operation(
    "Credential.Put",
    "PUT /api/v1/Credential",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_CREDENTIAL_MANAGE,
    problems=(400, 404, 409),
    audit="credential.changed",
    summary="Change the credential of the body's id; erasePassword takes away a password it has no other for",
)
async def put_credential(call: Call[None, Erase, CredentialPutIn]) -> Credential:
    if call.caller.key is not None:
        call.caller.key.check_credential(call.body.id)
    return await _changed(call, call.body.id, call.body, erase_password=call.query.erase_password)


@operation(
    "Credential.UpdateAsync",
    "PUT /api/v1/Credential/{id}",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_CREDENTIAL_MANAGE,
    scope=Scope(ScopeKind.CREDENTIAL, "id", _MANAGE),
    problems=(400, 404, 409),
    audit="credential.changed",
    summary="Change a credential; what is absent or null stays, and a new password is a new version of its secret",
)
async def update_credential(call: Call[Id, None, CredentialChangeIn]) -> Credential:
    return await _changed(call, call.params.id, call.body)


async def _changed(
    call: Call[Any, Any, Any], credential_id: UUID, body: CredentialChangeIn, *, erase_password: bool = False
) -> Credential:
    change = Change(
        username=body.username,
        domain=body.domain,
        name=body.name,
        description=body.description,
        elevation_command=body.sudo_command,
        type=None if body.type is None else _type(body.type),
        platform_id=body.platform_id,
        authentication_method=body.authentication_method,
        change_on_checkout=body.change_on_checkout,
        change_on_release=body.change_on_release,
        password=body.password,
        private_key=await opened_key(body.private_key, body.passphrase),
        passphrase=body.passphrase,
        enable_password=body.enable_password,
    )
    api, actor = call.api, call.caller.actor
    return shown(
        await api.db.write(
            change_credential, api.vault, actor, credential_id, change, erase_password=erase_password
        )
    )


async def opened_key(private_key: Secret | None, passphrase: Secret | None) -> ssh_key.SshKey | None:
    """The key: to open and check one takes seconds, too long for a unit of work and for the event loop."""
    text = given(private_key)
    return None if text is None else await asyncio.to_thread(ssh_key.read, text, passphrase)


def _type(given: int) -> int:
    if given not in {int(kind) for kind in model.CredentialType}:
        raise Invalid("type must lie between 0 (Configuration) and 6 (SshKeyCert)", field="type")
    return given


@operation(
    "Credential.Delete",
    "DELETE /api/v1/Credential/{credentialId}",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_CREDENTIAL_MANAGE,
    scope=Scope(ScopeKind.CREDENTIAL, "credentialId", _MANAGE),
    problems=(404, 409),
    audit="credential.deleted",
    summary="Delete a credential that nothing uses; its secrets are erased and its login is free again",
)
def delete(tx: Tx, call: Call[CredentialId, None, None]) -> None:
    delete_credential(tx, call.api.vault, call.caller.actor, call.params.credential_id)


@operation(
    "Credential.DeleteMultipleAsync",
    "POST /api/v1/Credential/DeleteMultiple",
    who=ADMIN,
    permission=Permission.CREDENTIALS_CREDENTIAL_MANAGE,
    audit="credential.deleted",
    summary="Delete several credentials; answers how many were, and how many could not be",
)
def delete_multiple(tx: Tx, call: Call[None, None, list[UUID]]) -> Counts:
    deleted, failed = delete_credentials(tx, call.api.vault, call.caller.actor, call.body)
    return Counts(item1=deleted, item2=failed)


@operation(
    "Credential.CountAsync",
    "GET /api/v1/Credential/Count",
    who=ADMIN,
    permission=Permission.CREDENTIALS_CREDENTIAL_READ,
    summary="How many credentials there are",
)
def count(tx: ReadTx, call: Call[None, Deleted, None]) -> int:
    return reads.count(tx, include_deleted=call.query.include_deleted)


@operation(
    "Credential.GetById",
    "GET /api/v1/Credential/{credentialId}",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_CREDENTIAL_READ,
    scope=Scope(ScopeKind.CREDENTIAL, "credentialId", _MANAGE),
    problems=(404, 409),
    audit="credential.secret_revealed",
    summary="One credential; showPassword shows its secrets to who may reveal them, and each time is audited",
)
def get_credential(tx: Tx, call: Call[CredentialId, Show, None]) -> CredentialDto:
    """CRED-02."""
    row = kept_credential(tx, call.params.credential_id)
    view = dto(row, is_managed=reads.is_managed(tx, row.id))
    if call.query.show_password:
        check_reveal(tx, call, row.id)
        # An application reads a token as it reads a password.
        shows = (Part.CONTENT,) if row.kind == model.SecretKind.TOKEN else _SHOWN
        found = reveal(tx, call.api.vault, call.caller.actor, row, *shows)
        for part, secret in found.items():
            setattr(view, "password" if part is Part.CONTENT else part, secret.reveal_text())
    return view


def check_found(call: Call[Any, Any, Any], credential_id: UUID) -> None:
    """Raise NotFound for what was found by a name or an account and the API key is not for: to ask for names must not
    tell which there are (SEC-30)."""
    if call.caller.key is not None and not call.caller.key.has_credential(credential_id):
        raise NotFound("no such credential")


def check_reveal(
    tx: ReadTx,
    call: Call[Any, Any, Any],
    credential_id: UUID,
    permission: Permission = Permission.CREDENTIALS_SECRET_REVEAL,
) -> None:
    """Raise Forbidden unless the caller may be given secrets in this way, and Conflict while this one is somebody
    else's alone: then only administrators may have it, which leaves its audit row."""
    if permission not in call.caller.permissions:
        raise lacks(permission)
    if Role.ADMIN not in call.caller.roles:
        leases.check_not_held(tx, credential_id, by_other_than=call.caller.identity_id)
