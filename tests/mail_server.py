"""A real mail server on this machine (aiosmtpd), with STARTTLS, TLS or neither, and a sign-in where wanted."""

from __future__ import annotations

import asyncio
import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from demo.installation import free_port

from locum.main.tls import ca_certificate, ensure_leaf, make_ca
from locum.notices.smtp import MailServer

SENDER, USER, PASSWORD = "locum@example.org", "locum", "canary-5f02-password"


@dataclass
class Post:
    """What the server does and has seen. `refused` has the answer to each address that it does not take."""

    server: MailServer
    ca: Path
    refused: dict[str, str] = field(default_factory=dict)
    refusing_all: str | None = None
    hangs: bool = False
    dies: bool = False
    taken: list[EmailMessage] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    signed_in: list[Any] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if self.hangs:
            await asyncio.sleep(3600)
        if self.refusing_all:
            return self.refusing_all
        if self.dies:
            server.transport.abort()
            return "250 never heard"
        self.lines += envelope.content.split(b"\r\n")
        read = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(read, EmailMessage)
        assert envelope.rcpt_tos == [read["To"]]
        self.taken.append(read)
        return "250 taken"

    def authenticate(self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.signed_in.append(data)
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)  # else it would give no answer to a wrong one


@contextmanager
def mail_server(
    folder: Path,
    tls: Literal["none", "starttls", "tls"] = "starttls",
    *,
    with_user: bool = True,
    names: tuple[str, ...] = ("localhost", "127.0.0.1"),
) -> Iterator[Post]:
    """Runs in a thread of its own; `post.server` is how Locum reaches it."""
    folder.mkdir(exist_ok=True)
    authority = make_ca()
    ca, certificate, key = folder / "mail-ca.crt", folder / "mail.crt", folder / "mail.key"
    ca.write_bytes(ca_certificate(authority))
    ensure_leaf(authority, certificate=certificate, key=key, names=list(names))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    password = folder / "mail-password"
    password.write_text(PASSWORD + "\n")
    user = (USER, password) if with_user else (None, None)
    post = Post(MailServer("localhost", free_port(), tls, ca, SENDER, *user), ca)
    ways: dict[str, dict[str, Any]] = {
        "none": {},
        "starttls": {"tls_context": context, "require_starttls": True},
        "tls": {"ssl_context": context},
    }
    controller = Controller(
        post,
        hostname="127.0.0.1",
        port=post.server.port,
        authenticator=post.authenticate,
        auth_required=with_user,
        # Without TLS it would take a password: that nobody offers one is not its doing.
        auth_require_tls=tls == "starttls",
        **ways[tls],
    )
    controller.start()
    try:
        yield post
    finally:
        controller.stop(no_assert=True)
