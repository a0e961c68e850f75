"""Secrets that are no logins: tokens, certificates, key/value sets and files (CRED-11)."""

from __future__ import annotations

from uuid import UUID

from locum.credentials import secrets
from locum.credentials.add import free_login, get_credential, insert, record, search_key
from locum.credentials.change import held_credential, write
from locum.credentials.kinds import Content
from locum.credentials.model import AuthenticationMethod, Credential, CredentialType, SecretKind
from locum.credentials.reveal import kept_credential
from locum.credentials.secrets import Part
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict
from locum.kit.ids import new_id
from locum.vault.store import Vault


def add_content(
    tx: Tx,
    vault: Vault,
    actor: Actor,
    *,
    name: str | None,
    content: Content,
    content_name: str | None = None,
    description: str | None = None,
) -> Credential:
    """Keep something under a name that no login without a domain has. Raises Conflict, Invalid, TooLarge."""
    login = free_login(tx, name, None)
    made = new_id()
    insert(
        tx,
        {
            "id": made,
            **login,
            "search_key": search_key(login["username"], "", None),
            "description": description or None,
            "type": CredentialType.APPLICATION,
            "kind": content.kind,
            "authentication_method": AuthenticationMethod.PASSWORD,
            "content_name": content_name or None,
            "created_at": tx.now,
            "modified_at": tx.now,
            **secrets.keep(tx, vault, {Part.CONTENT: content.value}),
        },
    )
    kept = get_credential(tx, made)
    record(tx, actor, "credential.created", kept, kind=content.kind)
    return kept


def kind_of(tx: ReadTx, credential_id: UUID) -> SecretKind:
    """What a new version of it must be. Raises NotFound, Conflict for a login."""
    kind = kept_credential(tx, credential_id).kind
    if kind == SecretKind.LOGIN:
        raise Conflict("a login has a password or a key: change it by PUT /api/v1/Credential/{id}")
    return SecretKind(kind)


def replace_content(tx: Tx, vault: Vault, actor: Actor, credential_id: UUID, content: Content) -> Credential:
    """A new version; the ones before stay as the history option says. Raises NotFound, and Conflict for another
    kind."""
    held = held_credential(tx, credential_id)
    if held.kind != content.kind:
        raise Conflict("this credential keeps another kind of secret")
    if secrets.keep(tx, vault, {Part.CONTENT: content.value}, held):
        write(tx, credential_id)
        record(tx, actor, "credential.changed", held, fields="content")
    return get_credential(tx, credential_id)
