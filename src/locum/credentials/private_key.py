"""PURE: opens private keys that callers send, without the hours that a made-up one can cost.

An RSA key is checked number by number when it is opened; a few kilobytes of huge primes keep a thread for an hour.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

LONGEST_TEXT = 10_000  # an RSA key of 8,192 bits takes 6,400
MOST_RSA_BITS = 8192  # which takes seconds
_UNEVEN_BITS = 64  # how much longer one prime may be than the other


def opened(frame: bytes, passphrase: bytes | None) -> Any:
    """The key of a PEM or OpenSSH frame. Raises ValueError, and what else the library raises for nonsense."""
    if len(frame) > LONGEST_TEXT:
        raise ValueError("too long")
    openssh = frame.startswith(b"-----BEGIN OPENSSH")
    load: Any = serialization.load_ssh_private_key if openssh else serialization.load_pem_private_key
    private = load(frame, passphrase, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, rsa.RSAPrivateKey):
        return private
    # Nothing is done with it before its numbers have been looked at, and then checked.
    numbers = private.private_numbers()
    modulus, longest = numbers.public_numbers.n, max(numbers.p.bit_length(), numbers.q.bit_length())
    if modulus.bit_length() > MOST_RSA_BITS or longest > modulus.bit_length() // 2 + _UNEVEN_BITS:
        raise ValueError("too much work to check")
    return numbers.private_key()
