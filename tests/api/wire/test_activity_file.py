"""An activity's file on the wire: what makes it one is needed, the rest is as with an activity made by hand."""

from __future__ import annotations

import msgspec
import pytest

from locum.api.wire import activity_file as wire


def test_what_is_absent_is_as_usual() -> None:
    read = msgspec.json.decode(b'{"format": "f", "version": 1, "platform": "linux"}', type=wire.ActivityFileIn)
    assert (read.type, read.login, read.create_account, read.before) == (
        "interactive",
        "activity_identity",
        True,
        [],
    )


def test_a_file_says_what_it_is() -> None:
    with pytest.raises(msgspec.ValidationError, match="version"):
        msgspec.json.decode(b'{"format": "f", "platform": "linux"}', type=wire.ActivityFileIn)
