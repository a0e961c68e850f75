"""Recordings on the wire."""

from __future__ import annotations

import msgspec

from locum.api.wire.base import encoder
from locum.api.wire.recording import Recording


def test_an_open_end_is_null() -> None:
    sent = msgspec.json.decode(encoder.encode(Recording()))
    assert sent["endDateTimeUtc"] is None
    assert sent["startDateTimeUtc"].startswith("0001-01-01")
