"""From what a request presents to who stands behind it: a sign-in token, the cookie of a sign-in, or an API key.

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

from locum.identities import api_keys, policy, signing_key
from locum.identities.caller import Caller, Role
from locum.identities.custom_roles import rights_of
from locum.identities.digests import KeyedDigest
from locum.identities.key_bounds import NAMES, KeyBounds, KeyRow, bounds_of
from locum.identities.membership import role_by_group
from locum.identities.model import Kind, api_key, identity, identity_role, sign_in
from locum.identities.roles import permissions_of
from locum.identities.signins import TOUCH_AFTER
from locum.identities.tokens import Claims, OtherKey, Tokens
from locum.kit.db import ReadTx
from locum.kit.errors import Unauthenticated
from locum.kit.prepared import Prepared
from locum.vault.store import Vault

REFUSED = "the token or API key is not valid any more: sign in again"
_UNKNOWN_KEY = "the API key is not valid"
_IDLE = "the sign-in was not used for too long: sign in again"


class _Found(msgspec.Struct, frozen=True):
    """One row for each role the identity holds; one with `role` None if it holds none.

    `by_group`: a group or collection of it holds a custom role. `key_id` is the API key presented, or the one a sign-in
    was made with.
    """

    id: UUID
    name: str
    kind: Kind
    locked: bool
    expires_at: dt.datetime | None
    tokens_valid_from: dt.datetime
    role: Role | None
    by_group: bool
    key_id: UUID | None
    bounded: bool = True  # no bound of the key needs looking at where it has none
    sign_in_id: UUID | None = None
    ends_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None
    signing_key: UUID | None = None


_IDENTITY = (
    identity.c.id,
    identity.c.name,
    identity.c.kind,
    identity.c.locked,
    identity.c.expires_at,
    identity.c.tokens_valid_from,
    identity_role.c.role,
    role_by_group(identity.c.id).label("by_group"),
)
_SIGN_IN = (
    sign_in.c.id.label("sign_in_id"),
    sign_in.c.api_key_id.label("key_id"),
    sign_in.c.ends_at,
    sign_in.c.ended_at,
    sign_in.c.last_used_at,
)
_HELD = identity.outerjoin(identity_role, identity_role.c.identity_id == identity.c.id)

# Built once: every request runs one of them.
_KEY_HOLDER = Prepared(
    _Found,
    sa.select(
        *_IDENTITY,
        api_key.c.id.label("key_id"),
        sa.or_(*(api_key.c[name].is_not(sa.null()) for name in NAMES)).label("bounded"),
    )
    .select_from(_HELD.join(api_key, api_key.c.identity_id == identity.c.id))
    .where(api_key.c.digest == sa.bindparam("digest"), api_key.c.revoked_at.is_(None)),
)
_TOKEN_HOLDER = Prepared(
    _Found,
    sa.select(*_IDENTITY, *_SIGN_IN, signing_key.CURRENT.scalar_subquery().label("signing_key"))
    .select_from(
        _HELD.outerjoin(
            sign_in, sa.and_(sign_in.c.identity_id == identity.c.id, sign_in.c.id == sa.bindparam("sign_in_id"))
        )
    )
    .where(identity.c.id == sa.bindparam("identity_id")),
)
_COOKIE_HOLDER = Prepared(
    _Found,
    sa.select(*_IDENTITY, *_SIGN_IN)
    .select_from(_HELD.join(sign_in, sign_in.c.identity_id == identity.c.id))
    .where(sign_in.c.cookie_digest == sa.bindparam("digest")),
)
_KEY = sa.select(*(api_key.c[name] for name in KeyRow.__struct_fields__)).where(
    api_key.c.id == sa.bindparam("key_id")
)


class Authenticator:
    """Checks tokens, cookies and API keys with the keys that all nodes share."""

    def __init__(self, tokens: Tokens, digest: KeyedDigest, vault: Vault) -> None:
        self._tokens = tokens
        self._digest = digest
        self._vault = vault

    def prove(self, credential: str, address: str | None) -> Callable[[ReadTx], Caller]:
        """Check as far as that goes without the database; the function returned does the rest inside a unit of work.

        `credential` is the Authorization header without "Bearer". Both raise Unauthenticated.
        """
        if credential.startswith(api_keys.PREFIX):
            if not api_keys.well_formed(credential):
                raise Unauthenticated(_UNKNOWN_KEY)
            digest = self._digest.of("api-key", credential.encode())
            return lambda tx: _by_key(tx, digest, address)
        try:
            claims = self._tokens.read(credential)
        except OtherKey:  # made by a node that has followed a change of the signing key before this one
            return lambda tx: self._by_new_token(tx, credential, address)
        return lambda tx: self._by_token(tx, claims, address)

    def prove_cookie(self, cookie: str, address: str | None) -> Callable[[ReadTx], Caller]:
        """The same for the cookie of a complete sign-in."""
        digest = self._digest.of("signed-in-cookie", cookie.encode())
        return lambda tx: _by_cookie(tx, digest, address)

    def _by_new_token(self, tx: ReadTx, credential: str, address: str | None) -> Caller:
        signing_key.follow(tx, self._vault, self._tokens)
        return self._by_token(tx, self._tokens.read(credential), address)

    def _by_token(self, tx: ReadTx, claims: Claims, address: str | None) -> Caller:
        rows = tx.prepared(_TOKEN_HOLDER, identity_id=claims.identity_id, sign_in_id=claims.sign_in_id)
        found = _usable(tx, rows)
        if found.signing_key != claims.key_id:
            signing_key.follow(tx, self._vault, self._tokens)
            raise Unauthenticated(REFUSED)
        if claims.issued_at < found.tokens_valid_from:
            raise Unauthenticated(REFUSED)
        if claims.pending is not None:
            return Caller(found.id, found.name, "local", frozenset(), frozenset(), claims.pending, address)
        return _signed_in(tx, rows, address, token_end=claims.exp)


def _by_key(tx: ReadTx, digest: bytes, address: str | None) -> Caller:
    rows = tx.prepared(_KEY_HOLDER, digest=digest)
    if not rows:
        raise Unauthenticated(_UNKNOWN_KEY)
    found = _usable(tx, rows)
    assert found.key_id is not None
    key = key_bounds(tx, found.key_id, address) if found.bounded else KeyBounds(found.key_id)
    return _caller(tx, rows, address, key=key)


def _by_cookie(tx: ReadTx, digest: bytes, address: str | None) -> Caller:
    rows = tx.prepared(_COOKIE_HOLDER, digest=digest)
    found = _usable(tx, rows)
    assert found.last_used_at is not None
    assert found.ends_at is not None
    if found.ends_at <= tx.now:
        raise Unauthenticated(REFUSED)
    unused = tx.now - found.last_used_at
    if unused >= dt.timedelta(minutes=policy.load(tx).idle_minutes):
        raise Unauthenticated(_IDLE)
    return _signed_in(tx, rows, address, touch=unused >= TOUCH_AFTER)


def _signed_in(
    tx: ReadTx, rows: list[_Found], address: str | None, *, token_end: int | None = None, touch: bool = False
) -> Caller:
    """Whoever a complete sign-in belongs to, unless it was ended. A token does not outlive it, so nor need the clock
    be asked."""
    found = rows[0]
    if found.sign_in_id is None or found.ended_at is not None:
        raise Unauthenticated(REFUSED)
    key = None if found.key_id is None else key_bounds(tx, found.key_id, address)
    return _caller(tx, rows, address, key=key, token_end=token_end, sign_in_id=found.sign_in_id, touch=touch)


def key_bounds(tx: ReadTx, key_id: UUID, address: str | None) -> KeyBounds:
    """What an API key may do, if it still works and works from `address`. Raises Unauthenticated (SEC-30)."""
    rows = tx.rows(KeyRow, _KEY, key_id=key_id)
    if not rows:
        raise Unauthenticated(REFUSED)
    return bounds_of(rows[0], now=tx.now, address=address)


def _caller(
    tx: ReadTx,
    rows: list[_Found],
    address: str | None,
    *,
    key: KeyBounds | None,
    token_end: int | None = None,
    sign_in_id: UUID | None = None,
    touch: bool = False,
) -> Caller:
    found = rows[0]
    roles = frozenset(row.role for row in rows if row.role is not None)
    if found.by_group:
        roles |= {Role.USER_PLUS}
    return Caller(
        identity_id=found.id,
        name=found.name,
        kind="application" if found.kind is Kind.APPLICATION else "local",
        roles=roles,
        permissions=permissions_of(roles),
        pending=None,
        address=address,
        token_end=token_end,
        sign_in_id=sign_in_id,
        key=key,
        touch=touch,
        rights=rights_of(tx, found.id, roles),
    )


def _usable(tx: ReadTx, rows: list[_Found]) -> _Found:
    if not rows or rows[0].locked:
        raise Unauthenticated(REFUSED)
    expires_at = rows[0].expires_at
    if expires_at is not None and expires_at <= tx.now:
        raise Unauthenticated(REFUSED)
    return rows[0]
