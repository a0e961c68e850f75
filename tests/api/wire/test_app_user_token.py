"""What an application sends for a token."""

from __future__ import annotations

import pytest

from locum.api.reading import FieldErrors, read, reader_of
from locum.api.wire.app_user_token import AppUserTokenIn


def test_all_three_are_needed_and_the_key_is_not_shown() -> None:
    sent = {"Login": "inventory", "PASSWORD": "canary", "certificateserialnumber": "0A"}
    found = read(reader_of(AppUserTokenIn), sent)
    assert (found.login, found.certificate_serial_number) == ("inventory", "0A")
    assert "canary" not in repr(found)
    for name in sent:
        with pytest.raises(FieldErrors) as refused:
            read(reader_of(AppUserTokenIn), {**sent, name: None})
        assert "canary" not in refused.value.detail
