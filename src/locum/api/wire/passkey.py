"""Passkeys on the wire: the JSON forms of W3C Web Authentication Level 3 (5.1.8 to 5.1.10), so that a page hands over
what the browser gave it and the other way round. Bytes are base64url without padding; members not named here are
ignored, as the standard wants."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from locum.api.wire.base import In, Name, Out, Time, at
from locum.identities.challenges import LIFETIME
from locum.identities.passkey_signin import EnrolmentOptions, Options
from locum.identities.passkeys import Passkey
from locum.identities.relying_party import ALGORITHMS, NAME, Assertion, Registration
from locum.kit.errors import Invalid

PATIENCE = int(LIFETIME.total_seconds() * 1000)  # ms that the browser may wait for a finger

# Characters. What real authenticators send is far shorter, but for a certificate chain that nobody asked for.
CredentialId = Annotated[str, Meta(min_length=1, max_length=1364)]
ClientData = Annotated[str, Meta(min_length=1, max_length=4096)]
AttestationBytes = Annotated[str, Meta(min_length=1, max_length=16384)]
Signed = Annotated[str, Meta(min_length=1, max_length=2048)]
UserHandle = Annotated[str, Meta(max_length=88)]

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


class RpEntity(Out):
    id: str
    name: str


class UserEntity(Out):
    id: str
    name: str
    display_name: str


class KeyParameters(Out):
    alg: int
    type: str = "public-key"


class Descriptor(Out):
    id: str
    type: str = "public-key"


class AuthenticatorSelection(Out):
    resident_key: str = "preferred"
    require_resident_key: bool = False
    user_verification: str = "preferred"


class CreationOptions(Out):
    """PublicKeyCredentialCreationOptionsJSON: for `PublicKeyCredential.parseCreationOptionsFromJSON`."""

    rp: RpEntity
    user: UserEntity
    challenge: str
    pub_key_cred_params: list[KeyParameters]
    exclude_credentials: list[Descriptor]
    authenticator_selection: AuthenticatorSelection
    timeout: int = PATIENCE
    attestation: str = "none"


class RequestOptions(Out):
    """PublicKeyCredentialRequestOptionsJSON: for `PublicKeyCredential.parseRequestOptionsFromJSON`."""

    challenge: str
    rp_id: str
    allow_credentials: list[Descriptor]
    user_verification: str
    timeout: int = PATIENCE


class AttestationResponse(In):
    client_data: ClientData = msgspec.field(name="clientDataJSON")
    attestation_object: AttestationBytes


class RegistrationIn(In):
    """RegistrationResponseJSON, as `PublicKeyCredential.toJSON()` gives it."""

    response: AttestationResponse


class PasskeyIn(In):
    """A new passkey, and what its owner calls it."""

    name: Name
    credential: RegistrationIn


class AssertionResponse(In):
    client_data: ClientData = msgspec.field(name="clientDataJSON")
    authenticator_data: Signed
    signature: Signed
    user_handle: UserHandle | None = None


class AssertionIn(In):
    """AuthenticationResponseJSON, as `PublicKeyCredential.toJSON()` gives it."""

    id: CredentialId
    response: AssertionResponse


class PasskeyName(In):
    name: Name


class PasskeyId(In):
    passkey_id: UUID


class PasskeyOut(Out):
    """One passkey. `backedUp`: it is kept in several places, as phones and password managers do."""

    id: UUID
    name: str
    created_at: Time
    last_used_at: Time | None
    backed_up: bool


class PasskeyEnrolled(Out):
    """The new passkey. With the first second factor come recovery codes, shown this once; the token, if the sign-in
    was waiting for it."""

    passkey: PasskeyOut
    recovery_codes: list[str] | None = None
    token: str | None = None


def creation_options(options: EnrolmentOptions) -> CreationOptions:
    """What `navigator.credentials.create` is given."""
    return CreationOptions(
        rp=RpEntity(id=options.relying_party.id, name=NAME),
        user=UserEntity(id=_text(options.identity_id.bytes), name=options.name, display_name=options.display_name),
        challenge=_text(options.challenge),
        pub_key_cred_params=[KeyParameters(alg=alg) for alg in ALGORITHMS],
        exclude_credentials=_descriptors(options),
        authenticator_selection=AuthenticatorSelection(),
    )


def request_options(options: Options, *, user_verification: str) -> RequestOptions:
    """What `navigator.credentials.get` is given."""
    return RequestOptions(
        challenge=_text(options.challenge),
        rp_id=options.relying_party.id,
        allow_credentials=_descriptors(options),
        user_verification=user_verification,
    )


def registration(sent: RegistrationIn) -> Registration:
    """The bytes that were sent. Raises Invalid where they are not base64url."""
    return Registration(
        client_data=_bytes(sent.response.client_data, "clientDataJSON"),
        attestation_object=_bytes(sent.response.attestation_object, "attestationObject"),
    )


def assertion(sent: AssertionIn) -> Assertion:
    """The bytes that were sent. Raises Invalid where they are not base64url."""
    response = sent.response
    return Assertion(
        credential_id=_bytes(sent.id, "id"),
        client_data=_bytes(response.client_data, "clientDataJSON"),
        authenticator_data=_bytes(response.authenticator_data, "authenticatorData"),
        signature=_bytes(response.signature, "signature"),
        user_handle=_bytes(response.user_handle, "userHandle") if response.user_handle else None,
    )


def shown(row: Passkey) -> PasskeyOut:
    """A passkey as its owner sees it."""
    return PasskeyOut(
        id=row.id,
        name=row.name,
        created_at=Time(row.created_at),
        last_used_at=at(row.last_used_at),
        backed_up=row.backed_up,
    )


def _descriptors(options: Options) -> list[Descriptor]:
    return [Descriptor(id=_text(credential_id)) for credential_id in options.credentials]


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str, field: str) -> bytes:
    try:
        if _BASE64URL.fullmatch(text):
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        pass
    raise Invalid(f"{field} must be base64url without padding", field=field)
