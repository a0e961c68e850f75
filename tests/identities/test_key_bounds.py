"""What an API key may be used for."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from locum.identities.key_bounds import MOST, KeyBounds, KeyRow, bounds_of, checked_networks, checked_operations
from locum.kit.errors import Forbidden, Invalid, Unauthenticated

NOW = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
ID, ONE, TWO = UUID(int=1), UUID(int=2), UUID(int=3)


def row(**changes: Any) -> KeyRow:
    free: dict[str, Any] = dict.fromkeys(KeyRow.__struct_fields__)
    return KeyRow(**{**free, "id": ID, **changes})


def test_without_bounds() -> None:
    assert bounds_of(row(), now=NOW, address=None) == KeyBounds(ID)
    bounds = KeyBounds(ID)
    bounds.check_operation("Credential.SearchAsync")
    bounds.check_credential(ONE)
    assert bounds.has_policy(ONE)


@pytest.mark.parametrize(
    "changes",
    [
        {"operations": ["Log.Get"]},
        {"policies": [ONE]},
        {"credentials": [ONE]},
        {"addresses": ["192.0.2.1/32"]},
        {"max_uses": 9},
        {"expires_at": NOW + dt.timedelta(seconds=1)},
    ],
)
def test_any_bound_makes_it_bounded(changes: dict[str, Any]) -> None:
    bounds = bounds_of(row(**changes), now=NOW, address="192.0.2.1")
    assert bounds.bounded
    assert bounds.counted == ("max_uses" in changes)


def test_who_may_make_what_is_beyond_the_bounds() -> None:
    KeyBounds(ID).check_new_person("A.B")
    KeyBounds(ID).check_new_policy()
    KeyBounds(ID, operations=frozenset({"A.B"}), bounded=True).check_new_person("A.B")
    KeyBounds(ID, operations=frozenset({"A.B"}), bounded=True).check_new_policy()
    for operations in (None, frozenset({"A.*"}), frozenset({"A.C"})):
        with pytest.raises(Forbidden, match=r"only if its operations name A\.B") as found:
            KeyBounds(ID, operations=operations, bounded=True).check_new_person("A.B")
        assert found.value.missing == "key scope operation A.B by name"
    for policies in (frozenset(), frozenset({ONE})):
        with pytest.raises(Forbidden, match="can't make one") as new:
            KeyBounds(ID, policies=policies, bounded=True).check_new_policy()
        assert new.value.missing == "key scope policy"


@pytest.mark.parametrize("changes", [{"expires_at": NOW}, {"revoked_at": NOW}])
def test_ended(changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated, match="has ended"):
        bounds_of(row(**changes), now=NOW, address=None)


def test_the_last_moment_counts() -> None:
    bounds_of(row(expires_at=NOW + dt.timedelta(microseconds=1)), now=NOW, address=None)


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("192.0.2.1", True),
        ("192.0.2.255", True),
        ("::ffff:192.0.2.9", True),
        ("2001:db8::7", True),
        ("192.0.3.1", False),
        ("2001:db9::7", False),
        ("192.0.2", False),
        ("", False),
        (None, False),
    ],
)
def test_addresses(address: str | None, inside: bool) -> None:
    key = row(addresses=["192.0.2.0/24", "2001:db8::/32"])
    if inside:
        assert bounds_of(key, now=NOW, address=address).id == ID
        return
    with pytest.raises(Unauthenticated, match="from this address"):
        bounds_of(key, now=NOW, address=address)


def test_operations() -> None:
    bounds = bounds_of(row(operations=["Credential.*", "Log.Get"]), now=NOW, address=None)
    for allowed in ("Credential.SearchAsync", "Credential.CreateAsync", "Log.Get"):
        bounds.check_operation(allowed)
    for other in ("Log.GetAll", "CredentialX.Get", "log.get", ""):
        with pytest.raises(Forbidden) as refused:
            bounds.check_operation(other)
        assert refused.value.missing == f"key scope operation {other}"


def test_policies_and_credentials() -> None:
    bounds = bounds_of(row(policies=[ONE], credentials=[TWO]), now=NOW, address=None)
    assert bounds.has_policy(ONE)
    assert not bounds.has_policy(TWO)
    bounds.check_credential(TWO)
    with pytest.raises(Forbidden) as refused:
        bounds.check_credential(ONE)
    assert refused.value.missing == "key scope credential"


def test_networks_in_one_form() -> None:
    assert checked_networks([" 192.0.2.7 ", "192.0.2.9/24", "2001:DB8::1/32"], field="addresses") == [
        "192.0.2.7/32",
        "192.0.2.0/24",
        "2001:db8::/32",
    ]


@pytest.mark.parametrize("bad", [[], [""], ["host.example"], ["192.0.2.0/33"], ["192.0.2.1"] * (MOST + 1)])
def test_bad_networks(bad: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        checked_networks(bad, field="addresses")
    assert refused.value.field == "addresses"


def test_the_longest_lists_pass() -> None:
    assert len(checked_networks(["192.0.2.1"] * MOST, field="addresses")) == MOST
    assert checked_operations(["Log.Get"] * MOST, field="operations") == ["Log.Get"]


def test_operation_names() -> None:
    assert checked_operations(["Log.*", "Credential.SearchAsync", "Log.*"], field="operations") == [
        "Credential.SearchAsync",
        "Log.*",
    ]
    for bad in (
        [],
        ["*"],
        ["Log"],
        ["Log."],
        [".Get"],
        ["Log.Get.x"],
        ["Log.**"],
        ["a b.c"],
        ["L.G"] * (MOST + 1),
    ):
        with pytest.raises(Invalid) as refused:
            checked_operations(bad, field="operations")
        assert refused.value.field == "operations"
