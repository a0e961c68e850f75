"""Which public keys are accepted, and in which words others are refused."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from asyncssh.packet import MPInt, String

from locum.identities.ssh_public_key import LONGEST, parse
from locum.kit.errors import Invalid
from software_security_key import ECDSA, ED25519, SecurityKey


def made(folder: Path, *options: str) -> Path:
    """A public key made by ssh-keygen."""
    subprocess.run(["ssh-keygen", "-q", *options, "-N", "", "-f", folder / "key"], check=True)
    return folder / "key.pub"


def refusal(text: str) -> str:
    with pytest.raises(Invalid) as refused:
        parse(text, field="publicKey")
    assert refused.value.field == "publicKey"
    return refused.value.detail


@pytest.mark.parametrize(
    ("options", "algorithm"),
    [
        (("-t", "ed25519"), "ssh-ed25519"),
        (("-t", "ecdsa", "-b", "256"), "ecdsa-sha2-nistp256"),
        (("-t", "ecdsa", "-b", "384"), "ecdsa-sha2-nistp384"),
        (("-t", "ecdsa", "-b", "521"), "ecdsa-sha2-nistp521"),
        (("-t", "rsa", "-b", "3072"), "ssh-rsa"),
    ],
)
def test_plain_keys_with_the_fingerprint_that_openssh_prints(
    tmp_path: Path, options: tuple[str, ...], algorithm: str
) -> None:
    file = made(tmp_path, *options, "-C", "a comment with blanks")
    key = parse(file.read_text(), field="publicKey")
    assert key.algorithm == algorithm
    assert key.line == " ".join(file.read_text().split()[:2])
    printed = subprocess.run(["ssh-keygen", "-l", "-f", file], check=True, capture_output=True, text=True).stdout
    assert key.fingerprint == printed.split()[1]
    assert parse(key.line, field="publicKey") == key


@pytest.mark.parametrize("algorithm", [ED25519, ECDSA])
def test_security_keys(tmp_path: Path, algorithm: str) -> None:
    line = SecurityKey(algorithm).line
    key = parse(line, field="publicKey")
    (tmp_path / "key.pub").write_text(line)
    shown = ["ssh-keygen", "-l", "-f", tmp_path / "key.pub"]
    printed = subprocess.run(shown, check=True, capture_output=True, text=True).stdout
    assert (key.algorithm, key.fingerprint) == (algorithm, printed.split()[1])


@pytest.mark.parametrize(
    ("options", "words"),
    [(("-t", "rsa", "-b", "2048"), "at least 3072 bits"), (("-t", "dsa"), "DSA keys are too weak")],
)
def test_weak_keys_are_refused(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    assert words in refusal(made(tmp_path, *options).read_text())


def test_a_private_key_is_refused_and_not_echoed(tmp_path: Path) -> None:
    private = made(tmp_path, "-t", "ed25519").with_suffix("").read_text()
    for text in (private, private.replace("\n", " "), private * 20):
        detail = refusal(text)
        assert "private key" in detail
        assert private.splitlines()[1][:12] not in detail


def test_certificates_options_and_lists_are_refused(tmp_path: Path) -> None:
    file = made(tmp_path, "-t", "ed25519")
    line = file.read_text().strip()
    subprocess.run(["ssh-keygen", "-q", "-s", tmp_path / "key", "-I", "id", "-n", "alice", file], check=True)
    assert "certificate" in refusal((tmp_path / "key-cert.pub").read_text())
    assert "options before a key" in refusal(f'no-pty,command="id" {line}')
    for two in (f"{line}\n{line}", f"{line}\r{line}", f"{line}\x0b{line}", f"# a key\n{line}"):
        assert "exactly one public key" in refusal(two)
    assert f"at most {LONGEST} characters" in refusal(line + " " + "c" * LONGEST)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ssh-ed25519",
        "ssh-ed25519 ",
        "ssh-ed25519 ====",
        "hello",
        "ssh-ed448 AAAA",
        "ssh-ed25519 AAAA",
        "\0",
    ],
)
def test_garbage_is_refused(text: str) -> None:
    assert "public key" in refusal(text)


def test_a_key_has_one_spelling(tmp_path: Path) -> None:
    """Else the same key would be registered twice, or found under one and not the other."""
    line = made(tmp_path, "-t", "ecdsa", "-b", "256").read_text()
    algorithm, encoded, _ = line.split()
    blob = base64.b64decode(encoded)
    e, n = 65537, (1 << 3071) + 12345
    twisted = {
        "another name": f"ecdsa-sha2-nistp384 {encoded}",
        "more behind it": f"{algorithm} {base64.b64encode(blob + b'x').decode()}",
        "no point of the curve": f"{algorithm} {base64.b64encode(blob[:-1] + bytes([blob[-1] ^ 1])).decode()}",
        "padded number": "ssh-rsa "
        + base64.b64encode(String("ssh-rsa") + MPInt(e) + String(b"\0\0" + n.to_bytes(384, "big"))).decode(),
        "odd base64": f"{algorithm} {encoded[:-1]}*",
    }
    for text in twisted.values():
        assert "can't be read" in refusal(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "x509v3-ssh-rsa AAAA",
            "this is a certificate: Locum trusts no certificate authority; register the public key itself",
        ),
        ("ssh-dsa AAAA", "DSA keys are too weak: register an Ed25519 key, made with `ssh-keygen -t ed25519`"),
        (
            "no-pty ssh-ed25519 AAAA",
            "options before a key are not supported: the line must begin with the kind of key",
        ),
    ],
)
def test_words_of_refusals(text: str, words: str) -> None:
    assert refusal(text) == words
