"""Secrets in the database, and data keys for what is kept outside it.

A secret is put for one purpose ("api-key", "credential", …) and opens for that purpose only.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound, TooLarge
from locum.kit.ids import new_id
from locum.kit.prepared import Prepared
from locum.vault import seal
from locum.vault.keyring import Keyring
from locum.vault.model import vault_secret, vault_secret_version
from locum.vault.seal import Place, SealBroken, WrappedKey
from locum.vault.secret import Secret

MAX_SECRET_BYTES = 1_048_576
_WRAPPED_FORM = "1"


class _Sealed(msgspec.Struct, frozen=True):
    purpose: str
    erased: bool
    version: int | None  # None, as all below: no such version
    root_key_id: str | None
    wrapped_dek: bytes | None
    commitment: bytes | None
    ciphertext: bytes | None


def _select_sealed(wanted: sa.ColumnElement[int] | sa.Column[int]) -> sa.Select[Any]:
    return (
        sa.select(
            vault_secret.c.purpose,
            vault_secret.c.erased_at.is_not(None).label("erased"),
            vault_secret_version.c.version,
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
                vault_secret_version.c.version == wanted,
            ),
        )
        .where(vault_secret.c.id == sa.bindparam("secret_id"))
    )


# Applications read secrets thousands of times a second; a secret may be large, so none is remembered.
_CURRENT = Prepared(_Sealed, _select_sealed(vault_secret.c.version), remembered=0)


def _earlier(tx: ReadTx, secret_id: UUID, version: int) -> list[_Sealed]:
    return tx.rows(_Sealed, _select_sealed(sa.literal(version)), secret_id=secret_id)


class _Number(msgspec.Struct, frozen=True):
    version: int


class Version(msgspec.Struct, frozen=True):
    """One version of a secret that still opens."""

    version: int
    created_at: dt.datetime


class Vault:
    """Puts and opens secrets inside the caller's transaction."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @property
    def keyring(self) -> Keyring:
        """The root keys: for commands that change them and say what they are."""
        return self._keyring

    def put(self, tx: Tx, secret: Secret, *, purpose: str) -> UUID:
        """Seal a new secret; answers its id. Raises TooLarge over 1 MiB."""
        secret_id = new_id()
        tx.add(vault_secret, id=secret_id, purpose=purpose, version=1, created_at=tx.now)
        self._add_version(tx, secret_id, 1, secret, purpose)
        return secret_id

    def open(self, tx: ReadTx, secret_id: UUID, *, purpose: str, version: int | None = None) -> Secret:
        """The secret's value: the current one, or that of an earlier `version` which was kept.

        Raises NotFound (unknown, erased, or no such version), SealBroken (wrong purpose or key).
        """
        found = tx.prepared(_CURRENT, secret_id=secret_id) if version is None else _earlier(tx, secret_id, version)
        row = found[0] if found else None
        if row is None:
            raise NotFound(f"no secret {secret_id}")
        if row.erased:
            raise NotFound(f"the secret {secret_id} was erased")
        if row.purpose != purpose:
            raise SealBroken(f"the secret {secret_id} is not kept for {purpose}")
        if (
            row.version is None
            or row.root_key_id is None
            or row.wrapped_dek is None
            or row.commitment is None
            or row.ciphertext is None
        ):
            raise NotFound(f"the secret {secret_id} has no version {version}")
        place = Place(secret_id, row.version, purpose, row.root_key_id)
        key = WrappedKey(row.wrapped_dek, row.commitment)
        try:
            return seal.open_value(self._keyring.key(row.root_key_id), key, row.ciphertext, place)
        except SealBroken as error:
            raise SealBroken(f"secret {secret_id} can't be opened: {error.detail}") from None

    def replace(self, tx: Tx, secret_id: UUID, secret: Secret, *, purpose: str, keep: bool = False) -> int:
        """Seal a new version and answer its number; the ones before are deleted unless `keep` says otherwise.

        Raises NotFound, SealBroken (wrong purpose), TooLarge.
        """
        found = tx.returning(
            _Number,
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
        if not keep:
            tx.run(_delete_versions(secret_id, vault_secret_version.c.version < version))
        return version

    def versions(self, tx: ReadTx, secret_id: UUID) -> list[Version]:
        """The versions that still open, newest first: the current one leads. None of an unknown or erased secret."""
        table = vault_secret_version
        return tx.rows(
            Version,
            sa.select(table.c.version, table.c.created_at)
            .where(table.c.secret_id == secret_id)
            .order_by(table.c.version.desc()),
        )

    def prune(self, tx: Tx, secret_id: UUID, *, keep: int, older_than: dt.datetime | None) -> int:
        """Delete earlier versions for good, never the current one; answers how many.

        Of those before the current one the newest `keep` stay, and of these only what was made at `older_than` or
        later, if it is given.
        """
        table = vault_secret_version
        current = sa.select(vault_secret.c.version).where(vault_secret.c.id == secret_id).scalar_subquery()
        newest = (
            sa.select(table.c.version)
            .where(table.c.secret_id == secret_id)
            .order_by(table.c.version.desc())
            .limit(1 + max(keep, 0))
        )
        goes: sa.ColumnElement[bool] = table.c.version.not_in(newest)
        if older_than is not None:
            goes = goes | (table.c.created_at < older_than)
        return tx.run(_delete_versions(secret_id, table.c.version < current, goes))

    def erase(self, tx: Tx, secret_id: UUID) -> None:
        """Delete ciphertext and data key for good; the row of the secret stays. Raises NotFound if unknown."""
        touched = tx.run(
            sa.update(vault_secret)
            .where(vault_secret.c.id == secret_id)
            .values(erased_at=sa.func.coalesce(vault_secret.c.erased_at, tx.now))
        )
        if not touched:
            raise NotFound(f"no secret {secret_id}")
        tx.run(_delete_versions(secret_id))

    def new_data_key(self, *, purpose: str, subject_id: UUID) -> tuple[Secret, str]:
        """A fresh 256-bit key for a file, and the text (printable ASCII) to keep in the file's header."""
        data_key = seal.new_key()
        return data_key, self._wrapped(data_key, purpose, subject_id)

    def unwrap_data_key(self, wrapped: str, *, purpose: str, subject_id: UUID) -> Secret:
        """The key of `new_data_key`, for the same purpose and subject. Raises SealBroken."""
        root_key_id, key = _unpacked(wrapped)
        root_key = self._keyring.key(root_key_id)
        return seal.unwrap(root_key, key, Place(subject_id, 0, purpose, root_key_id))

    def rewrap_data_key(self, wrapped: str, *, purpose: str, subject_id: UUID) -> str | None:
        """The same data key under the active root key, or None if it is under that one. Raises SealBroken."""
        if wrapping_key_id(wrapped) == self._keyring.active_id:
            return None
        data_key = self.unwrap_data_key(wrapped, purpose=purpose, subject_id=subject_id)
        return self._wrapped(data_key, purpose, subject_id)

    def _wrapped(self, data_key: Secret, purpose: str, subject_id: UUID) -> str:
        root_key_id, root_key = self._keyring.sealing_key()
        key = seal.wrap(root_key, data_key, Place(subject_id, 0, purpose, root_key_id))
        return ".".join((_WRAPPED_FORM, root_key_id, *_encoded(key)))

    def _add_version(self, tx: Tx, secret_id: UUID, version: int, secret: Secret, purpose: str) -> None:
        if len(secret.reveal()) > MAX_SECRET_BYTES:
            raise TooLarge(f"a secret may have at most {MAX_SECRET_BYTES} bytes")
        root_key_id, root_key = self._keyring.sealing_key()
        place = Place(secret_id, version, purpose, root_key_id)
        key, ciphertext = seal.seal_value(root_key, secret, place)
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


def wrapping_key_id(wrapped: str) -> str:
    """Which root key a data key is wrapped under. Raises SealBroken."""
    return _unpacked(wrapped)[0]


def _unpacked(wrapped: str) -> tuple[str, WrappedKey]:
    try:
        form, root_key_id, *parts = wrapped.split(".")
        key = WrappedKey(*(base64.b64decode(part, altchars=b"-_", validate=True) for part in parts))
        if parts != _encoded(key):  # the last digit carries bits that decoding ignores
            raise ValueError
    except (ValueError, TypeError, binascii.Error):
        raise SealBroken("not a wrapped data key") from None
    if form != _WRAPPED_FORM:
        raise SealBroken("a wrapped data key of a form this version does not know")
    return root_key_id, key


def _encoded(key: WrappedKey) -> list[str]:
    return [base64.urlsafe_b64encode(part).decode() for part in (key.wrapped, key.commitment)]


def _delete_versions(secret_id: UUID, *which: sa.ColumnElement[bool]) -> sa.Delete:
    return sa.delete(vault_secret_version).where(vault_secret_version.c.secret_id == secret_id, *which)
