"""API keys of applications: 256 random bits, spelled as `key_format` says, found by a keyed digest."""

from __future__ import annotations

import secrets
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import applications
from locum.identities.digests import KeyedDigest
from locum.identities.key_format import PATTERN as PATTERN
from locum.identities.key_format import PREFIX as PREFIX
from locum.identities.key_format import spelled
from locum.identities.key_format import well_formed as well_formed
from locum.identities.model import api_key
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import NotFound
from locum.kit.ids import new_id
from locum.vault.secret import Secret
from locum.vault.store import Vault

PURPOSE = "api-key"


class _Sealed(msgspec.Struct, frozen=True):
    id: UUID
    secret_id: UUID | None


def new_key() -> Secret:
    """A fresh key."""
    return Secret(spelled(secrets.randbits(256)))


def issue(tx: Tx, vault: Vault, digest: KeyedDigest, actor: Actor, application_id: UUID) -> Secret:
    """Give the application a new key (ManagedAccount.GenerateApiKeyAsync, AUTH-19).

    Its old key stops working when this transaction commits, and can't be revealed any more. Raises NotFound and
    Invalid as `applications.hold` does.
    """
    application = applications.hold(tx, application_id)
    key = new_key()
    for old in tx.returning(
        _Sealed,
        sa.update(api_key)
        .where(api_key.c.identity_id == application_id, api_key.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
        .returning(api_key.c.id, api_key.c.secret_id),
    ):
        if old.secret_id is not None:
            vault.erase(tx, old.secret_id)
    tx.add(
        api_key,
        id=new_id(),
        identity_id=application_id,
        digest=digest.of("api-key", key.reveal()),
        secret_id=vault.put(tx, key, purpose=PURPOSE),
        created_at=tx.now,
        created_by=actor.id,
    )
    _audit(tx, actor, "api_key.generated", application_id, application.name)
    return key


def reveal(tx: Tx, vault: Vault, actor: Actor, application_id: UUID) -> Secret:
    """The application's key as it is now (ManagedAccount.RevealApiKeyAsync); each time leaves an audit row.

    Raises NotFound for an unknown id or where no key was generated, Invalid for an identity that is no application.
    """
    application = applications.hold(tx, application_id)
    live = sa.select(api_key.c.id, api_key.c.secret_id).where(
        api_key.c.identity_id == application_id, api_key.c.revoked_at.is_(None)
    )
    found = tx.first(_Sealed, live.order_by(api_key.c.created_at.desc()))
    if found is None or found.secret_id is None:
        raise NotFound("this application has no API key yet: generate one")
    _audit(tx, actor, "api_key.revealed", application_id, application.name)
    return vault.open(tx, found.secret_id, purpose=PURPOSE)


def _audit(tx: Tx, actor: Actor, action: str, application_id: UUID, name: str) -> None:
    record(tx, actor, action, object_kind="identity", object_id=application_id, detail={"application": name})
