"""The PKCS#11 provider: an AES key that never leaves its token seals the text that holds the root keys.

The token is named by a URI (RFC 7512): `pkcs11:token=NAME;object=KEY?module-path=LIBRARY[&pin-source=FILE]`. The PIN
comes from that file or is asked for. A session is opened for each use and closed after it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass, PKCS11Error

from locum.kit.errors import StartError
from locum.vault.providers import Ask
from locum.vault.seal import NONCE_BYTES, TAG_BYTES
from locum.vault.secret import Secret

_BOUND = b"locum root key file 1 "
_KEY_BITS = 256


class OnToken:
    """The token with its PIN. `make`: the key is made on the token if there is none of that name."""

    def __init__(self, uri: str, ask: Ask, *, make: bool) -> None:
        self.line = uri
        self._library, self._token, self._key, pin_source = _taken_apart(uri)
        self._pin = _pin_from(pin_source) if pin_source else ask(f"the PIN of the token {self._token}", False)
        self._guard = threading.Lock()
        if make:
            with self._session(rw=True) as session:
                self._make(session)

    def seal(self, text: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        with self._session() as session:
            return nonce + bytes(self._find(session).encrypt(text, **self._how(nonce)))

    def unseal(self, sealed: bytes) -> bytes:
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise StartError("the root key file was not sealed by a token")
        with self._session() as session:
            key = self._find(session)
            try:
                return bytes(key.decrypt(sealed[NONCE_BYTES:], **self._how(sealed[:NONCE_BYTES])))
            except PKCS11Error:
                raise StartError(f"the key {self._key} on the token is not the one that sealed") from None

    def _how(self, nonce: bytes) -> dict[str, object]:
        bound = _BOUND + self.line.encode()
        return {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(nonce, bound, TAG_BYTES * 8)}

    @contextmanager
    def _session(self, *, rw: bool = False) -> Iterator[pkcs11.Session]:
        try:
            with self._guard:
                token = pkcs11.lib(self._library).get_token(token_label=self._token)
                with token.open(rw=rw, user_pin=self._pin.reveal_text()) as session:
                    yield session
        except (PKCS11Error, RuntimeError, OSError) as error:
            raise StartError(_words(error, self._token, self._library)) from None

    def _find(self, session: pkcs11.Session) -> Any:
        return session.get_key(ObjectClass.SECRET_KEY, KeyType.AES, label=self._key)

    def _make(self, session: pkcs11.Session) -> None:
        try:
            key = self._find(session)
        except pkcs11.NoSuchKey:
            hidden = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.MODIFIABLE: False}
            key = session.generate_key(KeyType.AES, _KEY_BITS, label=self._key, store=True, template=hidden)
        if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
            raise StartError(
                f"the key {self._key} can be read from the token: name another, which Locum then makes"
            )


def _words(error: Exception, token: str, library: str) -> str:
    """What is wrong, for the operator. The exceptions of the library have names and seldom words."""
    if isinstance(error, pkcs11.PinIncorrect | pkcs11.PinLenRange | pkcs11.PinInvalid):
        return f"the PIN of the token {token} is wrong"
    if isinstance(error, pkcs11.PinLocked):
        return f"the token {token} is locked after too many wrong PINs"
    if isinstance(error, pkcs11.NoSuchToken):
        return f"there is no token {token}"
    if isinstance(error, pkcs11.NoSuchKey):
        return f"the token {token} does not hold the key that the root key file names"
    if isinstance(error, PKCS11Error) and type(error) is not PKCS11Error:  # that one comes from loading
        return f"the token {token} refused: {type(error).__name__}"
    return f"the PKCS#11 library {library} can't be loaded"


def _taken_apart(uri: str) -> tuple[str, str, str, str | None]:
    """(library, token, key, PIN's file). Raises StartError; nothing of the query is echoed, it may hold a PIN."""
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    told: dict[str, str] = {}
    for part in [*path.split(";"), *query.split("&")]:
        name, _, value = part.partition("=")
        told[name] = unquote(value)
    if "pin-value" in told:
        raise StartError("a PIN does not belong into the URI, which is kept: use pin-source=FILE, or be asked")
    missing = {"token", "object", "module-path"} - {name for name, value in told.items() if value}
    if missing or any(character.isspace() for character in uri) or not uri.isascii():
        raise StartError("a token is named by pkcs11:token=NAME;object=KEY?module-path=LIBRARY (RFC 7512)")
    source = told.get("pin-source")
    return told["module-path"], told["token"], told["object"], source.removeprefix("file:") if source else None


def _pin_from(file: str) -> Secret:
    try:
        return Secret(Path(file).read_bytes().rstrip(b"\n"))
    except OSError as error:
        raise StartError(f"can't read the PIN from {file}: {error.strerror}") from None
