"""One mail past the queue, or a line that says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from locum.kit.errors import Invalid
from locum.kit.settings import Settings
from locum.main.mail_test import send
from mail_server import SENDER, mail_server


def test_one_line_either_way(tmp_path: Path) -> None:
    with mail_server(tmp_path, with_user=False) as post:
        where = f"localhost:{post.server.port}"
        settings = Settings(data_dir=tmp_path, mail_server=where, mail_from=SENDER, mail_ca=post.ca)
        assert send(settings, "bob@example.org") == (True, f"{where} has taken a mail to bob@example.org")
        assert [mail["To"] for mail in post.taken] == ["bob@example.org"]
        post.refused = {"gone@example.org": "550 gone"}
        assert send(settings, "gone@example.org") == (
            False,
            "not sent: the mail server refused the recipient (550)",
        )
        for bad in ("bob", "bob@example.org\r\nBcc: x@y", ""):
            with pytest.raises(Invalid, match="not a mail address"):
                send(settings, bad)
    with pytest.raises(Invalid, match="--mail-server"):
        send(Settings(data_dir=tmp_path), "bob@example.org")
