"""An authenticator in software, for tests only: it keeps its keys in memory and verifies its owner when it is told to.

It answers the options of the API as a browser with a security key would: ES256 or Ed25519, attestation "none", flags
for presence, verification and backup, and a counter that can be turned back. What it says can be bent before it signs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from fido2 import cbor
from fido2.cose import ES256, CoseKey, EdDSA

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40

Json = dict[str, Any]


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def data(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass
class SoftwareAuthenticator:
    """One credential. `step` is what each use adds to the counter; 0 for one that does not count."""

    algorithm: Literal["ES256", "EdDSA"] = "ES256"
    origin: str = "https://locum.test"
    rp_id: str = "locum.test"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    step: int = 1
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes = b""

    def __post_init__(self) -> None:
        self._key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = (
            ec.generate_private_key(ec.SECP256R1())
            if self.algorithm == "ES256"
            else ed25519.Ed25519PrivateKey.generate()
        )

    def public_key(self) -> CoseKey:
        kind = ES256 if self.algorithm == "ES256" else EdDSA
        return kind.from_cryptography_key(self._key.public_key())

    def create(self, options: Json, *, key: Any = None, **bent: Any) -> Json:
        """RegistrationResponseJSON for creation options. `key` takes the place of the public key."""
        self.user_handle = data(options["user"]["id"])
        known = cbor.encode(self.public_key() if key is None else key)
        credential = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + known
        attestation = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._authenticator_data(self.flags | ATTESTED) + credential,
        }
        return self._answer(
            clientDataJSON=text(self._client_data("webauthn.create", options, bent)),
            attestationObject=text(cbor.encode(attestation)),
        )

    def get(self, options: Json, **bent: Any) -> Json:
        """AuthenticationResponseJSON for request options; `bent` takes the place of members of the client data."""
        self.counter += self.step
        client_data = self._client_data("webauthn.get", options, bent)
        signed = self._authenticator_data(self.flags)
        return self._answer(
            clientDataJSON=text(client_data),
            authenticatorData=text(signed),
            signature=text(self._sign(signed + hashlib.sha256(client_data).digest())),
            userHandle=text(self.user_handle),
        )

    def _answer(self, **response: str) -> Json:
        return {
            "id": text(self.credential_id),
            "rawId": text(self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }

    def _client_data(self, kind: str, options: Json, bent: Json) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps({**said, **bent}).encode()

    def _authenticator_data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _sign(self, message: bytes) -> bytes:
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))
