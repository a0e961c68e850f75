"""SSH private keys: generate, read, and write as OpenSSH or PEM with or without a passphrase.

Generating an RSA key, and opening or writing one with a passphrase, takes from a tenth of a second to minutes:
callers do it on a thread, outside of any unit of work. No error quotes anything of a key.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import struct
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from asyncssh import asn1
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from locum.credentials.private_key import LONGEST_TEXT, opened
from locum.kit.errors import Invalid
from locum.vault.secret import Secret


class KeyAlgorithm(StrEnum):
    """As the contract spells them."""

    RSA = "RSA"
    ECDSA = "ECDSA"
    ED25519 = "Ed25519"


# The first length of each is the one that is taken when none is asked for.
LENGTHS: dict[KeyAlgorithm, tuple[int, ...]] = {
    KeyAlgorithm.RSA: (3072, 2048, 4096, 8192),
    KeyAlgorithm.ECDSA: (256, 384, 521),
    KeyAlgorithm.ED25519: (256,),
}
_CURVES: dict[int, Callable[[], ec.EllipticCurve]] = {256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1}
# What a file may ask of whoever opens it. OpenSSH asks for 16 or 24 rounds, OpenSSL for 2,048 to a million iterations.
_MOST_ROUNDS = 1000
_MOST_ITERATIONS = 10_000_000
_SCRYPT = "1.3.6.1.4.1.11591.4.11"
_FRAME = re.compile(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL)
_PASSPHRASE = range(5, 257)  # ssh-keygen takes none below five characters

_Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class SshKey:
    """A private key that is strong enough to be used. Nothing of it is in its repr."""

    __slots__ = ("_private", "algorithm", "length", "public_line")

    def __init__(self, private: Any) -> None:
        self.algorithm, self.length = _strength(private)
        self._private: _Private = private
        public = private.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        self.public_line: str = public.decode()

    @property
    def fingerprint(self) -> str:
        """ "SHA256:…", as `ssh-keygen -l` prints it."""
        blob = base64.b64decode(self.public_line.split()[1])
        return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")

    def openssh(self, passphrase: Secret | None = None) -> Secret:
        """As ssh-keygen writes it."""
        return self._written(serialization.PrivateFormat.OpenSSH, passphrase)

    def pem(self, passphrase: Secret | None = None) -> Secret:
        """As PKCS#8, whose encryption is worth something; the older PEM derives its key with one round of MD5."""
        return self._written(serialization.PrivateFormat.PKCS8, passphrase)

    def _written(self, form: serialization.PrivateFormat, passphrase: Secret | None) -> Secret:
        word = passphrase.reveal() if passphrase is not None else b""
        if word and (len(word) not in _PASSPHRASE or not word.decode(errors="replace").isprintable()):
            raise Invalid(
                f"passphrase must have {_PASSPHRASE.start} to {_PASSPHRASE.stop - 1} characters, none of them control",
                field="passphrase",
            )
        encryption = serialization.BestAvailableEncryption(word) if word else serialization.NoEncryption()
        return Secret(self._private.private_bytes(serialization.Encoding.PEM, form, encryption))


def generate(algorithm: KeyAlgorithm, length: int | None = None) -> SshKey:
    """A new key. Raises Invalid for a length that the algorithm has not."""
    lengths = LENGTHS[algorithm]
    length = length or lengths[0]
    if length not in lengths:
        raise Invalid(f"keyLength of {algorithm} must be one of {_listed(sorted(lengths))}", field="keyLength")
    if algorithm is KeyAlgorithm.RSA:
        return SshKey(rsa.generate_private_key(public_exponent=65537, key_size=length))
    if algorithm is KeyAlgorithm.ECDSA:
        return SshKey(ec.generate_private_key(_CURVES[length]()))
    return SshKey(ed25519.Ed25519PrivateKey.generate())


def algorithm_named(name: str | None) -> KeyAlgorithm:
    """The algorithm of that name in any case; none is Ed25519. Raises Invalid."""
    for algorithm in KeyAlgorithm:
        if (name or KeyAlgorithm.ED25519).casefold() == algorithm.casefold():
            return algorithm
    raise Invalid(f"keyGenAlgorithm must be one of {_listed(KeyAlgorithm)}", field="keyGenAlgorithm")


def new_passphrase() -> Secret:
    """128 bits that any prompt, file or command line takes."""
    return Secret(secrets.token_hex(16))


def read(text: Secret, passphrase: Secret | None = None) -> SshKey:
    """The key of an OpenSSH or PEM text. One that needs no passphrase opens with any.

    Raises Invalid, with privateKey as the field, for what is no key, doesn't open, is too weak or asks for too much.
    """
    content = text.reveal()
    if len(content) > LONGEST_TEXT:
        raise _refused(f"privateKey must have at most {LONGEST_TEXT} characters")
    frames = list(_FRAME.finditer(content))
    if len(frames) != 1:
        raise _refused("privateKey must hold exactly one private key, as OpenSSH or PEM")
    frame, kind, body = frames[0].group(0, 1, 2)
    word = passphrase.reveal() if passphrase is not None else b""
    try:
        if kind == b"OPENSSH PRIVATE KEY":
            encrypted = _openssh_rounds(body) > 0
        elif kind == b"ENCRYPTED PRIVATE KEY":
            _check_iterations(body)
            encrypted = True
        else:
            encrypted = b"ENCRYPTED" in body  # of its header Proc-Type
        if encrypted and not word:
            raise _refused("this private key needs its passphrase")
        private = opened(frame + b"\n", word if encrypted else None)
    except (
        ValueError,
        TypeError,
        IndexError,
        AssertionError,
        RecursionError,
        struct.error,
        UnsupportedAlgorithm,
        InvalidTag,
    ):
        raise _refused("privateKey is not an OpenSSH or PEM key that opens with the passphrase") from None
    return SshKey(private)


def _strength(private: Any) -> tuple[KeyAlgorithm, int]:
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return KeyAlgorithm.ED25519, 256
    if isinstance(private, ec.EllipticCurvePrivateKey):
        if private.curve.name not in {curve().name for curve in _CURVES.values()}:
            raise _refused("an ECDSA key must be on one of the NIST curves P-256, P-384 and P-521")
        return KeyAlgorithm.ECDSA, private.key_size
    if isinstance(private, rsa.RSAPrivateKey):
        lengths = LENGTHS[KeyAlgorithm.RSA]
        if not min(lengths) <= private.key_size <= max(lengths):
            raise _refused(f"an RSA key must have {min(lengths)} to {max(lengths)} bits")
        return KeyAlgorithm.RSA, private.key_size
    raise _refused("only RSA, ECDSA and Ed25519 keys are taken")


def _openssh_rounds(body: bytes) -> int:
    """How many rounds of bcrypt opening asks for; 0 if it is not encrypted."""
    rest = base64.b64decode(body).removeprefix(b"openssh-key-v1\0")
    fields = []
    for _ in range(3):  # cipher, key derivation, its options
        (size,) = struct.unpack_from(">I", rest)
        fields.append(rest[4 : 4 + size])
        rest = rest[4 + size :]
    if fields[0] == b"none":
        return 0
    (salt,) = struct.unpack_from(">I", fields[2])
    (rounds,) = struct.unpack_from(">I", fields[2], 4 + salt)
    if not 0 < rounds <= _MOST_ROUNDS:
        raise _refused("this private key asks for too much work to be opened: write it anew with ssh-keygen -p")
    return int(rounds)


def _check_iterations(body: bytes) -> None:
    """Refuse a PKCS#8 file that names more work than `_MOST_ITERATIONS`, or scrypt, which takes memory as well."""
    file: Any = asn1.der_decode(base64.b64decode(body))
    parts = [file[0]]
    while parts:
        part = parts.pop()
        if isinstance(part, tuple):
            parts.extend(part)
        too_much = isinstance(part, int) and not 0 <= part <= _MOST_ITERATIONS
        if too_much or (isinstance(part, asn1.ObjectIdentifier) and part.value == _SCRYPT):
            raise _refused(
                "this private key asks for too much work to be opened: write it anew with openssl pkcs8"
            )


def _refused(words: str) -> Invalid:
    return Invalid(words, field="privateKey")


def _listed(values: Any) -> str:
    return ", ".join(str(value) for value in values)
