"""/api/v1/Credential: credentials of accounts on resources, new passwords, check-out rules, and the lists of words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from locum.api.context import Call
from locum.api.credential import CredentialId, Id, check_found, check_reveal
from locum.api.credential_view import shown
from locum.api.guards import ADMIN_OR_APP, APP, Scope
from locum.api.operations import operation
from locum.api.wire.base import In, Name
from locum.api.wire.credential import Credential, PostSessionIn
from locum.api.wire.enums import AuthenticationMethod, CredentialType, PostSessionAction
from locum.credentials import model, ssh_key
from locum.credentials.add import record
from locum.credentials.change import Change, change_credential, set_change_on
from locum.credentials.delete import delete_credential
from locum.credentials.manage import put_in_vault
from locum.credentials.new_password import new_password, password_before
from locum.credentials.reveal import credential_of_account, kept_credential, named_credential, reveal
from locum.credentials.secrets import Part
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid, NotFound
from locum.kit.permissions import Permission
from locum.vault.secret import Secret

_MANAGE = Permission.CREDENTIALS_CREDENTIAL_MANAGE
_READ = Permission.CREDENTIALS_CREDENTIAL_READ
_ONE = Scope(ScopeKind.CREDENTIAL, "credentialId", (_MANAGE,))


class UserId(In):
    user_id: UUID


class VaultUser(In):
    vault_name: Name
    user_name: Name


class VaultQuery(In):
    vault_user: bool = False


class PasswordQuery(In):
    generate: bool = False
    rollback: bool = False
    show_password: bool = False
    save: bool = False


class ChangeOn(In):
    change_on_checkout: bool | None = None
    change_on_release: bool | None = None


@operation(
    "Credential.GetByUserId",
    "GET /api/v1/Credential/ByUserId/{userId}",
    who=APP,
    permission=_READ,
    problems=(400, 404, 409),
    audit="credential.secret_revealed",
    summary="The credential of an account on a resource: its password, with generate a new one, with rollback the one"
    " before; save makes that one its password",
)
def get_by_user(tx: Tx, call: Call[UserId, PasswordQuery, None]) -> Credential:
    """A password that is only generated is no secret of anything yet, and is kept nowhere."""
    query, row = call.query, credential_of_account(tx, call.params.user_id)
    check_found(call, row.id)
    if query.generate and query.rollback:
        raise Invalid("generate and rollback exclude each other", field="rollback")
    if query.save and not (query.generate or query.rollback):
        raise Invalid("save goes with generate or rollback", field="save")
    view = shown(row)
    if not (query.generate or query.rollback):
        return _with_password(tx, call, row) if query.show_password else view
    if query.show_password or query.rollback:
        check_reveal(tx, call, row.id)
    version, secret = None, None
    if query.generate:
        secret = new_password(tx, row.id)
    else:
        version, secret = password_before(tx, call.api.vault, row)
    if query.save:
        change = Change(password=secret)
        view = shown(change_credential(tx, call.api.vault, call.caller.actor, row.id, change))
    if query.show_password:
        _say(tx, call, row, version)
        view.password, view.show_password = secret.reveal_text(), True
    return view


@operation(
    "Credential.NewPasswordFromCredential",
    "GET /api/v1/Credential/NewCredentialFromCredential/{credentialId}",
    who=APP,
    permission=_READ,
    scope=_ONE,
    problems=(404, 409),
    audit="credential.secret_revealed",
    summary="The credential with a new password by its complexity, which is not kept: put it back once a target has it",
)
def new_from_credential(tx: Tx, call: Call[CredentialId, None, None]) -> Credential:
    """To keep it here before the target has it would lose the password that still opens it."""
    row = kept_credential(tx, call.params.credential_id)
    check_reveal(tx, call, row.id)
    secret = new_password(tx, row.id)
    _say(tx, call, row, None)
    view = shown(row)
    view.password, view.show_password = secret.reveal_text(), True
    return view


def _with_password(tx: Tx, call: Call[Any, Any, Any], row: model.Credential) -> Credential:
    check_reveal(tx, call, row.id)
    found = reveal(tx, call.api.vault, call.caller.actor, row, Part.PASSWORD)
    view = shown(row)
    secret: Secret | None = found.get(Part.PASSWORD)
    view.password, view.show_password = secret.reveal_text() if secret else None, True
    return view


def _say(tx: Tx, call: Call[Any, Any, Any], row: model.Credential, version: int | None) -> None:
    """A password that was generated, or the version that is gone back to, left."""
    detail: dict[str, str | int] = {"parts": "generated"} if version is None else {"parts": Part.PASSWORD}
    if version is not None:
        detail["version"] = version
    record(tx, call.caller.actor, "credential.secret_revealed", row, **detail)


@operation(
    "Credential.DeleteByHostUserAsync",
    "DELETE /api/v1/Credential/DeleteByHostUser/{userId}",
    who=ADMIN_OR_APP,
    permission=_MANAGE,
    problems=(404, 409),
    audit="credential.deleted",
    summary="Delete the credential of an account on a resource",
)
def delete_by_user(tx: Tx, call: Call[UserId, None, None]) -> None:
    row = credential_of_account(tx, call.params.user_id)
    check_found(call, row.id)
    delete_credential(tx, call.api.vault, call.caller.actor, row.id)


@operation(
    "Credential.SetOnChangeReset",
    "PUT /api/v1/Credential/OnChangeReset",
    who=ADMIN_OR_APP,
    permission=_MANAGE,
    status=202,
    problems=(404,),
    audit="credential.changed",
    summary="Whether credentials change their secret when they are checked out and when they are released (CRED-08)",
)
def set_on_change(tx: Tx, call: Call[None, ChangeOn, list[UUID]]) -> None:
    if call.caller.key is not None:
        for credential_id in call.body:
            call.caller.key.check_credential(credential_id)
    query = call.query
    set_change_on(
        tx, call.caller.actor, call.body, checkout=query.change_on_checkout, release=query.change_on_release
    )


@operation(
    "Credential.GetCredentialReleasePostSessionDisableAsync",
    "GET /api/v1/Credential/CredentialRelease/{credentialId}/PostSessionDisable",
    who=ADMIN_OR_APP,
    permission=_READ,
    scope=_ONE,
    problems=(404,),
    summary="What becomes of the account when a lease of the credential ends (CRED-09)",
)
def get_post_session(tx: ReadTx, call: Call[CredentialId, None, None]) -> PostSessionAction:
    return PostSessionAction(kept_credential(tx, call.params.credential_id).post_session)


@operation(
    "Credential.SetPostSession",
    "PUT /api/v1/Credential/CredentialRelease/{credentialId}/PostSessionDisable",
    who=ADMIN_OR_APP,
    permission=_MANAGE,
    scope=_ONE,
    problems=(404,),
    audit="credential.changed",
    summary="Say what becomes of the account when a lease of the credential ends: Disable, Enable or KeepPrevious",
)
def set_post_session(tx: Tx, call: Call[CredentialId, None, PostSessionIn]) -> PostSessionAction:
    change = Change(post_session=int(call.body.action))
    changed = change_credential(tx, call.api.vault, call.caller.actor, call.params.credential_id, change)
    return PostSessionAction(changed.post_session)


@operation(
    "Credential.SetCredentialVaultAsync",
    "GET /api/v1/Credential/SetVault/{vaultName}/{userName}",
    who=ADMIN_OR_APP,
    permission=_MANAGE,
    problems=(404, 409),
    audit="credential.managed",
    summary="Put the login of that name into a secret vault; vaultUser makes it of the type VaultUser (CRED-11)",
)
def set_vault(tx: Tx, call: Call[VaultUser, VaultQuery, None]) -> bool:
    """The contract has it as a GET; no cookie that another site sends along passes the kernel."""
    row = named_credential(tx, call.params.user_name)
    check_found(call, row.id)
    if call.query.vault_user:
        change = Change(type=model.CredentialType.VAULT_USER)
        change_credential(tx, call.api.vault, call.caller.actor, row.id, change)
    put_in_vault(tx, call.caller.actor, row.id, call.params.vault_name)
    return True


@operation(
    "Credential.CiscoEnablePassword",
    "GET /api/v1/Credential/{id}/CiscoEnablePassword",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_SECRET_REVEAL,
    scope=Scope(ScopeKind.CREDENTIAL, "id", (_MANAGE,)),
    problems=(404, 409),
    audit="credential.secret_revealed",
    summary="The enable password that is kept for a Cisco device (CRED-12)",
)
def enable_password(tx: Tx, call: Call[Id, None, None]) -> str:
    row = kept_credential(tx, call.params.id)
    check_reveal(tx, call, row.id)
    found = reveal(tx, call.api.vault, call.caller.actor, row, Part.ENABLE)
    if not found:
        raise NotFound("this credential has no enable password")
    return found[Part.ENABLE].reveal_text()


@operation(
    "Credential.GetCredentialTypesAsync",
    "GET /api/v1/Credential/GetCredentialTypes",
    who=ADMIN_OR_APP,
    permission=_READ,
    summary="The types a credential can be of, by name",
)
def types(tx: ReadTx, call: Call[None, None, None]) -> dict[str, int]:
    return {_spelled(kind): int(kind) for kind in CredentialType}


@operation(
    "Credential.GetAuthenticationMethodTypesAsync",
    "GET /api/v1/Credential/GetAuthenticationMethodTypes",
    who=ADMIN_OR_APP,
    permission=_READ,
    summary="What a credential can sign in with, by name",
)
def methods(tx: ReadTx, call: Call[None, None, None]) -> dict[str, int]:
    return {_spelled(method): int(method) for method in AuthenticationMethod}


@operation(
    "Credential.GetSshKeyGenAlgorithmsAsync",
    "GET /api/v1/Credential/SSHKeyGenAlgorithms",
    who=ADMIN_OR_APP,
    permission=_READ,
    problems=(400,),
    summary="The algorithms of SSH keys, and the lengths of each, the usual one first",
)
def algorithms(tx: ReadTx, call: Call[None, None, None]) -> dict[str, list[int]]:
    return {algorithm.value: list(lengths) for algorithm, lengths in ssh_key.LENGTHS.items()}


def _spelled(member: CredentialType | AuthenticationMethod) -> str:
    return "".join(part.capitalize() for part in member.name.split("_"))
