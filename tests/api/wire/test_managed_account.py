"""People and applications on the wire."""

from __future__ import annotations

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.reading import FieldErrors, read, reader_of
from locum.api.wire.base import encoder
from locum.api.wire.managed_account import (
    Counts,
    CreateLocalUserRequestIn,
    LocalUserPasswordChangeRequestIn,
    ManagedAccountInfo,
    ManagedAccountOrGroupIdIn,
    ManagedAccountView,
    ManagedAccountViewIn,
)
from locum.vault.secret import Secret


@pytest.mark.parametrize(
    "shape",
    [
        Counts,
        CreateLocalUserRequestIn,
        LocalUserPasswordChangeRequestIn,
        ManagedAccountInfo,
        ManagedAccountOrGroupIdIn,
        ManagedAccountView,
        ManagedAccountViewIn,
    ],
)
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_a_view_sent_back_sets_names_only() -> None:
    sent = msgspec.json.decode(encoder.encode(ManagedAccountView(name="ann", locked=True, is_reviewer=True)))
    assert read(reader_of(ManagedAccountViewIn), sent) == ManagedAccountViewIn(
        name="ann"
    )  # and its id, if it has one


def test_a_local_user_needs_both_parts() -> None:
    with pytest.raises(FieldErrors) as caught:
        read(reader_of(CreateLocalUserRequestIn), {"changePasswordNextLogin": True})
    assert list(caught.value.errors) == ["managedAccountView", "localUserPasswordChangeRequest"]


def test_passwords_come_in_wrapped() -> None:
    body = {"managedAccountView": {"name": "ann"}, "localUserPasswordChangeRequest": {"PasswordNew": "pw-5"}}
    given = read(reader_of(CreateLocalUserRequestIn), body)
    assert given.local_user_password_change_request.password_new == Secret("pw-5")
    assert given.change_password_next_login is False
