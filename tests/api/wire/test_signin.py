"""What a sign-in reads and answers."""

from __future__ import annotations

import msgspec
import pytest

from locum.api.reading import FieldErrors, read, reader_of
from locum.api.wire.base import encoder
from locum.api.wire.signin import MfaRegister, MfaSeed, SignInBody, TotpConfirmed
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
    seed = MfaSeed(shared_key="A", authenticator_uri="otpauth://totp/x")
    assert msgspec.json.decode(encoder.encode(seed)) == {"sharedKey": "A", "authenticatorUri": "otpauth://totp/x"}
    done = TotpConfirmed(recovery_codes=["a"], token="t")
    assert msgspec.json.decode(encoder.encode(done)) == {"recoveryCodes": ["a"], "token": "t"}
