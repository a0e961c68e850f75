"""Settings: option before variable before file before default; a bad one is named and not quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from locum.kit.errors import StartError
from locum.kit.settings import FILE_NAME, load_settings, read_file, split_address, written

MAIL = 'mail_server = "localhost:25"\npublic_url = "https://l"\nmail_from = "a@b"\n'


def test_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locum.toml").write_text('https = "127.0.0.1:1"\nssh = "127.0.0.1:2"\ndrain_timeout = 3\n')
    monkeypatch.setenv("LOCUM_HTTPS", "127.0.0.1:10")
    monkeypatch.setenv("LOCUM_SSH", "127.0.0.1:20")
    monkeypatch.setenv("LOCUM_TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.1")
    settings = load_settings(tmp_path, {"https": "127.0.0.1:100", "ssh": None})
    assert settings.https == "127.0.0.1:100"
    assert settings.ssh == "127.0.0.1:20"
    assert settings.drain_timeout == 3
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.0.2.1")
    assert settings.database == f"sqlite:///{tmp_path / 'locum.db'}"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('colour = "red"', "colour"),
        ('drain_timeout = "hunter2"', "drain_timeout"),
        ('https = "hunter2"', "--https"),
        ('https = "127.0.0.1:99999"', "--https"),
        ('public_url = "http://hunter2"', "--public-url"),
        ('tls_cert = "hunter2"', "--tls-key"),
        ('trusted_proxies = ["hunter2"]', "--trusted-proxies"),
        ("drain_timeout = -1", "--drain-timeout"),
        ("keep_mails = 0", "--keep-mails"),
        ("connections = 0", "--connections"),
        ("connections_per_person = 0", "--connections-per-person"),
        ("sessions_per_person = 0", "--sessions-per-person"),
        ("recordings_space = 0", "--recordings-space"),
        ('recordings_full = "hunter2"', "recordings_full"),
        ('recordings_archive = "hunter2"', "--recordings-archive"),
        ('recordings_archive_endpoint = "https://hunter2"', "need --recordings-archive"),
        ('recordings_archive = "s3://x"\nrecordings_archive_endpoint = "http://hunter2"', "https://"),
        ("hunter2", "locum.toml"),
        ('mail_server = "hunter2"', "--mail-server"),
        ('mail_server = "localhost:25"\npublic_url = "https://l"', "--mail-from"),
        ('mail_server = "localhost:25"\nmail_from = "a@b"', "--public-url"),
        (MAIL + 'mail_tls = "hunter2"', "mail_tls"),
        (MAIL.replace("a@b", "hunter2"), "--mail-from"),
        (MAIL + 'mail_alarm_to = "a@b, hunter2"', "--mail-alarm-to"),
        (MAIL + 'mail_user = "hunter2"', "--mail-password-file"),
        (MAIL + 'mail_tls = "none"\nmail_user = "hunter2"\nmail_password_file = "hunter2"', "without TLS"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "locum.toml").write_text(text)
    with pytest.raises(StartError) as refusal:
        load_settings(tmp_path, {})
    assert named in refusal.value.detail
    assert "\n" not in refusal.value.detail
    assert "hunter2" not in refusal.value.detail.replace(str(tmp_path), "")


def test_addresses() -> None:
    assert split_address("[::1]:6500", "--https") == ("::1", 6500)
    assert split_address("localhost:0", "--https") == ("localhost", 0)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    values = {
        "database_url": 'postgresql://a:"\\\n\x7f\x00é😀@db/locum',
        "trusted_proxies": ["10.0.0.0/8", "::1"],
        "drain_timeout": 2.5,
    }
    (tmp_path / FILE_NAME).write_text(written(values))
    assert read_file(tmp_path) == values
    assert read_file(tmp_path / "nowhere") == {}
