"""Managed users on the wire."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.api.wire.base import encoder
from locum.api.wire.managed_user import ManagedUser, ManagedUserIn


def test_nothing_of_a_secret_is_in_it() -> None:
    shown = msgspec.json.decode(encoder.encode(ManagedUser(id=UUID(int=1))))
    assert shown["passwordStatus"] == 0
    assert shown["createdDateTimeUtc"] == "0001-01-01T00:00:00.000Z"
    assert "password" not in shown


def test_automatic_is_what_is_meant() -> None:
    body = msgspec.json.decode(b'{"managedResourceId":"00000000-0000-0000-0000-000000000001"}', type=ManagedUserIn)
    assert body.managed_type == 2
