"""PURE: what may be kept as a token, a certificate, a key/value set or a file. No refusal quotes any of it."""

from __future__ import annotations

import itertools

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from locum.credentials.model import SecretKind
from locum.kit.errors import Invalid

MOST_PAIRS = 1000
LONGEST_CHAIN = 10
_PUBLIC = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def check_content(kind: SecretKind, content: bytes) -> None:
    """Raise Invalid for content that is not of its kind, or empty."""
    if not content:
        raise _refused("the body must not be empty")
    if kind is SecretKind.TOKEN:
        _check_token(content)
    elif kind is SecretKind.KEY_VALUES:
        _check_pairs(content)
    elif kind is SecretKind.CERTIFICATE:
        _check_certificate(content)
    elif kind is SecretKind.LOGIN:
        raise Invalid("a login is kept by POST /api/v1/Credential", field="kind")


def _check_token(content: bytes) -> None:
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() or text != text.strip() or not text:
        raise _refused("a token must be printable ASCII without blanks around it")


def _check_pairs(content: bytes) -> None:
    try:
        pairs = msgspec.json.decode(content, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _refused("a key/value set must be a JSON object whose values are all texts") from None
    if not pairs or "" in pairs or len(pairs) > MOST_PAIRS:
        raise _refused(f"a key/value set must have 1 to {MOST_PAIRS} pairs, each with a key")


def _check_certificate(content: bytes) -> None:
    """A certificate, then those that issued it one after the other, and the private key of the first; all in PEM."""
    try:
        chain = x509.load_pem_x509_certificates(content)
        start = content.index(b"-----BEGIN", _key_place(content))
        key = serialization.load_pem_private_key(content[start:], None)
        same = key.public_key().public_bytes(*_PUBLIC) == chain[0].public_key().public_bytes(*_PUBLIC)
        if len(chain) > LONGEST_CHAIN:
            raise _refused(f"a chain must have at most {LONGEST_CHAIN} certificates")
        for one, issuer in itertools.pairwise(chain):
            one.verify_directly_issued_by(issuer)
    except InvalidSignature:
        raise _refused("each certificate must be issued by the one after it") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _refused(
            "the body must be a certificate, its chain and its private key without a passphrase, in PEM"
        ) from None
    if not same:
        raise _refused("the private key is not that of the first certificate")


def _key_place(content: bytes) -> int:
    """Where the frame of the private key begins. Raises ValueError if there is not exactly one."""
    if content.count(b"PRIVATE KEY-----") != 2:
        raise ValueError
    return content.rindex(b"-----BEGIN", 0, content.index(b"PRIVATE KEY-----"))


def _refused(words: str) -> Invalid:
    return Invalid(words, field="content")
