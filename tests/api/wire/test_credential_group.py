"""Credential groups on the wire."""

from __future__ import annotations

import pytest

from contract.comparison import model_differences
from locum.api.wire.credential_group import CredentialGroup, CredentialGroupIn, CredentialJoin


@pytest.mark.parametrize("shape", [CredentialGroup, CredentialGroupIn, CredentialJoin])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []
