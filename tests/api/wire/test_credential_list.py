"""Rows of credentials on the wire."""

from __future__ import annotations

import msgspec

from locum.api.wire.base import encoder
from locum.api.wire.credential_list import CredentialResult, HostUser, ServiceAccountDetailsView


def test_a_row_has_no_place_for_a_secret() -> None:
    for model in (CredentialResult, ServiceAccountDetailsView):
        sent = msgspec.json.decode(encoder.encode(model()))
        assert not {"password", "privateKey", "passphrase"} & sent.keys()


def test_an_account_never_carries_a_hash() -> None:
    assert msgspec.json.decode(encoder.encode(HostUser()))["passwordHash"] is None
