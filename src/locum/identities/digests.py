"""Keyed digests of values that carry enough entropy of their own (API keys, recovery codes, sign-in cookies).

A stolen table of digests can't be searched without the key, and looking one up costs microseconds, which a password
hash would not (SEC-05, SEC-30). Low-entropy secrets do not belong here: those go through argon2id.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Literal

from locum.vault.secret import Secret

SYSTEM_KEY = "key-digest"

Purpose = Literal[
    "api-key", "passkey-challenge", "recovery-code", "recovery-key", "signed-in-cookie", "signin-cookie"
]


def make_key() -> Secret:
    """A fresh key for `KeyedDigest`: 32 bytes from the operating system."""
    return Secret(secrets.token_bytes(32))


class KeyedDigest:
    """HMAC-SHA256 under the system key `key-digest`, with the purpose mixed in so that digests never cross over."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        self._key = key

    def of(self, purpose: Purpose, value: bytes) -> bytes:
        """The 32-byte digest of `value` for `purpose`."""
        return hmac.digest(self._key.reveal(), purpose.encode() + b"\0" + value, "sha256")
