"""What is said of a value that can't be: a name, a list of networks or operations, a key used where it must not be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from locum.identities import key_bounds
from locum.identities.address_limit import BURST, AddressLimit
from locum.identities.key_bounds import KeyBounds, KeyRow
from locum.identities.normalise import normalise, spelling
from locum.kit.errors import Forbidden, Invalid, LocumError, RateLimited, Unauthenticated

FREE: dict[str, Any] = dict.fromkeys(KeyRow.__struct_fields__)
NOW = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
NETWORKS = "x must hold addresses and networks, such as 192.0.2.7 or 2001:db8::/32"
OPERATIONS = "x must hold names such as Credential.SearchAsync or Credential.*"
UNSEEN = "the name has a character that can't be seen"


def bounded(**changes: Any) -> None:
    key_bounds.bounds_of(KeyRow(**{**FREE, "id": UUID(int=1), **changes}), now=NOW, address="192.0.2.1")


def refused_too_often() -> None:
    limit = AddressLimit()
    for _ in range(BURST + 1):
        limit.refused("192.0.2.1")
    limit.check("192.0.2.1")


@pytest.mark.parametrize(
    ("step", "kind", "words", "named"),
    [
        (
            lambda: KeyBounds(UUID(int=1), operations=frozenset()).check_operation("Log.Get"),
            Forbidden,
            "this API key is not for the operation Log.Get",
            "key scope operation Log.Get",
        ),
        (
            lambda: KeyBounds(UUID(int=1), credentials=frozenset()).check_credential(UUID(int=2)),
            Forbidden,
            "this API key is not for that credential",
            "key scope credential",
        ),
        (
            lambda: bounded(expires_at=NOW),
            Unauthenticated,
            "the API key is not valid any more: it has ended",
            None,
        ),
        (
            lambda: bounded(addresses=["192.0.2.2/32"]),
            Unauthenticated,
            "the API key is not valid from this address",
            None,
        ),
        (
            lambda: key_bounds.checked_operations(["L.G"] * 101, field="x"),
            Invalid,
            "x must have at most 100 entries",
            "x",
        ),
        (lambda: key_bounds.checked_operations(["*"], field="x"), Invalid, OPERATIONS, "x"),
        (
            lambda: key_bounds.checked_networks([], field="x"),
            Invalid,
            "x must not be an empty list: leave it out to allow every address",
            "x",
        ),
        (
            lambda: key_bounds.checked_networks(["192.0.2.1"] * 101, field="x"),
            Invalid,
            "x must have at most 100 entries",
            "x",
        ),
        (lambda: key_bounds.checked_networks(["host.example"], field="x"), Invalid, NETWORKS, "x"),
        (lambda: spelling("  "), Invalid, "the name is empty", "name"),
        (lambda: spelling("x" * 257), Invalid, "the name is longer than 256 characters", "name"),
        (lambda: normalise("\ufdfa" * 20), Invalid, "the name is longer than 256 characters", "name"),
        (lambda: spelling("ad\u200bmin"), Invalid, UNSEEN, "name"),
        (lambda: spelling("a\u3164b"), Invalid, UNSEEN, "name"),
        (
            lambda: spelling("\u1fb7"),
            Invalid,
            "the name has a Greek letter with iota subscript, which has no one spelling",
            "name",
        ),
        (
            refused_too_often,
            RateLimited,
            "too many refused sign-ins from this address: wait a little",
            None,
        ),
    ],
)
def test_words(step: Callable[[], Any], kind: type[LocumError], words: str, named: str | None) -> None:
    with pytest.raises(LocumError) as refused:
        step()
    error = refused.value
    assert (type(error), error.detail) == (kind, words)
    assert named == getattr(error, "field", getattr(error, "missing", None))
