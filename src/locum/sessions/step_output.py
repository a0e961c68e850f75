"""What a step on a target had to say, into the session's log: the first lines, without what looks like a secret."""

from __future__ import annotations

import re

from locum.kit.db import Tx
from locum.sessions import transition
from locum.sessions.model import LedgerEntry

MOST_LINES = 40
MASK = "********"
_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----).*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_NAMED = re.compile(
    r"""(?ix)
    ( (?: passw(?:or)?d | passphrase | secret | token | api[_-]?key | private[_-]?key ) [\w-]* ["']? \s* [:=] \s* )
    (?: "[^"\n]*" | '[^'\n]*' | [^\s,;]+ )"""
)
_AUTHORIZATION = re.compile(r"(?i)\b(bearer|basic)[ ]+[A-Za-z0-9+/=._~-]{8,}")
_IN_ADDRESS = re.compile(r"(://[^/\s:@]*:)[^@\s/]+@")


def masked(said: str) -> str:
    """Without private keys, and without the values of what is called a password, secret, token or key; as far as one
    sees that: it is no wall, for a script can say a secret in many ways."""
    said = _PRIVATE_KEY.sub(rf"\1 {MASK}", said)
    said = _AUTHORIZATION.sub(rf"\1 {MASK}", said)
    said = _IN_ADDRESS.sub(rf"\1{MASK}@", said)
    return _NAMED.sub(rf"\1{MASK}", said)


def say_output(tx: Tx, entry: LedgerEntry, said: str) -> None:
    """Write down what the step of an entry said."""
    lines = masked(said).splitlines()
    for line in lines[:MOST_LINES]:
        transition.say(tx, entry.session_id, f"{entry.kind}: {line}")
    if len(lines) > MOST_LINES:
        transition.say(tx, entry.session_id, f"{entry.kind}: … and {len(lines) - MOST_LINES} lines more")
