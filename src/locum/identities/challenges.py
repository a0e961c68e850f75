"""Challenges that a passkey signs: each carries its own proof that it came from here, for one purpose and one person.

challenge = nonce (16 bytes) ‖ end (8 bytes, seconds since 1970, big endian) ‖ keyed digest of purpose, person, nonce
and end (32 bytes). Asking for one leaves nothing behind, so a stranger who asks for millions fills no table. Only a
challenge that was answered rightly is written down, so that it is good for one answer and no more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from locum.identities.digests import KeyedDigest
from locum.identities.model import used_challenge
from locum.kit.db import ReadTx, Tx
from locum.kit.ids import NIL

LIFETIME = dt.timedelta(minutes=5)
LENGTH = 56
# Rows that one use clears away: more than it adds, and few enough that nobody waits for it.
CLEARED_AT_ONCE = 20

_NONCE = 16
_SIGNED = 24

ChallengePurpose = Literal["enrol", "second-factor", "sign-in"]


class _Kept(msgspec.Struct, frozen=True):
    expires_at: dt.datetime


def make(tx: ReadTx, digest: KeyedDigest, purpose: ChallengePurpose, identity_id: UUID | None) -> bytes:
    """A challenge of 5 minutes by the database's clock. `identity_id` None: for whoever answers it."""
    end = int((tx.now + LIFETIME).timestamp())
    signed = secrets.token_bytes(_NONCE) + end.to_bytes(8, "big")
    return signed + _proof(digest, purpose, identity_id, signed)


def good(
    tx: ReadTx, digest: KeyedDigest, purpose: ChallengePurpose, identity_id: UUID | None, challenge: bytes
) -> bool:
    """Whether this challenge was made here, for this purpose and person, and has not ended."""
    if len(challenge) != LENGTH:
        return False
    signed, proof = challenge[:_SIGNED], challenge[_SIGNED:]
    if not hmac.compare_digest(proof, _proof(digest, purpose, identity_id, signed)):
        return False
    return tx.now < _end(challenge)


def spend(tx: Tx, challenge: bytes) -> bool:
    """Use up a challenge that is `good`; False if it was used before. Of concurrent uses one answers True.

    Clears away a few whose end is past. They stay for a while after it, because a slow unit of work may still hold an
    earlier time as now.
    """
    old = (
        sa.select(used_challenge.c.digest)
        .where(used_challenge.c.expires_at < tx.now - LIFETIME)
        .limit(CLEARED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    tx.run(sa.delete(used_challenge).where(used_challenge.c.digest.in_(old)))
    row = {"digest": hashlib.sha256(challenge).digest(), "expires_at": _end(challenge)}
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    kept = insert(used_challenge).values(row).on_conflict_do_nothing().returning(used_challenge.c.expires_at)
    return len(tx.returning(_Kept, kept)) == 1


def _end(challenge: bytes) -> dt.datetime:
    return dt.datetime.fromtimestamp(int.from_bytes(challenge[_NONCE:_SIGNED], "big"), dt.UTC)


def _proof(digest: KeyedDigest, purpose: ChallengePurpose, identity_id: UUID | None, signed: bytes) -> bytes:
    return digest.of("passkey-challenge", purpose.encode() + b"\0" + (identity_id or NIL).bytes + signed)
