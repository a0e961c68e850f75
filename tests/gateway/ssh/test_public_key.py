"""What is a key on the wire, and which signatures it verifies."""

from __future__ import annotations

import subprocess
from pathlib import Path

import asyncssh
import pytest
from asyncssh.packet import String

from locum.gateway.ssh.public_key import LONGEST, USER_SIGNATURES, key_line, verifies
from locum.identities.ssh_public_key import ALGORITHMS, parse
from software_security_key import ECDSA, ED25519, SecurityKey

DATA = b"session and request"


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_every_kind_that_can_be_registered_is_read_as_it_was_registered(algorithm: str) -> None:
    if algorithm.startswith("sk-"):
        key = asyncssh.import_public_key(SecurityKey(algorithm).line)
    else:
        key = asyncssh.generate_private_key(algorithm, **({"key_size": 3072} if algorithm == "ssh-rsa" else {}))
    line = key_line(key.public_data)
    assert line is not None
    assert parse(line, field="publicKey").line == line


def test_certificates_and_what_is_no_key_are_none(tmp_path: Path) -> None:
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"]
    subprocess.run(make, check=True)
    subprocess.run(["ssh-keygen", "-q", "-s", tmp_path / "key", "-I", "i", tmp_path / "key.pub"], check=True)
    certificate = asyncssh.read_certificate(tmp_path / "key-cert.pub").public_data
    plain = asyncssh.read_public_key(tmp_path / "key.pub").public_data
    others = (String("ssh-dss"), String("x509v3-ssh-rsa"), String(b"\xff\xfe"), b"", b"\0\0", b"\xff" * 8)
    for blob in (certificate, certificate[:60], *others, plain + bytes(LONGEST)):
        assert key_line(blob) is None
    assert key_line(plain) is not None


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ecdsa-sha2-nistp384"])
def test_a_signature_is_good_for_its_key_and_its_data(algorithm: str) -> None:
    key, other = asyncssh.generate_private_key(algorithm), asyncssh.generate_private_key(algorithm)
    line = key_line(key.public_data)
    assert line is not None
    signature = key.sign(DATA, algorithm.encode())
    assert verifies(line, DATA, signature)
    assert not verifies(line, DATA + b"x", signature)
    assert not verifies(line, DATA, other.sign(DATA, algorithm.encode()))
    for wrong in (b"", b"\0", signature[:-1], signature + b"x", String("none") + String(b"")):
        assert not verifies(line, DATA, wrong)


def test_rsa_signs_with_sha2_only() -> None:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=3072)
    line = key_line(key.public_data)
    assert line is not None
    for name in (b"rsa-sha2-256", b"rsa-sha2-512"):
        assert verifies(line, DATA, key.sign(DATA, name))
    assert not verifies(line, DATA, key.sign(DATA, b"ssh-rsa"))
    assert "ssh-rsa" not in USER_SIGNATURES


@pytest.mark.parametrize("algorithm", [ED25519, ECDSA])
def test_a_security_key_must_be_touched(algorithm: str) -> None:
    key = SecurityKey(algorithm)
    assert verifies(key.line, DATA, key.sign(DATA))
    signature = key.sign(DATA)
    assert not verifies(key.line, DATA, signature[:-5] + b"\0" + signature[-4:])
    key.flags = 0x04  # a PIN, and no touch
    assert not verifies(key.line, DATA, key.sign(DATA))


def test_a_web_page_signs_nobody_in() -> None:
    """What a browser signs with the same device has a form of its own, which is not taken here."""
    key = SecurityKey(ECDSA)
    signature = key.sign(DATA)
    named = String(ECDSA)
    assert signature.startswith(named)
    assert not verifies(key.line, DATA, String(f"webauthn-{ECDSA}") + signature[len(named) :])


def test_a_key_that_can_not_be_read_verifies_nothing() -> None:
    assert not verifies("ssh-ed25519 AAAA", DATA, String("ssh-ed25519") + String(b"x" * 64))
