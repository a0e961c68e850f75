"""API keys of applications: 256 random bits that can be recognised in a leak, found by a keyed digest.

Form: `locum_ak_`, 43 base-62 digits of randomness, 6 base-62 digits of the CRC-32 of all before them; as a pattern
`locum_ak_[0-9A-Za-z]{49}`. The checksum lets a typing error, or a scanner's false find, be told without the database.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import applications
from locum.identities.digests import KeyedDigest
from locum.identities.model import api_key
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import NotFound
from locum.kit.ids import new_id
from locum.vault.secret import Secret
from locum.vault.store import Vault

PREFIX = "locum_ak_"
PATTERN = re.compile(r"locum_ak_[0-9A-Za-z]{49}")
PURPOSE = "api-key"

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_DIGITS = 43
_CHECK_DIGITS = 6


class _Sealed(msgspec.Struct, frozen=True):
    id: UUID
    secret_id: UUID | None


def new_key() -> Secret:
    """A fresh key."""
    body = PREFIX + _base62(secrets.randbits(256), _RANDOM_DIGITS)
    return Secret(body + _checksum(body))


def well_formed(text: str) -> bool:
    """Whether `text` has the form of a key, checksum included."""
    return PATTERN.fullmatch(text) is not None and _checksum(text[:-_CHECK_DIGITS]) == text[-_CHECK_DIGITS:]


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


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_DIGITS)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
