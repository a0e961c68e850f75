"""SSH keys: OpenSSH and OpenSSL read what Locum writes and the other way round; what is weak or hostile is refused."""

from __future__ import annotations

import base64
import struct
import subprocess
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh import asn1
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519

from locum.credentials import ssh_key
from locum.credentials.ssh_key import KeyAlgorithm, SshKey, algorithm_named, generate, new_passphrase, read
from locum.kit.errors import Invalid
from locum.vault.secret import Secret

WORD = Secret("correct horse")
PLAIN = serialization.NoEncryption()
KINDS = [
    (KeyAlgorithm.RSA, 2048),
    (KeyAlgorithm.ED25519, 256),
    *((KeyAlgorithm.ECDSA, n) for n in (256, 384, 521)),
]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{kind[0]}-{kind[1]}")
def key(request: pytest.FixtureRequest) -> SshKey:
    return generate(*request.param)


def keygen(path: Path, *arguments: str) -> str:
    done = subprocess.run(["ssh-keygen", *arguments, "-f", str(path)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def stored(tmp_path: Path, text: Secret) -> Path:
    path = tmp_path / "key"
    path.write_bytes(text.reveal())
    path.chmod(0o600)
    return path


def refused(text: bytes, word: Secret | None = None) -> str:
    with pytest.raises(Invalid) as error:
        read(Secret(text), word)
    assert error.value.field == "privateKey"
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return error.value.detail


@pytest.mark.parametrize("word", [None, WORD], ids=["open", "closed"])
def test_openssh_reads_what_locum_writes(key: SshKey, word: Secret | None, tmp_path: Path) -> None:
    passphrase = word.reveal_text() if word else ""
    path = stored(tmp_path, key.openssh(word))
    assert keygen(path, "-y", "-P", passphrase).split()[:2] == key.public_line.split()
    assert keygen(path, "-l").split()[:2] == [str(key.length), key.fingerprint]


@pytest.mark.parametrize("word", [None, WORD], ids=["open", "closed"])
def test_openssl_reads_the_pem_form(key: SshKey, word: Secret | None, tmp_path: Path) -> None:
    path = stored(tmp_path, key.pem(word))
    passphrase = word.reveal_text() if word else "none"
    command = ["openssl", "pkey", "-in", str(path), "-passin", f"pass:{passphrase}"]
    again = subprocess.run(command, capture_output=True, check=True).stdout
    assert read(Secret(again)).fingerprint == key.fingerprint


def test_locum_reads_what_it_writes(key: SshKey) -> None:
    for text, word in ((key.openssh(), None), (key.pem(), None), (key.openssh(WORD), WORD), (key.pem(WORD), WORD)):
        found = read(text, word)
        assert (found.public_line, found.algorithm, found.length) == (key.public_line, key.algorithm, key.length)
    assert read(key.openssh(), WORD).fingerprint == key.fingerprint  # it needs none
    for text in (key.openssh(WORD), key.pem(WORD)):
        assert "needs its passphrase" in refused(text.reveal())
        refused(text.reveal(), Secret("wrong horse"))


@pytest.mark.parametrize("form", ["RFC4716", "PKCS8", "PEM"])
@pytest.mark.parametrize("word", ["", "correct horse"])
@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_locum_reads_what_openssh_writes(form: str, word: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    keygen(path, "-q", "-t", kind, "-m", form, "-N", word, *(["-b", "2048"] if kind == "rsa" else []))
    found = read(Secret(path.read_bytes()), Secret(word))
    assert found.public_line.split() == path.with_suffix(".pub").read_text().split()[:2]


def test_which_keys_are_made() -> None:
    assert generate(KeyAlgorithm.RSA).length == 3072
    assert algorithm_named("ecDSA") is KeyAlgorithm.ECDSA
    assert algorithm_named(None) is KeyAlgorithm.ED25519
    for algorithm, length in ((KeyAlgorithm.RSA, 1024), (KeyAlgorithm.RSA, 2049), (KeyAlgorithm.ED25519, 448)):
        with pytest.raises(Invalid, match="must be one of") as error:
            generate(algorithm, length)
        assert error.value.field == "keyLength"
    with pytest.raises(Invalid) as error:
        algorithm_named("DSA")
    assert error.value.field == "keyGenAlgorithm"
    assert len(new_passphrase().reveal()) == 32
    assert new_passphrase() != new_passphrase()


def test_nothing_of_the_key_shows(key: SshKey) -> None:
    assert repr(key).startswith("<locum.credentials.ssh_key.SshKey object")


@pytest.mark.parametrize("word", ["four", "x" * 257, "two\nlines", "nul\x00"])
def test_a_passphrase_that_no_prompt_takes(word: str) -> None:
    key = generate(KeyAlgorithm.ED25519)
    for write in (key.openssh, key.pem):
        with pytest.raises(Invalid) as error:
            write(Secret(word))
        assert error.value.field == "passphrase"
        assert word not in error.value.detail
    assert read(key.openssh(Secret(""))).fingerprint == key.fingerprint


def pem(private: Any) -> bytes:
    return bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, PLAIN))


def test_weak_and_foreign_keys() -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused
    assert "2048 to 8192 bits" in refused(pem(weak))
    assert "NIST curves" in refused(pem(ec.generate_private_key(ec.SECP256K1())))
    for private in (
        dsa.generate_private_key(1024),  # noqa: S505 - to be refused
        ed448.Ed448PrivateKey.generate(),
        x25519.X25519PrivateKey.generate(),
    ):
        assert "only RSA, ECDSA and Ed25519" in refused(pem(private))
    text = weak.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, PLAIN)
    assert "2048 to 8192 bits" in refused(text)


def framed(kind: str, content: bytes) -> bytes:
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (
        kind.encode(),
        base64.encodebytes(content),
        kind.encode(),
    )


def test_texts_that_are_no_key() -> None:
    good = generate(KeyAlgorithm.ED25519).openssh().reveal()
    body = b"".join(good.splitlines()[1:-1])
    for text in (
        *(b"", b"\xff\x00", b"ssh-ed25519 AAAA", good + good, good[:200], good.replace(body[60:64], b"!!!!")),
        *(
            framed(kind, content)
            for kind in ("OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PRIVATE KEY")
            for content in (
                b"",
                b"x",
                b"\x30\x80",
                b"openssh-key-v1\0",
                b"openssh-key-v1\0\xff\xff\xff\xff",
                b"\x02\x01\x01",
                b"\x30\x00",
            )
        ),
        framed("ENCRYPTED PRIVATE KEY", b"\x30\x84" * 3000),
        good + b" " * 10_000,
    ):
        detail = refused(text, WORD)
        assert all(piece not in detail for piece in ("openssh-key", "ssh-ed25519", body[60:80].decode()))


def test_a_file_may_not_ask_for_hours_of_work() -> None:
    key = generate(KeyAlgorithm.ED25519)
    openssh = key.openssh(WORD).reveal()
    blob = base64.b64decode(b"".join(openssh.splitlines()[1:-1]))
    rounds = blob.index(b"bcrypt") + 6 + 4 + 4 + 16
    assert struct.unpack_from(">I", blob, rounds)[0] == 16
    for wanted in (0, 1001, 2**32 - 1):
        patched = blob[:rounds] + struct.pack(">I", wanted) + blob[rounds + 4 :]
        assert "too much work" in refused(framed("OPENSSH PRIVATE KEY", patched), WORD)
    outer = asn1.der_decode(base64.b64decode(b"".join(key.pem(WORD).reveal().splitlines()[1:-1])))
    assert isinstance(outer, tuple)
    (pbes2, (derivation, cipher)), sealed = outer
    oid, (salt, *rest) = derivation
    for parameters in ((oid, (salt, 10_000_001, *rest[1:])), (oid, (salt, -1, *rest[1:]))):
        patched = asn1.der_encode(((pbes2, (parameters, cipher)), sealed))
        assert "too much work" in refused(framed("ENCRYPTED PRIVATE KEY", patched), WORD)
    scrypt = (asn1.ObjectIdentifier(ssh_key._SCRYPT), (salt, 2, 1, 1))
    patched = asn1.der_encode(((pbes2, (scrypt, cipher)), sealed))
    assert "too much work" in refused(framed("ENCRYPTED PRIVATE KEY", patched), WORD)
    assert (
        asyncssh.import_private_key(key.openssh(WORD).reveal(), WORD.reveal_text()).get_fingerprint()
        == key.fingerprint
    )
