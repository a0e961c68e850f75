"""Mail templates on the wire: what is absent is told from null, and nothing longer than its column comes in."""

from __future__ import annotations

import msgspec
import pytest

from locum.api.wire import mail_template as wire


def test_absent_is_not_null() -> None:
    read = msgspec.json.decode(b'{"description": null}', type=wire.MailTemplateIn)
    assert read.description is None
    assert read.subject is msgspec.UNSET


def test_a_long_subject_does_not_come_in() -> None:
    body = msgspec.json.encode({"subject": "x" * 201, "text": "t"})
    with pytest.raises(msgspec.ValidationError, match="200"):
        msgspec.json.decode(body, type=wire.MailWordingIn)
