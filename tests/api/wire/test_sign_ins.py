"""Sign-ins on the wire."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from locum.api.wire.base import encoder
from locum.api.wire.sign_ins import CurrentSignIn, SignInEntry, SignInsEnded
from locum.identities.signins import SignInRow

NOW = dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC)


def test_an_entry_is_a_row_of_the_list() -> None:
    row = SignInRow(UUID(int=1), "passkey", "192.0.2.1", None, NOW, NOW, NOW, None)
    shown = msgspec.json.decode(encoder.encode(SignInEntry.from_row(row)))
    assert shown["method"] == "passkey"
    assert (shown["startedAt"], shown["endedAt"]) == ("2026-03-04T05:06:07.000Z", None)
    assert "cookie" not in str(shown).lower()


def test_the_current_one_and_the_ended() -> None:
    current = CurrentSignIn(
        id=None, identity_id=UUID(int=1), name="ada", roles=["User"], permissions=[], idle_minutes=10, ends_at=None
    )
    assert msgspec.json.decode(encoder.encode(current))["idleMinutes"] == 10
    assert encoder.encode(SignInsEnded(ended=2)) == b'{"ended":2}'
