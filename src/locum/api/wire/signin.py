"""What goes over the wire while somebody signs in."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from locum.api.wire.base import In, Name, Out
from locum.vault.secret import Secret


class SignInBody(In):
    """The contract has no page for this body; its sample scripts send `Login` and `Password`."""

    login: Name
    password: Secret


class TotpSeed(Out):
    """The contract's MfaSeed, the secret for an authenticator app to type in and as an `otpauth://` URI, and `qrCode`:
    a picture of the URI to scan, as a `data:` URI of a PNG."""

    shared_key: str
    authenticator_uri: str
    qr_code: str


class MfaRegister(In):
    """A code of the secret, which proves that the app has it."""

    __contract__ = "SbPAM.Models.MfaRegister"

    code: Annotated[str, Meta(max_length=64)]


class RecoveryCodes(Out):
    """New recovery codes, which are shown this once."""

    recovery_codes: list[str]


class Factors(Out):
    """What the caller has besides the password. `passkeys` counts them."""

    required: bool
    totp: bool
    passkeys: int
    recovery_codes_left: int


class TotpConfirmed(Out):
    """The token of the sign-in this completes, and the recovery codes, which are shown this once."""

    recovery_codes: list[str]
    token: str
