"""What a sign-in reads and answers."""

from __future__ import annotations

import msgspec
import pytest

from locum.api.reading import FieldErrors, read, reader_of
from locum.api.wire.base import encoder
from locum.api.wire.signin import Factors, MfaRegister, RecoveryCodes, SignInBody, TotpConfirmed, TotpSeed
from locum.vault.secret import Secret


def test_names_match_in_any_case() -> None:
    for sent in ({"Login": "ada", "Password": "x"}, {"login": "ada", "PASSWORD": "x"}):
        found = read(reader_of(SignInBody), sent)
        assert (found.login, found.password) == ("ada", Secret("x"))


def test_a_password_is_never_shown() -> None:
    found = read(reader_of(SignInBody), {"login": "ada", "password": "canary"})
    assert "canary" not in repr(found)
    with pytest.raises(TypeError):
        encoder.encode(found)


def test_limits() -> None:
    for sent in ({"login": "a" * 257, "password": "x"}, {"login": "ada", "password": "x" * 20_000}):
        with pytest.raises(FieldErrors):
            read(reader_of(SignInBody), sent)
    with pytest.raises(FieldErrors):
        read(reader_of(MfaRegister), {"code": "1" * 65})


def test_answers() -> None:
    seed = TotpSeed(shared_key="A", authenticator_uri="otpauth://totp/x", qr_code="data:")
    shown = {"sharedKey": "A", "authenticatorUri": "otpauth://totp/x", "qrCode": "data:"}
    assert msgspec.json.decode(encoder.encode(seed)) == shown
    assert msgspec.json.decode(encoder.encode(RecoveryCodes(recovery_codes=["a"]))) == {"recoveryCodes": ["a"]}
    factors = Factors(required=True, totp=False, passkeys=2, recovery_codes_left=9)
    shown = {"required": True, "totp": False, "passkeys": 2, "recoveryCodesLeft": 9}
    assert msgspec.json.decode(encoder.encode(factors)) == shown
    done = TotpConfirmed(recovery_codes=["a"], token="t")
    assert msgspec.json.decode(encoder.encode(done)) == {"recoveryCodes": ["a"], "token": "t"}
