"""From what a request presents to who stands behind it: a sign-in token or an API key.

What needs no database comes first, on the event loop: the signature of a token, the checksum of a key. The rest is
one statement inside the request's own unit of work, so that a lock, a sign-out or a new key counts at once; and one
more for who holds a custom role.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.identities import api_keys
from locum.identities.caller import Caller, Role
from locum.identities.custom_roles import rights_of
from locum.identities.digests import KeyedDigest
from locum.identities.model import Kind, api_key, identity, identity_role
from locum.identities.roles import permissions_of
from locum.identities.tokens import Claims, Tokens
from locum.kit.db import ReadTx
from locum.kit.errors import Unauthenticated

_REFUSED = "the token or API key is not valid any more: sign in again"
_UNKNOWN_KEY = "the API key is not valid"


class _Found(msgspec.Struct, frozen=True):
    """One row for each role the identity holds; one with `role` None if it holds none."""

    id: UUID
    name: str
    kind: Kind
    locked: bool
    expires_at: dt.datetime | None
    tokens_valid_from: dt.datetime
    role: Role | None


_IDENTITY = (
    identity.c.id,
    identity.c.name,
    identity.c.kind,
    identity.c.locked,
    identity.c.expires_at,
    identity.c.tokens_valid_from,
    identity_role.c.role,
)
_HELD = identity.outerjoin(identity_role, identity_role.c.identity_id == identity.c.id)

# Built once: every request runs one of them.
_KEY_HOLDER = (
    sa.select(*_IDENTITY)
    .select_from(_HELD.join(api_key, api_key.c.identity_id == identity.c.id))
    .where(api_key.c.digest == sa.bindparam("digest"), api_key.c.revoked_at.is_(None))
)
_TOKEN_HOLDER = sa.select(*_IDENTITY).select_from(_HELD).where(identity.c.id == sa.bindparam("identity_id"))


class Authenticator:
    """Checks tokens and API keys with the keys that all nodes share."""

    def __init__(self, tokens: Tokens, digest: KeyedDigest) -> None:
        self._tokens = tokens
        self._digest = digest

    def prove(self, credential: str, address: str | None) -> Callable[[ReadTx], Caller]:
        """Check as far as that goes without the database; the function returned does the rest inside a unit of work.

        `credential` is the Authorization header without "Bearer". Both raise Unauthenticated.
        """
        if credential.startswith(api_keys.PREFIX):
            if not api_keys.well_formed(credential):
                raise Unauthenticated(_UNKNOWN_KEY)
            digest = self._digest.of("api-key", credential.encode())
            return lambda tx: _by_key(tx, digest, address)
        claims = self._tokens.read(credential)
        return lambda tx: _by_token(tx, claims, address)


def _by_key(tx: ReadTx, digest: bytes, address: str | None) -> Caller:
    rows = tx.rows(_Found, _KEY_HOLDER, digest=digest)
    if not rows:
        raise Unauthenticated(_UNKNOWN_KEY)
    found = _usable(tx, rows)
    roles = _roles(rows)
    return Caller(
        identity_id=found.id,
        name=found.name,
        kind="application",
        roles=roles,
        permissions=permissions_of(roles),
        pending=None,
        address=address,
        rights=rights_of(tx, found.id, roles),
    )


def _by_token(tx: ReadTx, claims: Claims, address: str | None) -> Caller:
    rows = tx.rows(_Found, _TOKEN_HOLDER, identity_id=claims.identity_id)
    found = _usable(tx, rows)
    if claims.issued_at < found.tokens_valid_from:
        raise Unauthenticated(_REFUSED)
    roles = _roles(rows) if claims.pending is None else frozenset()
    return Caller(
        identity_id=found.id,
        name=found.name,
        kind="application" if found.kind is Kind.APPLICATION else "local",
        roles=roles,
        permissions=permissions_of(roles),
        pending=claims.pending,
        address=address,
        token_end=claims.exp,
        rights=rights_of(tx, found.id, roles),
    )


def _usable(tx: ReadTx, rows: list[_Found]) -> _Found:
    if not rows or rows[0].locked:
        raise Unauthenticated(_REFUSED)
    expires_at = rows[0].expires_at
    if expires_at is not None and expires_at <= tx.now:
        raise Unauthenticated(_REFUSED)
    return rows[0]


def _roles(rows: list[_Found]) -> frozenset[Role]:
    return frozenset(row.role for row in rows if row.role is not None)
