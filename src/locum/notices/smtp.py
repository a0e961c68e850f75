"""Hands one mail to the mail server over SMTP (RFC 5321), with verified TLS unless the operator says none."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

import aiosmtplib

from locum.kit.errors import StartError
from locum.kit.settings import Settings, split_address
from locum.vault.secret import Secret

ANSWER_S = 20.0
WHOLE_S = 60.0
FAREWELL_S = 2.0
PERMANENT = 500  # RFC 5321 4.2.1: from here on, trying again is of no use


class NotDelivered(Exception):
    """The mail server did not take it. `words` are ours: a server's own may hold anything. `final`: it never will."""

    def __init__(self, words: str, *, final: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.final = final


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in. The password is read from its file at each use, so that it can be changed."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"]
    ca: Path | None
    sender: str
    user: str | None
    password_file: Path | None

    def context(self) -> ssl.SSLContext:
        """Trusts the system's authorities or the given one, and checks the name. Raises StartError."""
        try:
            context = ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
        except OSError:
            raise StartError("--mail-ca does not hold a certificate that can be read") from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def password(self) -> Secret:
        """Raises StartError."""
        assert self.password_file is not None
        try:
            text = self.password_file.read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            raise StartError("--mail-password-file can't be read as text") from None
        return Secret(text.removesuffix("\n"))

    def check(self) -> None:
        """What can be seen to be wrong without the server. Raises StartError."""
        self.context()
        if self.user is not None:
            self.password()


def mail_server(settings: Settings) -> MailServer | None:
    """What the settings say; None where mail is not set up."""
    if settings.mail_server is None or settings.mail_from is None:
        return None
    host, port = split_address(settings.mail_server, "--mail-server")
    return MailServer(
        host,
        port,
        settings.mail_tls,
        settings.mail_ca,
        settings.mail_from,
        settings.mail_user,
        settings.mail_password_file,
    )


async def deliver(server: MailServer, mail: EmailMessage) -> None:
    """Return when the server has taken the mail. Raises NotDelivered, within a minute."""
    try:
        async with asyncio.timeout(WHOLE_S):
            await _hand_in(server, mail)
    except StartError as error:
        raise NotDelivered(error.detail) from None
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise _not_delivered(error) from None
    except ValueError:
        raise NotDelivered("the mail can't be written as one", final=True) from None


async def _hand_in(server: MailServer, mail: EmailMessage) -> None:
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=ANSWER_S,
        use_tls=server.tls == "tls",
        # False, not None: where the operator says none, a server can't make us begin.
        start_tls=server.tls == "starttls",
        tls_context=None if server.tls == "none" else await asyncio.to_thread(server.context),
    )
    try:
        await client.connect()
        if server.user is not None:
            if client.get_transport_info("sslcontext") is None:
                raise NotDelivered("a password is not sent without TLS")
            password = await asyncio.to_thread(server.password)
            await client.login(server.user, password.reveal_text())
        await client.send_message(mail)
        with contextlib.suppress(Exception):  # the server has it, whatever becomes of the farewell
            await client.quit(timeout=FAREWELL_S)
    finally:
        client.close()


def _not_delivered(error: BaseException) -> NotDelivered:
    if _is_about_tls(error):
        return NotDelivered("the mail server's TLS certificate does not hold, or TLS failed")
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return NotDelivered(f"the mail server refused the user name and password ({error.code})")
        case aiosmtplib.SMTPRecipientsRefused():
            code = error.recipients[0].code
            return NotDelivered(f"the mail server refused the recipient ({code})", final=code >= PERMANENT)
        case aiosmtplib.SMTPSenderRefused():
            return NotDelivered(f"the mail server refused the sender ({error.code})")
        case aiosmtplib.SMTPDataError():
            return NotDelivered(f"the mail server refused the mail ({error.code})", final=error.code >= PERMANENT)
        case aiosmtplib.SMTPResponseException():
            return NotDelivered(f"the mail server answered {error.code}")
        case TimeoutError():
            return NotDelivered("the mail server did not answer in time")
        case aiosmtplib.SMTPServerDisconnected():
            return NotDelivered("the mail server closed the connection")
        case OSError():
            return NotDelivered("the mail server can't be reached")
    return NotDelivered("the mail server does not offer what is needed, such as STARTTLS or a way to sign in")


def _is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
