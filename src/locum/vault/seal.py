"""PURE. AES-256-GCM sealing, and the envelope: root key → data key → value.

Everything sealed is bound to its `Place`, so a ciphertext or a data key copied to another row, version or purpose
does not open. GCM does not commit to its key (one ciphertext may open under two keys), so an HMAC of each data key
is kept beside it and compared before use. See docs/decisions/0004-key-hierarchy.md.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from locum.kit.errors import LocumError
from locum.vault.secret import Secret

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
COMMITMENT_BYTES = 32

_COMMITMENT_LABEL = b"locum data key commitment 1"
_KEY_ID_LABEL = b"locum root key id 1"


class SealBroken(LocumError):
    """Something sealed does not open: wrong key, altered, or moved from where it was sealed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed thing belongs. `version` counts from 1; 0 is a data key kept outside the database."""

    subject_id: UUID
    version: int
    purpose: str
    root_key_id: str

    def bound_as(self, layer: bytes) -> bytes:
        """The associated data of one layer; lengths stand before the texts, so no two places look alike."""
        purpose, root_key_id = self.purpose.encode(), self.root_key_id.encode()
        return b"".join(
            (
                b"locum seal 1 ",
                layer,
                self.subject_id.bytes,
                self.version.to_bytes(8, "big"),
                len(purpose).to_bytes(2, "big"),
                purpose,
                len(root_key_id).to_bytes(2, "big"),
                root_key_id,
            )
        )


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key under a root key (nonce, key, tag: 60 bytes) and its commitment (32 bytes)."""

    wrapped: bytes
    commitment: bytes


def new_key() -> Secret:
    """256 random bits from the operating system."""
    return Secret(bytearray(os.urandom(KEY_BYTES)))


def key_id(root_key: Secret) -> str:
    """32 hex digits that name a root key and commit to it without telling anything about it."""
    return hmac.new(root_key.reveal(), _KEY_ID_LABEL, hashlib.sha256).hexdigest()[:32]


def seal(key: Secret, plain: bytes | bytearray, bound: bytes) -> bytes:
    """AES-256-GCM: random nonce (12 bytes), ciphertext, tag (16 bytes)."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key.buffer()).encrypt(nonce, plain, bound)


def unseal(key: Secret, sealed: bytes, bound: bytes) -> Secret:
    """The inverse of `seal`. Raises SealBroken."""
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise SealBroken("the sealed value is too short")
    try:
        return Secret(AESGCM(key.buffer()).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound))
    except InvalidTag:
        raise _altered() from None


def wrap(root_key: Secret, data_key: Secret, place: Place) -> WrappedKey:
    """The data key sealed under the root key, with its commitment."""
    return WrappedKey(seal(root_key, data_key.buffer(), place.bound_as(b"key ")), _commit(data_key))


def unwrap(root_key: Secret, key: WrappedKey, place: Place) -> Secret:
    """The inverse of `wrap`. Raises SealBroken. Who has used the data key wipes it."""
    nonce, sealed = key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:]
    if len(sealed) != KEY_BYTES + TAG_BYTES:
        raise SealBroken("the wrapped data key has the wrong length")
    opened = bytearray(KEY_BYTES)
    try:
        AESGCM(root_key.buffer()).decrypt_into(nonce, sealed, place.bound_as(b"key "), opened)
    except InvalidTag:
        raise _altered() from None
    data_key = Secret(opened)
    if not hmac.compare_digest(_commit(data_key), key.commitment):
        raise SealBroken("the data key is not the one committed to")
    return data_key


def seal_value(root_key: Secret, value: Secret, place: Place) -> tuple[WrappedKey, bytes]:
    """The value under a fresh data key: (wrapped data key, ciphertext)."""
    data_key = new_key()
    ciphertext = seal(data_key, value.buffer(), place.bound_as(b"value "))
    wrapped = wrap(root_key, data_key, place)
    data_key.wipe()
    return wrapped, ciphertext


def open_value(root_key: Secret, key: WrappedKey, ciphertext: bytes, place: Place) -> Secret:
    """The inverse of `seal_value`. Raises SealBroken."""
    data_key = unwrap(root_key, key, place)
    try:
        return unseal(data_key, ciphertext, place.bound_as(b"value "))
    finally:
        data_key.wipe()


def _commit(data_key: Secret) -> bytes:
    return hmac.digest(data_key.buffer(), _COMMITMENT_LABEL, "sha256")


def _altered() -> SealBroken:
    return SealBroken("the sealed value was altered, moved, or sealed under another key")
