"""Secrets in the database, and data keys for what is kept outside it.

A secret is put for one purpose ("api-key", "credential", …) and opens for that purpose only.
"""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound, TooLarge
from locum.kit.ids import new_id
from locum.vault import seal
from locum.vault.keyring import Keyring
from locum.vault.model import vault_secret, vault_secret_version
from locum.vault.seal import Place, SealBroken, WrappedKey
from locum.vault.secret import Secret

MAX_SECRET_BYTES = 262_144
_WRAPPED_FORM = "1"


class _Sealed(msgspec.Struct, frozen=True):
    purpose: str
    version: int
    root_key_id: str | None  # None: erased
    wrapped_dek: bytes | None
    commitment: bytes | None
    ciphertext: bytes | None


class _Version(msgspec.Struct, frozen=True):
    version: int


class Vault:
    """Puts and opens secrets inside the caller's transaction."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(self, tx: Tx, secret: Secret, *, purpose: str) -> UUID:
        """Seal a new secret; answers its id. Raises TooLarge over 256 KiB."""
        secret_id = new_id()
        tx.add(vault_secret, id=secret_id, purpose=purpose, version=1, created_at=tx.now)
        self._add_version(tx, secret_id, 1, secret, purpose)
        return secret_id

    def open(self, tx: ReadTx, secret_id: UUID, *, purpose: str) -> Secret:
        """The secret's current value. Raises NotFound (unknown or erased), SealBroken (wrong purpose or key)."""
        row = tx.first(
            _Sealed,
            sa.select(
                vault_secret.c.purpose,
                vault_secret.c.version,
                vault_secret_version.c.root_key_id,
                vault_secret_version.c.wrapped_dek,
                vault_secret_version.c.commitment,
                vault_secret_version.c.ciphertext,
            )
            .outerjoin_from(
                vault_secret,
                vault_secret_version,
                sa.and_(
                    vault_secret_version.c.secret_id == vault_secret.c.id,
                    vault_secret_version.c.version == vault_secret.c.version,
                ),
            )
            .where(vault_secret.c.id == secret_id),
        )
        if row is None:
            raise NotFound(f"no secret {secret_id}")
        if row.root_key_id is None or row.wrapped_dek is None or row.commitment is None or row.ciphertext is None:
            raise NotFound(f"the secret {secret_id} was erased")
        if row.purpose != purpose:
            raise SealBroken(f"the secret {secret_id} is not kept for {purpose}")
        place = Place(secret_id, row.version, purpose, row.root_key_id)
        key = WrappedKey(row.wrapped_dek, row.commitment)
        try:
            return seal.open_value(self._keyring.key(row.root_key_id), key, row.ciphertext, place)
        except SealBroken as error:
            raise SealBroken(f"secret {secret_id} can't be opened: {error.detail}") from None

    def replace(self, tx: Tx, secret_id: UUID, secret: Secret, *, purpose: str) -> None:
        """Seal a new version and delete the one before. Raises NotFound, SealBroken (wrong purpose), TooLarge."""
        found = tx.returning(
            _Version,
            sa.update(vault_secret)
            .where(
                vault_secret.c.id == secret_id,
                vault_secret.c.purpose == purpose,
                vault_secret.c.erased_at.is_(None),
            )
            .values(version=vault_secret.c.version + 1)
            .returning(vault_secret.c.version),
        )
        if not found:
            self.open(tx, secret_id, purpose=purpose)  # raises, with the reason
            raise NotFound(f"no secret {secret_id}")
        version = found[0].version
        self._add_version(tx, secret_id, version, secret, purpose)
        tx.run(
            sa.delete(vault_secret_version).where(
                vault_secret_version.c.secret_id == secret_id, vault_secret_version.c.version < version
            )
        )

    def erase(self, tx: Tx, secret_id: UUID) -> None:
        """Delete ciphertext and data key for good; the row of the secret stays. Raises NotFound if unknown."""
        touched = tx.run(
            sa.update(vault_secret)
            .where(vault_secret.c.id == secret_id)
            .values(erased_at=sa.func.coalesce(vault_secret.c.erased_at, tx.now))
        )
        if not touched:
            raise NotFound(f"no secret {secret_id}")
        tx.run(sa.delete(vault_secret_version).where(vault_secret_version.c.secret_id == secret_id))

    def new_data_key(self, *, purpose: str, subject_id: UUID) -> tuple[Secret, str]:
        """A fresh 256-bit key for a file, and the text (printable ASCII) to keep in the file's header."""
        data_key = seal.new_key()
        root_key_id = self._keyring.active_id
        key = seal.wrap(self._keyring.active, data_key, Place(subject_id, 0, purpose, root_key_id))
        return data_key, ".".join((_WRAPPED_FORM, root_key_id, *_encoded(key)))

    def unwrap_data_key(self, wrapped: str, *, purpose: str, subject_id: UUID) -> Secret:
        """The key of `new_data_key`, for the same purpose and subject. Raises SealBroken."""
        try:
            form, root_key_id, *parts = wrapped.split(".")
            key = WrappedKey(*(base64.b64decode(part, altchars=b"-_", validate=True) for part in parts))
            if parts != _encoded(key):  # the last digit carries bits that decoding ignores
                raise ValueError
        except (ValueError, TypeError, binascii.Error):
            raise SealBroken("not a wrapped data key") from None
        if form != _WRAPPED_FORM:
            raise SealBroken("a wrapped data key of a form this version does not know")
        root_key = self._keyring.key(root_key_id)
        return seal.unwrap(root_key, key, Place(subject_id, 0, purpose, root_key_id))

    def _add_version(self, tx: Tx, secret_id: UUID, version: int, secret: Secret, purpose: str) -> None:
        if len(secret.reveal()) > MAX_SECRET_BYTES:
            raise TooLarge(f"a secret may have at most {MAX_SECRET_BYTES} bytes")
        root_key_id = self._keyring.active_id
        place = Place(secret_id, version, purpose, root_key_id)
        key, ciphertext = seal.seal_value(self._keyring.active, secret, place)
        tx.add(
            vault_secret_version,
            secret_id=secret_id,
            version=version,
            root_key_id=root_key_id,
            wrapped_dek=key.wrapped,
            commitment=key.commitment,
            ciphertext=ciphertext,
            created_at=tx.now,
        )


def _encoded(key: WrappedKey) -> list[str]:
    return [base64.urlsafe_b64encode(part).decode() for part in (key.wrapped, key.commitment)]
