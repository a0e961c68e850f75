"""PURE: what a mail looks like. Whatever people typed becomes one line of text, and never a header or a template."""

from __future__ import annotations

import datetime as dt
import unicodedata
from email.message import EmailMessage
from email.policy import SMTP

LONGEST_SUBJECT = 200
LONGEST_LINE = 1000

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def one_line(text: str | None, longest: int = LONGEST_LINE) -> str:
    """The text without line ends and characters that nobody sees, each run of them one space; cut where too long."""
    seen = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in text or "")
    line = " ".join(seen.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def message(
    *, sender: str, address: str, subject: str, body: str, message_id: str, at: dt.datetime
) -> EmailMessage:
    """The mail as it is sent. Raises ValueError for a header that is none."""
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = address
    made["Subject"] = subject
    made["Date"] = at
    made["Message-ID"] = message_id
    # Nobody's out-of-office answers it (RFC 3834 5).
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(body)
    return made
