"""`locum mail test`: one mail now, past the queue, to see whether the mail server takes it."""

from __future__ import annotations

import asyncio
import datetime as dt

from locum.kit.errors import Invalid
from locum.kit.ids import new_id
from locum.kit.mail_address import mail_address
from locum.kit.settings import Settings
from locum.notices.format import message
from locum.notices.smtp import NotDelivered, deliver, mail_server

BODY = "This is a test. Locum can send mail with the settings it has.\n"


def send(settings: Settings, address: str) -> tuple[bool, str]:
    """Whether the mail server took it, and the line that says so. Raises Invalid where it can't be tried."""
    server = mail_server(settings)
    if server is None:
        raise Invalid("mail is not set up: see --mail-server of locum serve")
    if mail_address(address) != address:
        raise Invalid("this is not a mail address")
    test = message(
        sender=server.sender,
        address=address,
        subject="A test of Locum's mail",
        body=BODY,
        message_id=f"<{new_id()}@{server.sender.rpartition('@')[2]}>",
        at=dt.datetime.now(dt.UTC),
    )
    try:
        asyncio.run(deliver(server, test))
    except NotDelivered as refusal:
        return False, f"not sent: {refusal.words}"
    return True, f"{server.host}:{server.port} has taken a mail to {address}"
