"""What is taken as each kind, and that no refusal quotes it."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from locum.credentials.kinds import MOST_PAIRS, checked
from locum.credentials.model import SecretKind
from locum.kit.errors import Invalid


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def issued(name: str, to: ec.EllipticCurvePrivateKey, by: str, signer: ec.EllipticCurvePrivateKey) -> bytes:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(by))
        .public_key(to.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=9))
        .sign(signer, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def text_of(private: ec.EllipticCurvePrivateKey, word: bytes | None = None) -> bytes:
    form = serialization.BestAvailableEncryption(word) if word else serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, form)


CA, SERVER, OTHER = key(), key(), key()
LEAF, ROOT = issued("server", SERVER, "ca", CA), issued("ca", CA, "ca", CA)
FORGED = issued("server", SERVER, "ca", OTHER)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (SecretKind.TOKEN, b"ghp_abc-123=="),
        (SecretKind.KEY_VALUES, b'{"user": "app", "password": ""}'),
        (SecretKind.FILE, b"\x00\xff"),
        (SecretKind.CERTIFICATE, LEAF + ROOT + text_of(SERVER)),
        (SecretKind.CERTIFICATE, text_of(SERVER) + LEAF + ROOT),
        (SecretKind.CERTIFICATE, ROOT + text_of(CA)),
    ],
)
def test_what_is_of_its_kind_is_taken(kind: SecretKind, content: bytes) -> None:
    checked(kind, content)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        *((kind, b"") for kind in SecretKind),
        (SecretKind.LOGIN, b"canary"),
        (SecretKind.TOKEN, b"canary token\n"),
        (SecretKind.TOKEN, b"canary\x00"),
        (SecretKind.TOKEN, "canaryä".encode()),
        (SecretKind.KEY_VALUES, b"canary"),
        (SecretKind.KEY_VALUES, b"{}"),
        (SecretKind.KEY_VALUES, b'{"": "canary"}'),
        (SecretKind.KEY_VALUES, b'{"canary": 1}'),
        (SecretKind.KEY_VALUES, b'["canary"]'),
        (SecretKind.KEY_VALUES, b"[" * 100_000),
        (SecretKind.KEY_VALUES, b"{" + b",".join(b'"%d":"x"' % n for n in range(MOST_PAIRS + 1)) + b"}"),
        (SecretKind.CERTIFICATE, b"canary"),
        (SecretKind.CERTIFICATE, LEAF + ROOT),
        (SecretKind.CERTIFICATE, text_of(SERVER)),
        (SecretKind.CERTIFICATE, LEAF + ROOT + text_of(OTHER)),
        (SecretKind.CERTIFICATE, ROOT + LEAF + text_of(CA)),
        (SecretKind.CERTIFICATE, FORGED + ROOT + text_of(SERVER)),
        (SecretKind.CERTIFICATE, LEAF + text_of(SERVER, b"canary")),
        (SecretKind.CERTIFICATE, LEAF + text_of(SERVER) + text_of(CA)),
        (SecretKind.CERTIFICATE, ROOT * 11 + text_of(CA)),
    ],
)
def test_all_else_is_refused_unquoted(kind: SecretKind, content: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        checked(kind, content)
    assert "canary" not in refusal.value.detail
    assert refusal.value.__cause__ is None
