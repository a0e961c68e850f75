"""The body that locks, and its echo."""

from __future__ import annotations

import msgspec

from locum.api.wire.live_session import LiveSessionRequest, LiveSessionRequestIn


def test_nothing_is_locked_unless_said() -> None:
    read = msgspec.json.decode(b"{}", type=LiveSessionRequestIn)
    assert (read.activity_session_ids, read.locked, read.lock_resource, read.lock_user) == (
        [],
        False,
        False,
        False,
    )


def test_the_echo_has_the_fields_of_the_body() -> None:
    assert set(LiveSessionRequestIn.__struct_fields__) == set(LiveSessionRequest.__struct_fields__) - {"id"}
