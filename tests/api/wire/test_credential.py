"""Credentials on the wire."""

from __future__ import annotations

from uuid import UUID

import pytest

from contract.comparison import model_differences
from locum.api.reading import read, reader_of
from locum.api.wire.base import encoder
from locum.api.wire.credential import Credential, CredentialDto, CredentialIn
from locum.api.wire.enums import CredentialType
from locum.vault.secret import Secret


@pytest.mark.parametrize("shape", [Credential, CredentialDto, CredentialIn])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_secrets_come_in_wrapped() -> None:
    body = {"Username": "root", "Password": "pw-93ab", "privateKey": "key", "Type": "service", "salt": "x"}
    given = read(reader_of(CredentialIn), body)
    assert given.password == Secret("pw-93ab")
    assert given.private_key == Secret("key")
    assert given.type is CredentialType.SERVICE
    assert "pw-93ab" not in repr(given)


def test_server_owned_fields_are_not_read() -> None:
    body = {"id": str(UUID(int=7)), "isDeleted": True, "nodeId": str(UUID(int=7)), "createdDateTimeUtc": "x"}
    assert read(reader_of(CredentialIn), body) == CredentialIn()


def test_a_secret_has_no_way_out() -> None:
    with pytest.raises(TypeError):
        encoder.encode(CredentialIn(password=Secret("pw-93ab")))
