"""Gives a credential's secrets out: the audit row is in the same unit of work, so it is there before they leave."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from locum.credentials.add import COLUMNS, record
from locum.credentials.model import Credential, credential, managed_user
from locum.credentials.secrets import Part, main_part, open_part, open_parts
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound
from locum.kit.names import name_key
from locum.kit.prepared import Prepared
from locum.vault.secret import Secret
from locum.vault.store import Vault

_ONE = Prepared(Credential, sa.select(*COLUMNS).where(credential.c.id == sa.bindparam("id")))


class Way(StrEnum):
    """How a secret leaves; each is a permission of its own."""

    REVEAL = "reveal"
    COPY = "copy"
    EXPORT = "export"


_ACTIONS = {
    Way.REVEAL: "credential.secret_revealed",
    Way.COPY: "credential.secret_copied",
    Way.EXPORT: "credential.secret_exported",
}


def kept_credential(tx: ReadTx, credential_id: UUID) -> Credential:
    """The credential as programs ask for it thousands of times a second. Raises NotFound for a deleted one too."""
    found = tx.prepared(_ONE, id=credential_id)
    if not found or found[0].deleted_at is not None:
        raise NotFound("no such credential")
    return found[0]


def named_credential(tx: ReadTx, username: str, domain: str = "") -> Credential:
    """The credential of a login. Raises NotFound."""
    key = f"{name_key(domain)}\x1f{username}"
    found = tx.first(Credential, sa.select(*COLUMNS).where(credential.c.login_key == key))
    if found is None:
        raise NotFound("no such credential")
    return found


def credential_of_account(tx: ReadTx, host_user_id: UUID) -> Credential:
    """The credential of an account on a resource. Raises NotFound."""
    found = tx.first(
        Credential,
        sa.select(*COLUMNS)
        .join(managed_user, managed_user.c.credential_id == credential.c.id)
        .where(managed_user.c.host_user_id == host_user_id, credential.c.deleted_at.is_(None)),
    )
    if found is None:
        raise NotFound("no such credential")
    return found


def reveal(
    tx: Tx, vault: Vault, actor: Actor, of: Credential, *parts: Part, way: Way = Way.REVEAL
) -> dict[Part, Secret]:
    """Those of the parts that are kept. One audit row says which."""
    found = open_parts(tx, vault, of, *parts)
    record(tx, actor, _ACTIONS[way], of, parts=" ".join(found))
    return found


def give_out(tx: Tx, vault: Vault, actor: Actor, of: Credential, way: Way, version: int | None = None) -> Secret:
    """The credential's main secret, or an earlier version of it. Raises NotFound where there is none."""
    part = main_part(of)
    secret = open_part(tx, vault, of, part, version=version)
    if secret is None:
        raise NotFound("this credential has no secret")
    record(tx, actor, _ACTIONS[way], of, parts=part, **({} if version is None else {"version": version}))
    return secret
