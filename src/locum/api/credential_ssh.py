"""/api/v1/Credential: SSH keys of credentials (CRED-03). The contract calls them certificates."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from locum.api.context import Call
from locum.api.credential import CredentialId, check_found, check_reveal, opened_key
from locum.api.guards import ADMIN_OR_APP, Scope
from locum.api.operations import operation
from locum.api.wire.base import In, Name
from locum.api.wire.credential import SshFormInfo, SshFormInfoIn, SshKeyFile
from locum.api.wire.enums import AuthenticationMethod, CredentialType
from locum.credentials import ssh_key
from locum.credentials.change import set_key
from locum.credentials.model import Credential
from locum.credentials.reveal import Way, credential_of_account, kept_credential, named_credential, reveal
from locum.credentials.secrets import Part, given
from locum.identities.rights import ScopeKind
from locum.kit.db import Tx
from locum.kit.errors import Invalid, NotFound
from locum.kit.permissions import Permission
from locum.vault.secret import Secret
from locum.vault.store import Vault

_MANAGE = Permission.CREDENTIALS_CREDENTIAL_MANAGE
_READ = Permission.CREDENTIALS_CREDENTIAL_READ
_ONE = Scope(ScopeKind.CREDENTIAL, "credentialId", (_MANAGE,))


class UserId(In):
    user_id: UUID


class UserName(In):
    user_name: Name


class DomainUser(In):
    domain_name: Name
    user_name: Name


class Form(In):
    pem: bool = False
    encrypted: bool = False


@operation(
    "Credential.AddCredentialSshCertificateAsync",
    "POST /api/v1/Credential/AddCredentialSSHCertificate/{credentialId}",
    who=ADMIN_OR_APP,
    permission=_MANAGE,
    scope=_ONE,
    problems=(400, 404, 409),
    audit="credential.changed",
    summary="Give a credential an SSH key in OpenSSH or PEM form; its passphrase is kept as a secret of its own",
)
async def add_key(call: Call[CredentialId, None, SshFormInfoIn]) -> SshFormInfo:
    return await _add(call, call.params.credential_id)


@operation(
    "Credential.AddUserSshCertificateAsync",
    "POST /api/v1/Credential/AddUserSSHCertificate/{userId}",
    who=ADMIN_OR_APP,
    permission=_MANAGE,
    problems=(400, 404, 409),
    audit="credential.changed",
    summary="The same for the credential of an account on a resource",
)
async def add_key_of_user(call: Call[UserId, None, SshFormInfoIn]) -> SshFormInfo:
    return await _add(call, await _id_of_account(call))


@operation(
    "Credential.GenerateCredentialSshCertificateAsync",
    "POST /api/v1/Credential/GenerateCredentialSSHCertificate/{credentialId}",
    who=ADMIN_OR_APP,
    permission=_MANAGE,
    scope=_ONE,
    problems=(400, 404, 409),
    audit="credential.changed",
    summary="Generate an SSH key for a credential; the answer has its public half",
)
async def generate_key(call: Call[CredentialId, None, SshFormInfoIn]) -> SshFormInfo:
    return await _generate(call, call.params.credential_id)


@operation(
    "Credential.GenerateUserSshCertificateAsync",
    "POST /api/v1/Credential/GenerateUserSSHCertificate/{userId}",
    who=ADMIN_OR_APP,
    permission=_MANAGE,
    problems=(400, 404, 409),
    audit="credential.changed",
    summary="The same for the credential of an account on a resource",
)
async def generate_key_of_user(call: Call[UserId, None, SshFormInfoIn]) -> SshFormInfo:
    return await _generate(call, await _id_of_account(call))


@operation(
    "Credential.GetCredentialSshCertificateAsync",
    "GET /api/v1/Credential/GetCredentialSSHCertificate/{credentialId}",
    who=ADMIN_OR_APP,
    permission=_READ,
    scope=_ONE,
    problems=(404, 409),
    audit="credential.secret_revealed",
    summary="A credential's SSH key; the private half and its passphrase are for who may reveal, and audited",
)
def get_key(tx: Tx, call: Call[CredentialId, None, None]) -> SshFormInfo:
    return _revealed(tx, call, kept_credential(tx, call.params.credential_id))


@operation(
    "Credential.GetUserSshCertificateAsync",
    "GET /api/v1/Credential/GetUserSSHCertificate/{userId}",
    who=ADMIN_OR_APP,
    permission=_READ,
    problems=(404, 409),
    audit="credential.secret_revealed",
    summary="The same of the credential of an account on a resource",
)
def get_key_of_user(tx: Tx, call: Call[UserId, None, None]) -> SshFormInfo:
    return _revealed(tx, call, credential_of_account(tx, call.params.user_id))


@operation(
    "Credential.GetSshCertificateByUserAsync",
    "GET /api/v1/Credential/GetSSHCertificateByUser/{userName}",
    who=ADMIN_OR_APP,
    permission=_READ,
    problems=(404, 409),
    audit="credential.secret_revealed",
    summary="The same of the login of that name that has no domain",
)
def get_key_by_name(tx: Tx, call: Call[UserName, None, None]) -> SshFormInfo:
    return _revealed(tx, call, named_credential(tx, call.params.user_name))


@operation(
    "Credential.GetSshCertificateByDomainUserAsync",
    "GET /api/v1/Credential/GetSSHCertificateByDomainUser/{domainName}/{userName}",
    who=ADMIN_OR_APP,
    permission=_READ,
    problems=(404, 409),
    audit="credential.secret_revealed",
    summary="The same of a login in a domain",
)
def get_key_by_domain(tx: Tx, call: Call[DomainUser, None, None]) -> SshFormInfo:
    return _revealed(tx, call, named_credential(tx, call.params.user_name, call.params.domain_name))


@operation(
    "Credential.DownloadSshKey",
    "GET /api/locum/v1/Credential/{credentialId}/SshKey",
    who=ADMIN_OR_APP,
    permission=Permission.CREDENTIALS_SECRET_EXPORT,
    scope=_ONE,
    problems=(404, 409),
    audit="credential.secret_exported",
    summary="The private key as a file of OpenSSH, with pem=true PKCS#8; encrypted=true: behind its passphrase",
)
async def download_key(call: Call[CredentialId, Form, None]) -> SshKeyFile:
    query = call.query
    text, word, name = await call.api.db.write(_exported, call.api.vault, call, query.encrypted)

    def written() -> tuple[Secret, str]:
        key = ssh_key.read(text)
        return (key.pem(word) if query.pem else key.openssh(word)), key.fingerprint

    file, fingerprint = await asyncio.to_thread(written)
    return SshKeyFile(
        file_name=name + (".pem" if query.pem else ""),
        content=file.reveal_text(),
        encrypted=word is not None,
        fingerprint=fingerprint,
    )


def _exported(tx: Tx, vault: Vault, call: Call[CredentialId, Any, Any], encrypted: bool) -> Any:
    row = kept_credential(tx, call.params.credential_id)
    check_reveal(tx, call, row.id, Permission.CREDENTIALS_SECRET_EXPORT)
    wanted = (Part.PRIVATE_KEY, Part.PASSPHRASE) if encrypted else (Part.PRIVATE_KEY,)
    found = reveal(tx, vault, call.caller.actor, row, *wanted, way=Way.EXPORT)
    if Part.PRIVATE_KEY not in found:
        raise NotFound("this credential has no SSH key")
    if encrypted and Part.PASSPHRASE not in found:
        raise Invalid("this key has no passphrase to be encrypted with", field="encrypted")
    return found[Part.PRIVATE_KEY], found.get(Part.PASSPHRASE), f"id_{(row.key_algorithm or 'key').lower()}"


async def _add(call: Call[Any, None, SshFormInfoIn], credential_id: UUID) -> SshFormInfo:
    body = call.body
    key = await opened_key(body.private_key, body.passphrase)
    if key is None:
        raise Invalid("privateKey must not be empty", field="privateKey")
    return await _kept(call, credential_id, key, given(body.passphrase), generated_passphrase=False)


async def _generate(call: Call[Any, None, SshFormInfoIn], credential_id: UUID) -> SshFormInfo:
    body = call.body
    algorithm = ssh_key.algorithm_named(body.key_gen_algorithm)
    if given(body.private_key) is not None:
        raise Invalid("privateKey must be empty: a key is generated", field="privateKey")
    word = ssh_key.new_passphrase() if body.auto_gen_passphrase else given(body.passphrase)
    await call.api.db.read(kept_credential, credential_id)  # before a key that takes minutes

    def generated() -> ssh_key.SshKey:
        key = ssh_key.generate(algorithm, body.key_length or None)
        if word is not None:
            key.openssh(word)  # a passphrase that no file can have is refused now, and not at the download
        return key

    key = await asyncio.to_thread(generated)
    return await _kept(call, credential_id, key, word, generated_passphrase=body.auto_gen_passphrase)


async def _kept(
    call: Call[Any, None, SshFormInfoIn],
    credential_id: UUID,
    key: ssh_key.SshKey,
    word: Secret | None,
    *,
    generated_passphrase: bool,
) -> SshFormInfo:
    changed = await call.api.db.write(
        set_key,
        call.api.vault,
        call.caller.actor,
        credential_id,
        key,
        passphrase=word,
        method=int(call.body.authentication_method) or None,
        generated_passphrase=generated_passphrase,
    )
    return _form(changed)


async def _id_of_account(call: Call[UserId, Any, Any]) -> UUID:
    found = await call.api.db.read(credential_of_account, call.params.user_id)
    check_found(call, found.id)
    return found.id


def _revealed(tx: Tx, call: Call[Any, Any, Any], row: Credential) -> SshFormInfo:
    check_found(call, row.id)
    if row.private_key_secret_id is None:
        raise NotFound("this credential has no SSH key")
    form = _form(row)
    if Permission.CREDENTIALS_SECRET_REVEAL in call.caller.permissions:
        check_reveal(tx, call, row.id)
        found = reveal(tx, call.api.vault, call.caller.actor, row, Part.PRIVATE_KEY, Part.PASSPHRASE)
        for part, secret in found.items():
            setattr(form, part, secret.reveal_text())
    return form


def _form(row: Credential) -> SshFormInfo:
    return SshFormInfo(
        authentication_method=AuthenticationMethod(row.authentication_method),
        credential_type=CredentialType(row.type),
        auto_gen_passphrase=row.generated_passphrase,
        public_key=row.public_key,
        key_gen_algorithm=row.key_algorithm,
        key_length=row.key_length or 0,
    )
