"""Usual keys open; one that was made up to cost hours is refused before anybody looks at its primes."""

from __future__ import annotations

import base64

import pytest
from asyncssh import asn1
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from locum.credentials.kinds import checked
from locum.credentials.model import SecretKind
from locum.credentials.private_key import LONGEST_TEXT, MOST_RSA_BITS, opened
from locum.credentials.ssh_key import read
from locum.kit.errors import Invalid
from locum.vault.secret import Secret

# Mersenne primes: of the numbers of such sizes the ones that nobody has to look for.
P, Q, SMALL = 2**4423 - 1, 2**4253 - 1, 2**521 - 1


def made_up(p: int, q: int) -> bytes:
    n, e = p * q, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = (0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    text = base64.encodebytes(asn1.der_encode(numbers))
    return b"-----BEGIN RSA PRIVATE KEY-----\n" + text + b"-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["rsa", "ecdsa", "ed25519"],
)
@pytest.mark.parametrize("form", [PrivateFormat.OpenSSH, PrivateFormat.PKCS8])
def test_usual_keys_open(key: rsa.RSAPrivateKey, form: PrivateFormat) -> None:
    found = opened(key.private_bytes(Encoding.PEM, form, NoEncryption()), None)
    assert found.public_key() == key.public_key()


@pytest.mark.parametrize("primes", [(P, Q), (P, SMALL), (SMALL, P)], ids=["long", "uneven", "uneven the other way"])
def test_what_would_take_long_to_check_is_refused(primes: tuple[int, int]) -> None:
    text = made_up(*primes)
    assert len(text) < LONGEST_TEXT
    with pytest.raises(ValueError, match="too much work to check"):
        opened(text, None)
    with pytest.raises(Invalid):
        read(Secret(text))
    with pytest.raises(Invalid, match="must be a certificate"):
        checked(SecretKind.CERTIFICATE, text)


def test_numbers_that_make_no_key_are_refused() -> None:
    """What is short enough is checked as ever."""
    broken = rsa.generate_private_key(65537, 2048)
    numbers = broken.private_numbers()
    text = made_up(numbers.p, numbers.q + 2)
    with pytest.raises(ValueError, match="."):
        opened(text, None)


def test_a_text_that_is_too_long_is_not_looked_at() -> None:
    assert (P * Q).bit_length() > MOST_RSA_BITS
    with pytest.raises(ValueError, match="too long"):
        opened(b"x" * (LONGEST_TEXT + 1), None)
