"""Over SMTP to a real server: TLS holds, a password goes through it alone, and every failure has words of our own."""

from __future__ import annotations

import datetime as dt
import socket
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from demo.installation import free_port

from locum.kit.errors import StartError
from locum.kit.settings import Settings
from locum.notices import smtp
from locum.notices.format import message
from locum.notices.smtp import NotDelivered, deliver, mail_server
from mail_server import PASSWORD, SENDER, USER
from mail_server import mail_server as running

pytestmark = pytest.mark.anyio


def a_mail(address: str = "bob@example.org") -> EmailMessage:
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return message(sender=SENDER, address=address, subject="s", body="b\n.\n", message_id="<1@example.org>", at=at)


async def refused(server: smtp.MailServer, mail: EmailMessage | None = None) -> NotDelivered:
    with pytest.raises(NotDelivered) as refusal:
        await deliver(server, mail or a_mail())
    assert PASSWORD not in refusal.value.words
    return refusal.value


@pytest.mark.parametrize(
    ("tls", "with_user"), [("none", False), ("starttls", True), ("tls", True), ("tls", False)]
)
async def test_it_arrives(tmp_path: Path, tls: str, with_user: bool) -> None:
    with running(tmp_path, tls, with_user=with_user) as post:  # type: ignore[arg-type]
        await deliver(post.server, a_mail())
    (mail,) = post.taken
    assert (mail["To"], mail["Message-ID"]) == ("bob@example.org", "<1@example.org>")
    assert mail.get_content().splitlines() == ["b", "."]
    assert [data.login.decode() for data in post.signed_in] == [USER] * with_user


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_sec_10_a_certificate_that_does_not_hold_gets_nothing(tmp_path: Path, tls: str) -> None:
    with running(tmp_path / "one", tls) as post, running(tmp_path / "other", tls) as other:  # type: ignore[arg-type]
        for wrong in (replace(post.server, ca=None), replace(post.server, ca=other.ca)):
            assert "certificate" in (await refused(wrong)).words
        assert (post.taken, post.signed_in) == ([], [])
    with running(tmp_path / "third", tls, names=("mail.example.org",)) as post:  # type: ignore[arg-type]
        assert "certificate" in (await refused(post.server)).words
        assert (post.taken, post.signed_in) == ([], [])


async def test_a_password_goes_through_tls_alone(tmp_path: Path) -> None:
    """Somebody in between takes STARTTLS out of the server's answer: nothing is sent then, not even the mail."""
    with running(tmp_path, "none") as post:
        assert "STARTTLS" in (await refused(replace(post.server, tls="starttls"))).words
        assert "without TLS" in (await refused(post.server)).words
    assert (post.taken, post.signed_in) == ([], [])


async def test_answers_have_words_and_say_whether_trying_again_is_of_use(tmp_path: Path) -> None:
    with running(tmp_path) as post:
        post.refused = {"gone@example.org": f"550 {PASSWORD}", "later@example.org": "451 later"}
        for address, code, final in (("gone@example.org", 550, True), ("later@example.org", 451, False)):
            refusal = await refused(post.server, a_mail(address))
            assert (refusal.words, refusal.final) == (f"the mail server refused the recipient ({code})", final)
        for answer, final in (("554 spam", True), ("452 full", False)):
            post.refusing_all = answer
            refusal = await refused(post.server)
            assert (refusal.words, refusal.final) == (f"the mail server refused the mail ({answer[:3]})", final)
        wrong = tmp_path / "wrong"
        wrong.write_text("not it")
        refusal = await refused(replace(post.server, password_file=wrong))
        assert refusal.words == "the mail server refused the user name and password (535)"
        assert not refusal.final
        assert "--mail-password-file" in (await refused(replace(post.server, password_file=tmp_path / "no"))).words


async def test_servers_that_are_away_hang_or_die(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "ANSWER_S", 1.0)
    with running(tmp_path) as post:
        assert (await refused(replace(post.server, port=free_port()))).words == "the mail server can't be reached"
        post.dies = True
        assert (await refused(post.server)).words == "the mail server closed the connection"
        post.dies, post.hangs = False, True
        assert (await refused(post.server)).words == "the mail server did not answer in time"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = replace(post.server, port=silent.getsockname()[1])
        assert (await refused(mute)).words == "the mail server did not answer in time"
        assert "did not answer" in (await refused(replace(mute, tls="tls"))).words


def test_settings_become_a_server(tmp_path: Path) -> None:
    assert mail_server(Settings(data_dir=tmp_path)) is None
    password = tmp_path / "password"
    settings = Settings(data_dir=tmp_path, mail_server="[::1]:25", mail_from=SENDER, mail_user="u",
                        mail_password_file=password)  # fmt: skip
    server = mail_server(settings)
    assert server is not None
    assert (server.host, server.port, server.tls) == ("::1", 25, "starttls")
    with pytest.raises(StartError, match="--mail-password-file"):
        server.check()
    password.write_text("secret\n")
    server.check()
    assert server.password().reveal_text() == "secret"
    with pytest.raises(StartError, match="--mail-ca"):
        replace(server, ca=password).check()
