"""Kept secrets on the wire."""

from __future__ import annotations

import msgspec

from locum.api.wire.base import encoder
from locum.api.wire.secret import KeptSecret, SecretVersion


def test_only_a_value_has_a_place_for_content() -> None:
    for model in (KeptSecret, SecretVersion):
        assert not {"content", "text"} & msgspec.json.decode(encoder.encode(model())).keys()
