"""PURE: what a mail address is, for settings and for identities alike."""

from __future__ import annotations

import re

LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3, less its brackets

# What every mail server takes: neither quoted local parts nor address literals, and no letters beyond ASCII.
_ADDRESS = re.compile(
    r"(?!\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?<!\.)@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)


def mail_address(text: str | None) -> str | None:
    """The address, if that is what the text is and nothing more; else None."""
    trimmed = (text or "").strip(" ")
    if len(trimmed) > LONGEST_ADDRESS or ".." in trimmed or not _ADDRESS.fullmatch(trimmed):
        return None
    return trimmed
