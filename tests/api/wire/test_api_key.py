"""API keys on the wire."""

from __future__ import annotations

import pytest

from locum.api.reading import FieldErrors, read, reader_of
from locum.api.wire.api_key import ApiKeyIn, NewApiKeyIn


def test_what_is_left_out_bounds_nothing() -> None:
    assert read(reader_of(ApiKeyIn), {}) == ApiKeyIn()
    assert read(reader_of(NewApiKeyIn), {"OVERLAPMINUTES": "5", "addresses": None}) == NewApiKeyIn(
        overlap_minutes=5
    )


def test_limits() -> None:
    for sent in ({"maxUses": 0}, {"overlapMinutes": -1}, {"name": "x" * 257}, {"addresses": "192.0.2.1"}):
        with pytest.raises(FieldErrors):
            read(reader_of(NewApiKeyIn), sent)
