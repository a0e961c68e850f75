"""Root key providers: what unlocks the text that holds the root keys.

A root key file holds that text in the clear (`file`), sealed by a passphrase or by a key on a PKCS#11 token, or it
says that the text is in the environment. A sealed file: a line `locum-sealed-root-keys 1`, the provider's own line, the
sealed text in base64, and an `end` line as in `key_text`.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Sequence
from typing import Protocol

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw

from locum.kit.errors import Invalid, StartError
from locum.vault.key_text import closed, lines_of, not_whole, parsed
from locum.vault.seal import KEY_BYTES, SealBroken, seal, unseal
from locum.vault.secret import Secret

VARIABLE = "LOCUM_ROOT_KEY"
SEALED_HEADER = "locum-sealed-root-keys 1"
SHORTEST_PASSPHRASE = 12

_BOUND = b"locum root key file 1 "
_SALT_BYTES = 16
# RFC 9106 asks for 2 GiB or 64 MiB; at start, once, a quarter of a GiB is a second of one core.
_MEMORY_KIB, _PASSES, _LANES = 262_144, 3, 4
_MOST = (4_194_304, 64, 64)

Ask = Callable[[str, bool], Secret]
"""Asks the operator for what the text names; twice, if the second argument says so."""


class Provider(Protocol):
    """Turns the text that holds the root keys into the content of the root key file, and back."""

    @property
    def line(self) -> str:
        """How the provider stands in the file: its name and what it needs besides the secret."""

    def seal(self, text: bytes) -> bytes:
        """What stands in the file for `text`. Raises StartError, Invalid."""

    def unseal(self, sealed: bytes) -> bytes:
        """The inverse of `seal`. Raises StartError, with one line for the operator."""


class InTheClear:
    """The file holds the text itself: whoever reads the file has the keys."""

    line = "file"

    def seal(self, text: bytes) -> bytes:
        return text

    def unseal(self, sealed: bytes) -> bytes:
        return sealed


class InEnvironment:
    """The text is in LOCUM_ROOT_KEY, which is taken out of the environment so that no child inherits it."""

    line = "env"

    def __init__(self) -> None:
        text = os.environ.pop(VARIABLE, None)
        if not text:
            raise StartError(f"the root key is expected in the variable {VARIABLE}, which is not set")
        self._text = Secret(text.strip() + "\n")

    def seal(self, text: bytes) -> bytes:
        if parsed(text, VARIABLE) != parsed(self._text.reveal(), VARIABLE):
            raise Invalid(f"Locum can't change {VARIABLE}: see locum vault new-text")
        return b""

    def unseal(self, sealed: bytes) -> bytes:
        return self._text.reveal()


class ByPassphrase:
    """A passphrase, stretched by Argon2id, seals the text. The stretched key stays in memory, to seal it again."""

    def __init__(self, passphrase: Secret, parameters: Sequence[str] = ()) -> None:
        if parameters:
            salt, memory, passes, lanes = _read_parameters(parameters)
        else:
            if len(passphrase.reveal()) < SHORTEST_PASSPHRASE:
                raise StartError(f"the passphrase must have {SHORTEST_PASSPHRASE} characters at least")
            salt, memory, passes, lanes = os.urandom(_SALT_BYTES), _MEMORY_KIB, _PASSES, _LANES
        self.line = f"passphrase argon2id {memory} {passes} {lanes} {base64.b64encode(salt).decode()}"
        try:
            stretched = hash_secret_raw(passphrase.reveal(), salt, passes, memory, lanes, KEY_BYTES, Type.ID)
        except HashingError as error:
            raise StartError(
                f"the passphrase can't be stretched, which takes {memory // 1024} MiB: {error}"
            ) from None
        self._key = Secret(stretched)

    def seal(self, text: bytes) -> bytes:
        return seal(self._key, text, _BOUND + self.line.encode())

    def unseal(self, sealed: bytes) -> bytes:
        try:
            return unseal(self._key, sealed, _BOUND + self.line.encode()).reveal()
        except SealBroken:
            raise StartError("the passphrase is wrong") from None


def chosen(choice: str, ask: Ask) -> Provider:
    """The provider for a new root key file: `file`, `env`, `passphrase` or a `pkcs11:` URI. Raises StartError."""
    if choice == "file":
        return InTheClear()
    if choice == "env":
        return InEnvironment()
    if choice == "passphrase":
        return ByPassphrase(ask("a passphrase for the root key", True))
    if choice.startswith("pkcs11:"):
        return _on_token(choice, ask, make=True)
    raise StartError("the root key is kept by one of: file, passphrase, env, pkcs11:URI")


def found(content: bytes, source: str, ask: Ask) -> Provider:
    """The provider that the root key file with this content names, ready to unseal. Raises StartError."""
    if not is_sealed(content):
        return InTheClear()
    name, *parameters = lines_of(content, source)[1].split(" ")
    if name == "env":
        return InEnvironment()
    if name == "passphrase":
        return ByPassphrase(ask("the passphrase of the root key", False), parameters)
    if name.startswith("pkcs11:"):
        return _on_token(name, ask, make=False)
    raise StartError(f"{source} needs a root key provider that this version does not know")


def is_sealed(content: bytes) -> bool:
    """Whether the file holds anything else than the root keys in the clear."""
    return content.startswith(SEALED_HEADER.encode() + b"\n")


def file_content(provider: Provider, text: bytes) -> bytes:
    """The content of the root key file: the text, in the clear or sealed."""
    if isinstance(provider, InTheClear):
        return text
    return closed([SEALED_HEADER, provider.line, base64.b64encode(provider.seal(text)).decode()])


def text_in(provider: Provider, content: bytes, source: str) -> bytes:
    """The inverse of `file_content`. Raises StartError, also where the file names another provider by now."""
    if isinstance(provider, InTheClear) and not is_sealed(content):
        return content
    lines = lines_of(content, source)
    if len(lines) != 3:
        raise not_whole(source)
    if lines[1] != provider.line:
        raise StartError(f"{source} is unlocked in another way since this process started")
    return provider.unseal(base64.b64decode(lines[2]))


def _on_token(uri: str, ask: Ask, *, make: bool) -> Provider:
    try:
        from locum.vault.token import OnToken
    except ImportError:
        raise StartError("a PKCS#11 token needs python-pkcs11: pip install 'locum[pkcs11]'") from None
    return OnToken(uri, ask, make=make)


def _read_parameters(parameters: Sequence[str]) -> tuple[bytes, int, int, int]:
    """Bounded, so that no altered file makes the start take all memory."""
    try:
        kind, *numbers, salt = parameters
        memory, passes, lanes = (int(number) for number in numbers)
        if kind != "argon2id" or any(n > most for n, most in zip((memory, passes, lanes), _MOST, strict=True)):
            raise ValueError
        return base64.b64decode(salt, validate=True), memory, passes, lanes
    except ValueError:
        raise StartError("the root key file asks for an unknown way to stretch the passphrase") from None
