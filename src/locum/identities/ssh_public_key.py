"""What an SSH public key must look like to be registered, and the words for what is refused."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import asyncssh

from locum.kit.errors import Invalid

LONGEST = 4000
SHORTEST_RSA = 3072
SECURITY_KEYS = frozenset({"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"})
ALGORITHMS = SECURITY_KEYS | {
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
}
_FORM = (
    "a public key is one line such as “ssh-ed25519 AAAA… alice@laptop”, the content of the file that ends in .pub"
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`line` is the algorithm and the key in base64, without a comment: equal keys have equal lines."""

    algorithm: str
    line: str
    fingerprint: str  # "SHA256:…", as `ssh-keygen -l` prints it


def parse(text: str, *, field: str) -> PublicKey:
    """The key of a line of a `.pub` file. Raises Invalid, which echoes nothing of the text: it may be a private key."""
    line = text.strip()
    if "PRIVATE KEY" in line:
        raise Invalid(
            "this is a private key, which must never leave its owner: make a new pair, for this one has been sent"
            f" over the network, and register the public key; {_FORM}",
            field=field,
        )
    if len(text) > LONGEST:
        raise Invalid(f"a public key must have at most {LONGEST} characters", field=field)
    if len(line.splitlines()) != 1:
        raise Invalid(f"exactly one public key is expected, on one line: {_FORM}", field=field)
    algorithm, _, rest = line.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Invalid(_refusal(algorithm, rest), field=field)
    return _read(algorithm, (rest.split() or [""])[0], field)


def _refusal(algorithm: str, rest: str) -> str:
    if "-cert-v" in algorithm or algorithm.startswith("x509v3-"):
        return "this is a certificate: Locum trusts no certificate authority; register the public key itself"
    if algorithm in ("ssh-dss", "ssh-dsa"):
        return "DSA keys are too weak: register an Ed25519 key, made with `ssh-keygen -t ed25519`"
    if any(name in rest for name in ALGORITHMS):
        return "options before a key are not supported: the line must begin with the kind of key"
    return f"this kind of key is not supported, or this is no public key; {_FORM}"


def _read(algorithm: str, encoded: str, field: str) -> PublicKey:
    try:
        blob = base64.b64decode(encoded, validate=True)
        key = asyncssh.import_public_key(f"{algorithm} {encoded}")
    except (binascii.Error, ValueError, asyncssh.KeyImportError):
        raise Invalid(f"the public key can't be read; {_FORM}", field=field) from None
    # A key has one spelling. A second one would be the same key under another fingerprint.
    if key.get_algorithm() != algorithm or key.public_data != blob:
        raise Invalid(f"the public key can't be read; {_FORM}", field=field)
    if algorithm == "ssh-rsa" and _bits(key) < SHORTEST_RSA:
        raise Invalid(
            f"an RSA key must have at least {SHORTEST_RSA} bits: make a new one, best with `ssh-keygen -t ed25519`",
            field=field,
        )
    return PublicKey(algorithm, f"{algorithm} {base64.b64encode(blob).decode()}", key.get_fingerprint())


def _bits(key: asyncssh.SSHKey) -> int:
    size: int = key.pyca_key.key_size  # type: ignore[union-attr] # only asked of RSA keys, which have one
    return size
