"""What is a mail address, and what must not get near a mail server."""

from __future__ import annotations

import pytest

from locum.kit.mail_address import mail_address


@pytest.mark.parametrize("text", ["bob@example.org", "a.b+c@x", "o'neil@mail.example.org", "x@127.0.0.1"])
def test_addresses(text: str) -> None:
    assert mail_address(text) == text
    assert mail_address(f" {text} ") == text


@pytest.mark.parametrize(
    "text",
    [None, "", "bob", "@x", "bob@", "a@b@c", "a b@c", "a@b, c@d", "<a@b>", '"a"@b', "a@b\r\nRCPT TO:<c@d>", "a@b\n",
     "a@b\t", "ä@b.c", "a@ä.c", ".a@b", "a.@b", "a..b@c", "a@b..c", "a@-b", "a@b-", "a@[::1]", "a" * 65 + "@b",
     "a@" + "b" * 260, "a@b\x00"],
)  # fmt: skip
def test_what_is_none(text: str | None) -> None:
    assert mail_address(text) is None
