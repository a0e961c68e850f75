"""Whose API key is this, and does it still work? For keys that turned up where they should not be."""

from __future__ import annotations

import datetime as dt

import msgspec
import sqlalchemy as sa

from locum.identities.digests import KeyedDigest
from locum.identities.model import api_key, identity
from locum.kit.db import ReadTx


class Holder(msgspec.Struct, frozen=True):
    """The application of a key. `refusal`: why the key works no more, None where it does."""

    application: str
    refusal: str | None


class _Row(msgspec.Struct, frozen=True):
    name: str
    locked: bool
    identity_expires_at: dt.datetime | None
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    max_uses: int | None
    use_count: int

    def refusal(self, now: dt.datetime) -> str | None:
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        if self.max_uses is not None and self.use_count >= self.max_uses:
            return "used up"
        if self.locked:
            return "its application is locked"
        if self.identity_expires_at is not None and self.identity_expires_at <= now:
            return "its application has expired"
        return None


def holder(tx: ReadTx, digest: KeyedDigest, key: str) -> Holder | None:
    """The application that `key` belongs or belonged to, None for a key this installation does not know.

    A key that only works from certain addresses or for certain operations counts as working.
    """
    asked = (
        sa.select(
            identity.c.name,
            identity.c.locked,
            identity.c.expires_at.label("identity_expires_at"),
            api_key.c.expires_at,
            api_key.c.revoked_at,
            api_key.c.max_uses,
            api_key.c.use_count,
        )
        .join_from(api_key, identity, identity.c.id == api_key.c.identity_id)
        .where(api_key.c.digest == digest.of("api-key", key.encode()))
    )
    row = tx.first(_Row, asked)
    return None if row is None else Holder(row.name, row.refusal(tx.now))
