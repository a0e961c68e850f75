"""Sealing: what was sealed comes back at its own place under its own key, and nowhere else."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.vault.seal import (
    NONCE_BYTES,
    Place,
    SealBroken,
    WrappedKey,
    key_id,
    new_key,
    open_value,
    seal,
    seal_value,
    unseal,
    unwrap,
    wrap,
)
from locum.vault.secret import Secret

ROOT = new_key()
HERE = Place(UUID(int=7), 3, "credential", key_id(ROOT))
ELSEWHERE = [
    dataclasses.replace(HERE, subject_id=UUID(int=8)),
    dataclasses.replace(HERE, version=4),
    dataclasses.replace(HERE, purpose="api-key"),
    dataclasses.replace(HERE, root_key_id=key_id(Secret(bytes(32)))),
]

places = st.builds(
    Place, st.uuids(), st.integers(0, 2**31), st.text(max_size=60), st.text("0123456789abcdef", max_size=32)
)


@given(value=st.binary(max_size=5000), place=places)
def test_round_trip(value: bytes, place: Place) -> None:
    key, ciphertext = seal_value(ROOT, Secret(value), place)
    assert open_value(ROOT, key, ciphertext, place).reveal() == value
    assert len(key.wrapped) == 60
    assert len(key.commitment) == 32
    assert len(ciphertext) == len(value) + 28


@given(one=places, other=places)
def test_two_places_never_look_alike(one: Place, other: Place) -> None:
    assert (one == other) == (one.bound_as(b"key ") == other.bound_as(b"key "))
    assert one.bound_as(b"key ") != one.bound_as(b"value ")


@given(
    value=st.binary(min_size=1, max_size=60),
    position=st.integers(0),
    bit=st.integers(0, 7),
    part=st.integers(0, 2),
)
def test_any_flipped_bit_is_noticed(value: bytes, position: int, bit: int, part: int) -> None:
    key, ciphertext = seal_value(ROOT, Secret(value), HERE)
    parts = [bytearray(key.wrapped), bytearray(key.commitment), bytearray(ciphertext)]
    parts[part][position % len(parts[part])] ^= 1 << bit
    with pytest.raises(SealBroken):
        open_value(ROOT, WrappedKey(bytes(parts[0]), bytes(parts[1])), bytes(parts[2]), HERE)


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_nothing_opens_elsewhere(elsewhere: Place) -> None:
    data_key = new_key()
    with pytest.raises(SealBroken):
        unwrap(ROOT, wrap(ROOT, data_key, HERE), elsewhere)
    ciphertext = seal(data_key, b"value", HERE.bound_as(b"value "))
    with pytest.raises(SealBroken):  # even where the attacker got the data key itself to unwrap there
        open_value(ROOT, wrap(ROOT, data_key, elsewhere), ciphertext, elsewhere)


def test_another_root_key_opens_nothing_and_the_error_holds_no_value() -> None:
    key, ciphertext = seal_value(ROOT, Secret(b"canary-7f3a"), HERE)
    with pytest.raises(SealBroken) as caught:
        open_value(new_key(), key, ciphertext, HERE)
    assert "canary" not in repr(caught.value) + str(caught.value.__context__)


def test_a_key_that_was_not_committed_to_is_refused() -> None:
    """What a holder of two keys could do with GCM alone: give one ciphertext that opens under both."""
    ours, theirs = wrap(ROOT, new_key(), HERE), wrap(ROOT, new_key(), HERE)
    with pytest.raises(SealBroken, match="committed"):
        unwrap(ROOT, WrappedKey(theirs.wrapped, ours.commitment), HERE)


def test_sealing_twice_shares_nothing() -> None:
    (one_key, one), (other_key, other) = (seal_value(ROOT, Secret(b"same"), HERE) for _ in range(2))
    assert one[:NONCE_BYTES] != other[:NONCE_BYTES]
    assert one_key.commitment != other_key.commitment


@pytest.mark.parametrize("length", [0, 11, 27])
def test_too_short_is_broken_and_not_a_crash(length: int) -> None:
    with pytest.raises(SealBroken, match="short"):
        unseal(ROOT, bytes(length), b"")


def test_a_key_id_is_a_fixed_function_of_the_key() -> None:
    key = Secret(bytes(range(32)))
    expected = hmac.digest(bytes(range(32)), b"locum root key id 1", hashlib.sha256).hex()[:32]
    assert key_id(key) == expected


def test_a_data_key_is_overwritten_after_its_use(monkeypatch: pytest.MonkeyPatch) -> None:
    wiped: list[bytes] = []
    monkeypatch.setattr(
        Secret, "wipe", lambda secret, wipe=Secret.wipe: (wiped.append(secret.reveal()), wipe(secret))
    )
    key, ciphertext = seal_value(ROOT, Secret(b"value"), HERE)
    assert open_value(ROOT, key, ciphertext, HERE) == Secret(b"value")
    with pytest.raises(SealBroken):
        open_value(ROOT, key, ciphertext[:-1] + bytes([ciphertext[-1] ^ 1]), HERE)
    data_key = unwrap(ROOT, key, HERE)
    assert wiped == [data_key.reveal()] * 3
    data_key.wipe()
    assert data_key.reveal() == bytes(32)


@pytest.mark.parametrize("length", [0, 1, 27, 59, 61])
def test_a_wrapped_key_has_one_length(length: int) -> None:
    key = wrap(ROOT, new_key(), HERE)
    with pytest.raises(SealBroken, match="wrong length"):
        unwrap(ROOT, WrappedKey((key.wrapped * 2)[:length], key.commitment), HERE)
