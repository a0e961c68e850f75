"""Leases on the wire."""

from __future__ import annotations

import msgspec

from locum.api.wire.base import encoder
from locum.api.wire.lease import CheckOutIn, Lease, LeasedSecret

SECRETS = {"password", "privateKey", "passphrase", "enablePassword", "content"}


def test_a_lease_has_no_place_for_a_secret() -> None:
    sent = msgspec.json.decode(encoder.encode(Lease()))
    assert not SECRETS & sent.keys()
    assert msgspec.json.decode(encoder.encode(LeasedSecret())).keys() >= SECRETS


def test_an_hour_for_oneself_unless_told() -> None:
    assert (CheckOutIn().minutes, CheckOutIn().exclusive) == (60, True)
