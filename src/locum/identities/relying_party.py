"""The relying party's side of WebAuthn (W3C Web Authentication Level 3, 7.1 and 7.2), as far as it needs no database.

What comes in is a stranger's bytes. They are looked at in two steps: their form, then what they prove. The library
makes buffers of a length that is given to it where it expects bytes, so the types are checked before it sees them.
Attestation is not asked for: which make of authenticator somebody carries is their own business.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)

from locum.kit.errors import StartError

NAME: Final = "Locum"
# COSE names of EdDSA, ES256 and RS256, best first: the three that the standard recommends to offer.
ALGORITHMS: Final = (-8, -7, -257)
LONGEST_ID = 1023  # bytes, by the standard
LONGEST_KEY = 1024  # bytes, as wide as its column

# Everything that parsing hostile bytes is known to raise.
_MALFORMED = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
    struct.error,
    UnsupportedAlgorithm,
)


class NotProven(Exception):
    """The answer of an authenticator does not hold. `reason` never has anything of what was sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Registration:
    """A new credential as the browser hands it over."""

    client_data: bytes
    attestation_object: bytes


@dataclass(frozen=True, slots=True)
class Assertion:
    """A challenge signed with a credential. `user_handle` is there if the authenticator knew whose it is."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    user_handle: bytes | None


@dataclass(frozen=True, slots=True)
class Credential:
    """What to keep of a registered credential. `public_key` is a COSE key in CBOR."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a verified assertion says about its authenticator."""

    sign_count: int
    backed_up: bool


class _ClientData(msgspec.Struct):
    type: str
    challenge: str
    origin: str
    crossOrigin: bool = False


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks for passkeys: the domain they belong to, and the origins whose pages may use them."""

    id: str
    origins: tuple[str, ...]

    def challenge_of(self, client_data: bytes) -> bytes:
        """The challenge that was answered, before anything is proven. Raises NotProven."""
        return _client_data(client_data).challenge

    def verify_registration(self, sent: Registration) -> Credential:
        """Everything but the challenge, which is the caller's to check. Raises NotProven."""
        client_data = _client_data(sent.client_data)
        try:
            attestation = _attestation(sent.attestation_object)
            answer = RegistrationResponse(
                raw_id=b"",
                response=AuthenticatorAttestationResponse(client_data=client_data, attestation_object=attestation),
            )
        except _MALFORMED:
            raise NotProven("the attestation object is malformed") from None
        try:
            data = self._server().register_complete(_state(client_data, verified=False), answer)
        except _MALFORMED as error:
            raise NotProven(_reason(error)) from None
        made = data.credential_data
        if made is None:
            raise AssertionError("an attestation without a credential is malformed")
        return Credential(
            _fitting(made.credential_id, LONGEST_ID),
            _usable_key(made.public_key),
            data.counter,
            _backed_up(data),
        )

    def verify_assertion(self, public_key: bytes, sent: Assertion, *, user_verified: bool) -> Asserted:
        """Everything but challenge, owner and counter, which are the caller's to check. Raises NotProven.

        `user_verified`: the authenticator must say that it knows its owner, by PIN, finger or face.
        """
        client_data = _client_data(sent.client_data)
        known = AttestedCredentialData.create(Aaguid.NONE, sent.credential_id, _key(public_key))
        try:
            data = AuthenticatorData(sent.authenticator_data)
            answer = AuthenticationResponse(
                raw_id=sent.credential_id,
                response=AuthenticatorAssertionResponse(
                    client_data=client_data, authenticator_data=data, signature=sent.signature
                ),
            )
        except _MALFORMED:
            raise NotProven("the authenticator data is malformed") from None
        try:
            self._server().authenticate_complete(_state(client_data, verified=user_verified), [known], answer)
        except _MALFORMED as error:
            raise NotProven(_reason(error)) from None
        return Asserted(data.counter, _backed_up(data))

    def _server(self) -> Fido2Server:
        entity = PublicKeyCredentialRpEntity(id=self.id, name=NAME)
        return Fido2Server(entity, verify_origin=lambda origin: origin in self.origins)


def relying_party(public_url: str | None, port: int) -> RelyingParty:
    """The relying party of an installation that people reach at `public_url`, or on this machine at `port`.

    Raises StartError if the URL has no host.
    """
    url = public_url or f"https://localhost:{port}"
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        at = parts.port or 443
    except ValueError:
        host, at = "", 0
    if not host:
        raise StartError("--public-url must name a host, as https://locum.example.org does")
    shown = f"[{host}]" if ":" in host else host
    return RelyingParty(host, (f"https://{shown}" if at == 443 else f"https://{shown}:{at}",))


def _client_data(sent: bytes) -> CollectedClientData:
    """RFC 8259 text in UTF-8 with the fields that matter. Raises NotProven."""
    try:
        seen = msgspec.convert(json.loads(sent.decode()), _ClientData)
        found = CollectedClientData(sent)
    except _MALFORMED:
        raise NotProven("the client data is malformed") from None
    if seen.crossOrigin:
        raise NotProven("the passkey was used inside another site's page")
    return found


def _attestation(sent: bytes) -> AttestationObject:
    found = cbor.decode(sent)
    if not isinstance(found, dict) or type(found.get("authData")) is not bytes:
        raise ValueError("no authenticator data")
    attestation = AttestationObject(sent)
    if attestation.auth_data.credential_data is None:
        raise ValueError("no credential")
    return attestation


def _fitting(value: bytes, longest: int) -> bytes:
    if not 1 <= len(value) <= longest:
        raise NotProven("the credential's id or key is longer than the standard allows")
    return value


def _usable_key(key: CoseKey) -> bytes:
    """The key to keep. One that can't verify anything is found out now, not at the first sign-in."""
    if key.get(3) not in ALGORITHMS:
        raise NotProven("the credential's algorithm is not one that was asked for")
    try:
        key.verify(b"", b"")
    except InvalidSignature:
        return _fitting(cbor.encode(key), LONGEST_KEY)
    except _MALFORMED:
        pass
    raise NotProven("the credential's key can't be used")


def _key(public_key: bytes) -> CoseKey:
    found = cbor.decode(public_key)
    if not isinstance(found, dict):
        raise AssertionError("a stored key was checked when it was registered")
    return CoseKey.parse(found)


def _backed_up(data: AuthenticatorData) -> bool:
    if data.is_backed_up() and not data.is_backup_eligible():
        raise NotProven("the credential says that it is backed up and that it can't be")
    return data.is_backed_up()


def _state(client_data: CollectedClientData, *, verified: bool) -> dict[str, str]:
    wanted = UserVerificationRequirement.REQUIRED if verified else UserVerificationRequirement.PREFERRED
    return {"challenge": websafe_encode(client_data.challenge), "user_verification": wanted}


def _reason(error: BaseException) -> str:
    """The library's own words where they are fixed ones: its checks raise ValueError itself."""
    return str(error) if type(error) is ValueError else "the credential's key can't be used"
