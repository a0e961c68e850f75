"""Reviewers on the wire."""

from __future__ import annotations

import pytest

from contract.comparison import model_differences
from locum.api.reading import FieldErrors, read, reader_of
from locum.api.wire.managed_account import ManagedAccountOrGroupIdIn
from locum.api.wire.reviewer import ManagedAccountAndCollectionsView


def test_it_has_the_fields_of_the_contract() -> None:
    assert model_differences(ManagedAccountAndCollectionsView) == []


def test_an_id_is_needed() -> None:
    with pytest.raises(FieldErrors, match="id is required"):
        read(reader_of(ManagedAccountOrGroupIdIn), {"entityType": 4})
