"""Sign-in tokens: JWTs (RFC 7519) signed with ES256, made and checked without the database.

What a token can't know (the identity was locked, signed out everywhere, lost a role) is read from the database at
every request; see `authenticate`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from locum.identities.caller import Pending, Role
from locum.kit.errors import Unauthenticated
from locum.kit.ids import new_id
from locum.vault.secret import Secret

SYSTEM_KEY = "token-signing"
LIFETIME = dt.timedelta(minutes=15)
PENDING_LIFETIME = dt.timedelta(minutes=5)
ISSUER = "locum"
AUDIENCE = "locum-api"
ROLES_CLAIM = "http://stealthbits.com/pam/roles"
CACHE_SIZE = 4096
MAX_TOKEN_LENGTH = 8192
CLOCK_LEEWAY = 5  # seconds that the clocks of two nodes may be apart

# A token renewed within the second it was made in must still end later than before (AUTH-08), and a caller who
# renews in a loop must not stretch its life by more than this.
_LATER = 1
_LATEST = 10

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_ALGORITHM = "ES256"
_NOT_VALID = "the token is not valid or has expired: sign in again"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token is for, and how far their sign-in has come.

    A complete sign-in (`pending` None) has its row, `sign_in_id`, and an end that no token of it outlives.
    """

    identity_id: UUID
    name: str
    display_name: str | None
    roles: frozenset[Role]
    has_factor: bool
    pending: Pending | None
    sign_in_id: UUID | None = None
    ends_at: dt.datetime | None = None


class Claims(msgspec.Struct, frozen=True):
    """What is read back from a token whose signature holds under the key `key_id`.

    `issued_us` is in microseconds since 1970. `sign_in_id` is None while the sign-in is pending.
    """

    identity_id: UUID = msgspec.field(name="ManagedAccountId")
    name: str = msgspec.field(name="sub")
    exp: int
    nbf: int
    issued_us: int
    iss: Literal["locum"]
    aud: Literal["locum-api"]
    pending: Pending | None
    sign_in_id: UUID | None = msgspec.field(name="sid", default=None)
    key_id: UUID | None = msgspec.field(name="(not sent)", default=None)

    @property
    def issued_at(self) -> dt.datetime:
        return _EPOCH + dt.timedelta(microseconds=self.issued_us)


def make_key() -> Secret:
    """A fresh P-256 signing key, as PEM (PKCS 8)."""
    return Secret(ECKey.generate_key("P-256").as_pem(private=True))


class OtherKey(Unauthenticated):
    """The token names another signing key than the one this node knows; which one counts, the database says."""


class _Signer:
    """One signing key, and the tokens that were found good under it."""

    def __init__(self, signing_key: Secret, key_id: UUID | None) -> None:
        self.key = ECKey.import_key(signing_key.reveal())
        self.public = ECKey.import_key(self.key.as_pem(private=False))
        self.kid = self.key.thumbprint()
        self.key_id = key_id
        self.checked: OrderedDict[bytes, Claims] = OrderedDict()


class Tokens:
    """Issues and reads tokens with one signing key. Checked tokens are remembered by digest until they end.

    `key_id` tells which of the installation's keys it is, as `signing_key` reads it from the database.
    """

    def __init__(self, signing_key: Secret, key_id: UUID | None = None) -> None:
        self._signer = _Signer(signing_key, key_id)
        self._guard = threading.Lock()

    def use(self, signing_key: Secret, key_id: UUID | None) -> None:
        """Work with this key from now on; what was checked with another is forgotten (AUTH-24)."""
        self._signer = _Signer(signing_key, key_id)

    @property
    def key_id(self) -> UUID | None:
        return self._signer.key_id

    @property
    def public_pem(self) -> str:
        """The public key, for those who check tokens by themselves."""
        return self._signer.public.as_pem(private=False).decode()

    @property
    def public_jwks(self) -> dict[str, Any]:
        """The public key as a JWK set (RFC 7517)."""
        signer = self._signer
        shown = {**signer.public.as_dict(private=False), "kid": signer.kid, "alg": _ALGORITHM, "use": "sig"}
        return dict(KeySet([ECKey.import_key(shown)]).as_dict(private=False))

    def issue(self, subject: Subject, *, now: dt.datetime, after: int = 0) -> str:
        """A token of 15 minutes, or of 5 while the sign-in is pending. `after` = the end of the one it replaces.

        The claims are the union of what scripts against the contract read (AUTH-07).
        """
        seconds = int(now.timestamp())
        end = seconds + int((PENDING_LIFETIME if subject.pending else LIFETIME).total_seconds())
        if after:
            end = min(max(end, after + _LATER), end + _LATEST)
        if subject.ends_at is not None:
            end = min(end, int(subject.ends_at.timestamp()))
        names = sorted(role.value.lower() for role in subject.roles)
        done = subject.pending is None
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject.name,
            "iat": seconds,
            "nbf": seconds,
            "exp": end,
            "jti": str(new_id()),
            # Exact, so that a token made in the very unit that ended all others is not refused with them.
            "issued_us": (now - _EPOCH) // dt.timedelta(microseconds=1),
            "ManagedAccountId": str(subject.identity_id),
            "userId": str(subject.identity_id),
            "userName": subject.name,
            "displayName": subject.display_name or subject.name,
            ROLES_CLAIM: names if done else [],
            "role": names if done else [],
            "hasMFA": subject.has_factor,
            "isMFA": done,
            "pending": subject.pending,
            "sid": str(subject.sign_in_id) if subject.sign_in_id else None,
        }
        signer = self._signer
        return jwt.encode({"alg": _ALGORITHM, "kid": signer.kid}, claims, signer.key, [_ALGORITHM])

    def read(self, token: str, *, now: float | None = None) -> Claims:
        """The claims of a token that this installation signed and that has not ended.

        Raises Unauthenticated; OtherKey, one of those, where the token may be good under a key not known here.
        """
        now = time.time() if now is None else now
        signer = self._signer
        digest = hashlib.sha256(token.encode("ascii", "replace")).digest()
        with self._guard:
            claims = signer.checked.get(digest)
            if claims is not None:
                signer.checked.move_to_end(digest)
        if claims is None:
            claims = _check(token, signer)
            with self._guard:
                signer.checked[digest] = claims
                if len(signer.checked) > CACHE_SIZE:
                    signer.checked.popitem(last=False)
        if claims.exp <= now or claims.nbf > now + CLOCK_LEEWAY:
            raise Unauthenticated(_NOT_VALID)
        return claims


def _check(token: str, signer: _Signer) -> Claims:
    if len(token) > MAX_TOKEN_LENGTH:
        raise Unauthenticated(_NOT_VALID)
    try:
        if jws.extract_compact(token.encode()).headers().get("kid") != signer.kid:
            raise OtherKey(_NOT_VALID)
        claims = msgspec.convert(jwt.decode(token, signer.public, [_ALGORITHM]).claims, Claims)
    except (JoseError, ValueError) as error:  # msgspec's errors are ValueErrors
        raise Unauthenticated(_NOT_VALID) from error
    return msgspec.structs.replace(claims, key_id=signer.key_id)
