"""Keyed digests: stable, different for each key and purpose."""

from __future__ import annotations

from locum.identities.digests import KeyedDigest, make_key
from locum.vault.secret import Secret


def test_stable_and_separate() -> None:
    one, other = KeyedDigest(Secret(b"k" * 32)), KeyedDigest(Secret(b"l" * 32))
    assert one.of("api-key", b"x") == one.of("api-key", b"x")
    found = {
        one.of("api-key", b"x"),
        one.of("api-key", b"y"),
        one.of("recovery-code", b"x"),
        one.of("signin-cookie", b"x"),
        other.of("api-key", b"x"),
    }
    assert len(found) == 5
    assert {len(digest) for digest in found} == {32}


def test_a_fresh_key_each_time() -> None:
    assert len(make_key().reveal()) == 32
    assert make_key() != make_key()
