"""The standard's JSON forms: what a browser sends and is sent."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from locum.api.reading import FieldErrors, read, reader_of
from locum.api.wire.base import encoder
from locum.api.wire.passkey import (
    AssertionIn,
    PasskeyIn,
    assertion,
    creation_options,
    registration,
    request_options,
)
from locum.identities.passkey_signin import EnrolmentOptions, Options
from locum.identities.relying_party import Assertion, Registration, RelyingParty
from locum.kit.errors import Invalid

PARTY = RelyingParty("locum.test", ("https://locum.test",))
SIGNED = {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "_-8", "userHandle": "YWRh"}


def test_options() -> None:
    made = creation_options(EnrolmentOptions(PARTY, b"\xff\xef", [b"id"], UUID(int=1), "ada", "Ada L."))
    assert msgspec.json.decode(encoder.encode(made)) == {
        "rp": {"id": "locum.test", "name": "Locum"},
        "user": {"id": "AAAAAAAAAAAAAAAAAAAAAQ", "name": "ada", "displayName": "Ada L."},
        "challenge": "_-8",
        "pubKeyCredParams": [{"alg": alg, "type": "public-key"} for alg in (-8, -7, -257)],
        "excludeCredentials": [{"id": "aWQ", "type": "public-key"}],
        "authenticatorSelection": {
            "residentKey": "preferred",
            "requireResidentKey": False,
            "userVerification": "preferred",
        },
        "timeout": 300_000,
        "attestation": "none",
    }
    asked = request_options(Options(PARTY, b"\xff\xef", [b"id"]), user_verification="required")
    assert msgspec.json.decode(encoder.encode(asked)) == {
        "challenge": "_-8",
        "rpId": "locum.test",
        "allowCredentials": [{"id": "aWQ", "type": "public-key"}],
        "userVerification": "required",
        "timeout": 300_000,
    }


def test_what_a_browser_sends() -> None:
    extra = {"rawId": "aWQ", "type": "public-key", "clientExtensionResults": {"credProps": {"rk": True}}}
    sent = read(reader_of(AssertionIn), {"id": "aWQ", "response": SIGNED, **extra})
    assert assertion(sent) == Assertion(b"id", b"{}", b"\0", b"\xff\xef", b"ada")
    sent = read(reader_of(AssertionIn), {"id": "aWQ", "response": {**SIGNED, "userHandle": None}})
    assert assertion(sent).user_handle is None
    response = {"clientDataJSON": "e30", "attestationObject": "AA", "transports": ["usb"], "publicKey": "AA"}
    made = read(reader_of(PasskeyIn), {"name": "x", "credential": {"id": "aWQ", "response": response, **extra}})
    assert registration(made.credential) == Registration(b"{}", b"\0")


@pytest.mark.parametrize("text", ["A", "AA==", "A A", "+/8", "ä", "A\n", "AAAAA"])
def test_what_is_not_base64url(text: str) -> None:
    sent = read(reader_of(AssertionIn), {"id": "aWQ", "response": {**SIGNED, "signature": text}})
    with pytest.raises(Invalid) as refused:
        assertion(sent)
    assert refused.value.field == "signature"


def test_limits() -> None:
    for member, longest in (
        ("clientDataJSON", 4096),
        ("authenticatorData", 2048),
        ("signature", 2048),
        ("userHandle", 88),
    ):
        with pytest.raises(FieldErrors):
            read(reader_of(AssertionIn), {"id": "aWQ", "response": {**SIGNED, member: "A" * (longest + 1)}})
    for wrong in ("", "A" * 1365):
        with pytest.raises(FieldErrors):
            read(reader_of(AssertionIn), {"id": wrong, "response": SIGNED})
