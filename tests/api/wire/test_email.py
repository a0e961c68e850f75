"""A mail of the queue on the wire."""

from __future__ import annotations

import msgspec

from locum.api.wire.base import encoder
from locum.api.wire.email import Email


def test_it_has_no_text() -> None:
    sent = msgspec.json.decode(encoder.encode(Email(to_address="a@b", state="sent", was_sent=True)))
    assert (sent["toAddress"], sent["state"], sent["wasSent"]) == ("a@b", "sent", True)
    assert not any("body" in name.lower() for name in sent)
