"""PURE. What an API key may be used for: until when, from where, how often, for what (SEC-30)."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from dataclasses import dataclass
from uuid import UUID

import msgspec

from locum.kit.errors import Forbidden, Invalid, Unauthenticated

MOST = 100  # entries of one list
_ENDED = "the API key is not valid any more: it has ended"
_ELSEWHERE = "the API key is not valid from this address"

_OPERATION = re.compile(r"[A-Za-z0-9]+\.([A-Za-z0-9]+|\*)")


class Bounds(msgspec.Struct, frozen=True):
    """What a key may be used for, checked and in the form the table has it (SEC-30). None bounds nothing."""

    operations: list[str] | None = None
    policies: list[str] | None = None
    credentials: list[str] | None = None
    addresses: list[str] | None = None
    max_uses: int | None = None
    expires_at: dt.datetime | None = None


NAMES: tuple[str, ...] = Bounds.__struct_fields__
"""Columns of `api_key`. A key with any one of them is bounded, wherever that is asked."""


class KeyRow(msgspec.Struct, frozen=True):
    """The columns of `api_key` that bound its use. None in a list's place means any."""

    id: UUID
    operations: list[str] | None
    policies: list[UUID] | None
    credentials: list[UUID] | None
    addresses: list[str] | None
    max_uses: int | None
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class KeyBounds:
    """What is left to ask once a key works at all. `bounded`: in any way, and be it by time or address alone.

    `counted`: each use must be written down before it counts.
    """

    id: UUID
    operations: frozenset[str] | None = None
    policies: frozenset[UUID] | None = None
    credentials: frozenset[UUID] | None = None
    counted: bool = False
    bounded: bool = False

    def check_operation(self, name: str) -> None:
        """Raise Forbidden unless the key is for the operation `name` ("Controller.Id", or "Controller.*" for all)."""
        if self.operations is None or name in self.operations or f"{name.partition('.')[0]}.*" in self.operations:
            return
        raise Forbidden(f"this API key is not for the operation {name}", missing=f"key scope operation {name}")

    def check_credential(self, credential_id: UUID) -> None:
        """Raise Forbidden unless the key is for that credential."""
        if not self.has_credential(credential_id):
            raise Forbidden("this API key is not for that credential", missing="key scope credential")

    def check_new_person(self, operation: str) -> None:
        """Raise Forbidden if the key has bounds, unless one of them names `operation`.

        Who makes a person knows the password, and a person has none of the key's bounds: an operator must have said
        that the key is for that.
        """
        if self.bounded and operation not in (self.operations or ()):
            raise Forbidden(
                f"an API key with bounds makes people only if its operations name {operation}",
                missing=f"key scope operation {operation} by name",
            )

    def check_new_policy(self) -> None:
        """Raise Forbidden if the key is for listed access policies: a new one is not among them."""
        if self.policies is not None:
            raise Forbidden(
                "this API key is for listed access policies and can't make one", missing="key scope policy"
            )

    def has_policy(self, policy_id: UUID) -> bool:
        """Whether the key is for that access policy."""
        return self.policies is None or policy_id in self.policies

    def has_credential(self, credential_id: UUID) -> bool:
        """Whether the key is for that credential."""
        return self.credentials is None or credential_id in self.credentials


def bounds_of(row: KeyRow, *, now: dt.datetime, address: str | None) -> KeyBounds:
    """The bounds of a key that works now, from `address`. Raises Unauthenticated.

    Whether uses are left is not asked here but where one is counted (`key_usage.spend`), in one statement.
    """
    ended = row.expires_at is not None and row.expires_at <= now
    if row.revoked_at is not None or ended:
        raise Unauthenticated(_ENDED)
    if row.addresses is not None and not _within(address, row.addresses):
        raise Unauthenticated(_ELSEWHERE)
    return KeyBounds(
        id=row.id,
        operations=None if row.operations is None else frozenset(row.operations),
        policies=None if row.policies is None else frozenset(row.policies),
        credentials=None if row.credentials is None else frozenset(row.credentials),
        counted=row.max_uses is not None,
        bounded=any(getattr(row, name) is not None for name in NAMES),
    )


def checked_operations(names: list[str], *, field: str) -> list[str]:
    """Operations by name, or "Controller.*". Raises Invalid for an empty list and for what can't be a name.

    A name that no operation has is taken: it bounds the key to nothing, and may be built in a later version.
    """
    if len(names) > MOST:
        raise Invalid(f"{field} must have at most {MOST} entries", field=field)
    if not names or not all(_OPERATION.fullmatch(name) for name in names):
        raise Invalid(f"{field} must hold names such as Credential.SearchAsync or Credential.*", field=field)
    return sorted(set(names))


def checked_networks(texts: list[str], *, field: str) -> list[str]:
    """Addresses and networks in their plain form. Raises Invalid for one that is neither, and for an empty list."""
    if not texts:
        raise Invalid(f"{field} must not be an empty list: leave it out to allow every address", field=field)
    if len(texts) > MOST:
        raise Invalid(f"{field} must have at most {MOST} entries", field=field)
    try:
        return [str(ipaddress.ip_network(text.strip(), strict=False)) for text in texts]
    except ValueError:
        raise Invalid(
            f"{field} must hold addresses and networks, such as 192.0.2.7 or 2001:db8::/32", field=field
        ) from None


def _within(address: str | None, networks: list[str]) -> bool:
    if address is None:
        return False
    try:
        given = ipaddress.ip_address(address)
    except ValueError:  # a client of a local socket has none
        return False
    mapped = getattr(given, "ipv4_mapped", None)
    plain = mapped or given
    return any(plain in ipaddress.ip_network(network) for network in networks)
