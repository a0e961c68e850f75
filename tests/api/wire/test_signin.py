"""What goes over the wire while somebody signs in."""

from __future__ import annotations

import pytest

from contract.comparison import model_differences
from locum.api.reading import FieldErrors, read, reader_of
from locum.api.wire.signin import MfaRegister, MfaSeed, SignInBody
from locum.vault.secret import Secret


@pytest.mark.parametrize("shape", [MfaSeed, MfaRegister])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


@pytest.mark.parametrize("names", [("Login", "Password"), ("login", "password"), ("LOGIN", "passWord")])
def test_names_in_any_case_and_the_password_wrapped(names: tuple[str, str]) -> None:
    given = read(reader_of(SignInBody), dict(zip(names, ("DOM\\ann", "pw-4c1e"), strict=True)))
    assert given == SignInBody(login="DOM\\ann", password=Secret("pw-4c1e"))
    assert "pw-4c1e" not in repr(given)


def test_both_are_needed() -> None:
    with pytest.raises(FieldErrors) as caught:
        read(reader_of(SignInBody), {})
    assert list(caught.value.errors) == ["login", "password"]
