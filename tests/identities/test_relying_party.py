"""What an authenticator's answer must hold for, and that nothing a stranger sends is more than a refusal."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import resource
from typing import Any

import pytest
from fido2 import cbor
from hypothesis import given, settings
from hypothesis import strategies as st

from locum.identities.relying_party import (
    Asserted,
    Assertion,
    Credential,
    NotProven,
    Registration,
    RelyingParty,
    relying_party,
)
from locum.kit.errors import StartError
from software_authenticator import (
    ATTESTED,
    BACKED_UP,
    ELIGIBLE,
    PRESENT,
    VERIFIED,
    SoftwareAuthenticator,
    data,
    text,
)

PARTY = RelyingParty("locum.test", ("https://locum.test",))
OPTIONS = {"user": {"id": text(b"ada")}, "challenge": text(b"c" * 56)}


def registration(answer: Any) -> Registration:
    response = answer["response"]
    return Registration(data(response["clientDataJSON"]), data(response["attestationObject"]))


def assertion(answer: Any, **bent: bytes) -> Assertion:
    response = answer["response"]
    sent = {
        "credential_id": data(answer["id"]),
        "client_data": data(response["clientDataJSON"]),
        "authenticator_data": data(response["authenticatorData"]),
        "signature": data(response["signature"]),
        "user_handle": data(response["userHandle"]),
    }
    return Assertion(**{**sent, **bent})


def registered(key: SoftwareAuthenticator) -> Credential:
    return PARTY.verify_registration(registration(key.create(OPTIONS)))


def refusal(key: SoftwareAuthenticator, known: Credential, *, verified: bool = True, **bent: Any) -> str:
    with pytest.raises(NotProven) as refused:
        PARTY.verify_assertion(known.public_key, assertion(key.get(OPTIONS, **bent)), user_verified=verified)
    return refused.value.reason


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_what_holds(algorithm: Any) -> None:
    key = SoftwareAuthenticator(algorithm, flags=PRESENT | VERIFIED | ELIGIBLE | BACKED_UP)
    known = registered(key)
    assert (known.credential_id, known.sign_count, known.backed_up) == (key.credential_id, 0, True)
    sent = assertion(key.get(OPTIONS))
    assert PARTY.challenge_of(sent.client_data) == b"c" * 56
    assert PARTY.verify_assertion(known.public_key, sent, user_verified=True) == Asserted(1, True)


def test_what_does_not_hold() -> None:
    key = SoftwareAuthenticator()
    known = registered(key)
    assert "origin" in refusal(key, known, origin="https://evil.test")
    for near in ("http://locum.test", "https://locum.test:444", "https://a.locum.test", "https://locum.test/", ""):
        assert "origin" in refusal(key, known, origin=near)
    assert "type" in refusal(key, known, type="webauthn.create")
    assert "another site" in refusal(key, known, crossOrigin=True)
    assert "RP ID" in refusal(SoftwareAuthenticator(rp_id="evil.test", credential_id=key.credential_id), known)
    other = SoftwareAuthenticator(credential_id=key.credential_id)
    assert "signature" in refusal(other, known)
    for flags, verified, word in (
        (VERIFIED, False, "User Present"),
        (PRESENT, True, "User verification required"),
        (PRESENT | BACKED_UP, False, "it can't be"),
    ):
        key.flags = flags
        assert word in refusal(key, known, verified=verified)


def test_a_bent_signature_or_signed_text_does_not_hold() -> None:
    key = SoftwareAuthenticator()
    known = registered(key)
    whole = assertion(key.get(OPTIONS))
    for name in ("signature", "authenticator_data", "client_data"):
        for place in (0, -1):
            bent = bytearray(getattr(whole, name))
            bent[place] ^= 1
            changed = Assertion(**{f: getattr(whole, f) for f in Assertion.__slots__} | {name: bytes(bent)})
            with pytest.raises(NotProven):
                PARTY.verify_assertion(known.public_key, changed, user_verified=True)


def test_registrations_that_do_not_hold() -> None:
    for key, bent in (
        (SoftwareAuthenticator(origin="https://evil.test"), {}),
        (SoftwareAuthenticator(rp_id="evil.test"), {}),
        (SoftwareAuthenticator(flags=VERIFIED), {}),
        (SoftwareAuthenticator(flags=PRESENT | BACKED_UP), {}),
        (SoftwareAuthenticator(), {"type": "webauthn.get"}),
        (SoftwareAuthenticator(credential_id=b""), {}),
        (SoftwareAuthenticator(credential_id=b"x" * 1024), {}),
    ):
        with pytest.raises(NotProven):
            PARTY.verify_registration(registration(key.create(OPTIONS, **bent)))


@pytest.mark.parametrize(
    "key",
    [
        {1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32},  # not on the curve
        {1: 2, 3: -7, -1: 1, -2: 10**9, -3: 10**9},
        {1: 2, 3: -7},
        {1: 1, 3: -8, -1: 6, -2: b"short"},
        {1: 2, 3: -35, -1: 2, -2: b"x" * 48, -3: b"y" * 48},  # not asked for
        {1: 3, 3: -257, -1: b"\0", -2: b"\0"},
        {1: 3, 3: -257, -1: b"\xff" * 2000, -2: b"\1\0\1"},  # too long to keep
        {1: 2, 3: -65535},
        {},
        [],
        10**9,
        b"key",
    ],
)
def test_a_key_that_can_not_be_used_is_refused_at_once(key: Any) -> None:
    with pytest.raises(NotProven):
        PARTY.verify_registration(registration(SoftwareAuthenticator().create(OPTIONS, key=key)))


HUGE = 10**11


@pytest.mark.parametrize(
    "client_data",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"[" * 4000,
        b"{}",
        json.dumps({"type": "webauthn.get", "challenge": HUGE, "origin": "https://locum.test"}).encode(),
        b'{"type":"webauthn.get","challenge":"AA","\\u0063hallenge":100000000000,"origin":"https://locum.test"}',
        json.dumps({"type": "webauthn.get", "challenge": "AA", "origin": ["https://locum.test"]}).encode(),
        json.dumps({"type": "webauthn.get", "challenge": "ä", "origin": ""}).encode(),
        json.dumps({"type": "webauthn.get", "challenge": "AA", "origin": "", "crossOrigin": 1}).encode("utf-16"),
    ],
)
def test_client_data_that_makes_the_library_stumble(client_data: bytes) -> None:
    with pytest.raises(NotProven):
        PARTY.challenge_of(client_data)


@pytest.mark.parametrize(
    "attestation",
    [
        b"",
        b"\xff",
        b"\x81" * 5000,
        b"\x9b" + b"\xff" * 8,
        b"\x5b" + b"\x7f" * 8,
        cbor.encode({"fmt": "none", "attStmt": {}, "authData": HUGE}),
        cbor.encode({"fmt": "none", "attStmt": {}, "authData": b""}),
        cbor.encode(
            {"fmt": "none", "attStmt": {}, "authData": hashlib.sha256(b"locum.test").digest() + b"\x01\0\0\0\0"}
        ),
        cbor.encode({"fmt": "none", "authData": bytes([ATTESTED]) * 60}),
        cbor.encode([1]),
        cbor.encode({"authData": b"x" * 100}) + b"more",
    ],
)
def test_attestations_that_make_the_library_stumble(attestation: bytes) -> None:
    answer = registration(SoftwareAuthenticator().create(OPTIONS))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(NotProven):
        PARTY.verify_registration(Registration(answer.client_data, attestation))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


KEY = SoftwareAuthenticator()
KNOWN = registered(KEY)
CREATED = registration(KEY.create(OPTIONS))


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=300), st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_garbage_is_a_refusal(garbage: bytes, place: int, piece: bytes) -> None:
    spliced = bytearray(CREATED.attestation_object)
    spliced[place : place + len(piece)] = piece
    for attestation in (garbage, bytes(spliced)):
        try:
            made = PARTY.verify_registration(Registration(CREATED.client_data, attestation))
        except NotProven:
            continue
        assert len(made.credential_id) <= 1023
    sent = assertion(KEY.get(OPTIONS))
    for name in ("authenticator_data", "client_data", "signature"):
        bent = Assertion(**{f: getattr(sent, f) for f in Assertion.__slots__} | {name: garbage})
        with pytest.raises(NotProven):
            PARTY.verify_assertion(KNOWN.public_key, bent, user_verified=False)


@pytest.mark.parametrize(
    ("url", "rp_id", "origin"),
    [
        (None, "localhost", "https://localhost:6500"),
        ("https://Locum.Example.org", "locum.example.org", "https://locum.example.org"),
        ("https://locum.example.org:443/x", "locum.example.org", "https://locum.example.org"),
        ("https://locum.example.org:8443/", "locum.example.org", "https://locum.example.org:8443"),
        ("https://münchen.example", "xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_where_people_reach_locum(url: str | None, rp_id: str, origin: str) -> None:
    assert relying_party(url, 6500) == RelyingParty(rp_id, (origin,))


@pytest.mark.parametrize("url", ["https://", "https://:8443", "https://a:99999", "https://a..b"])
def test_an_address_without_a_host(url: str) -> None:
    with pytest.raises(StartError):
        relying_party(url, 6500)


def test_words_of_refusals() -> None:
    key = SoftwareAuthenticator()
    known, good = registered(key), assertion(key.get(OPTIONS))
    created = registration(key.create(OPTIONS))
    no_key = "the credential's key can't be used"
    unasked = "the credential's algorithm is not one that was asked for"
    for step, words in (
        (lambda: PARTY.challenge_of(b""), "the client data is malformed"),
        (
            lambda: PARTY.verify_registration(Registration(created.client_data, b"")),
            "the attestation object is malformed",
        ),
        (lambda: PARTY.verify_registration(registration(key.create(OPTIONS, key={1: 2, 3: -35}))), unasked),
        (lambda: PARTY.verify_registration(registration(key.create(OPTIONS, key={1: 2, 3: -7}))), no_key),
        (
            lambda: PARTY.verify_assertion(
                known.public_key, dataclasses.replace(good, authenticator_data=b""), user_verified=True
            ),
            "the authenticator data is malformed",
        ),
    ):
        with pytest.raises(NotProven) as refused:
            step()
        assert refused.value.reason == str(refused.value) == words
    with pytest.raises(StartError) as nowhere:
        relying_party("https://", 6500)
    assert nowhere.value.detail == "--public-url must name a host, as https://locum.example.org does"


@pytest.mark.parametrize("length", [1, 1023])
def test_the_shortest_and_the_longest_id(length: int) -> None:
    key = SoftwareAuthenticator(credential_id=b"x" * length, flags=PRESENT)
    assert registered(key).credential_id == key.credential_id


def test_an_ipv6_address_stays_in_brackets() -> None:
    assert relying_party("https://[::1]:8443", 1) == RelyingParty("::1", ("https://[::1]:8443",))
