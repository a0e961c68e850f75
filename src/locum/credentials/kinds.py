"""PURE: what may be kept as a token, a certificate, a key/value set or a file. No refusal quotes any of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from locum.credentials.model import SecretKind
from locum.credentials.private_key import opened
from locum.kit.errors import Invalid
from locum.vault.secret import Secret

MOST_PAIRS = 1000
LONGEST_CHAIN = 10
_PUBLIC = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True)
class Content:
    """What was checked to be of its kind; only `checked` makes one."""

    kind: SecretKind
    value: Secret


def checked(kind: SecretKind, content: bytes) -> Content:
    """Raise Invalid for content that is not of its kind, or empty. A certificate's key takes seconds: not to be
    called in a unit of work."""
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
    return Content(kind, Secret(content))


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
        if content.count(b"-----BEGIN") > LONGEST_CHAIN + 1:
            raise _refused(f"a chain must have at most {LONGEST_CHAIN} certificates")
        chain = x509.load_pem_x509_certificates(content)
        key = opened(_key_frame(content), None)
        same = key.public_key().public_bytes(*_PUBLIC) == chain[0].public_key().public_bytes(*_PUBLIC)
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


def _key_frame(content: bytes) -> bytes:
    """The frame of the private key. Raises ValueError if there is not exactly one."""
    mark = b"PRIVATE KEY-----"
    if content.count(mark) != 2:
        raise ValueError
    start, end = content.rindex(b"-----BEGIN", 0, content.index(mark)), content.rindex(mark) + len(mark)
    return content[start:end] + b"\n"


def _refused(words: str) -> Invalid:
    return Invalid(words, field="content")
