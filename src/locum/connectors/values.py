"""PURE: secrets and names on their way to a target, checked before anything is sent."""

from __future__ import annotations

import unicodedata

from locum.connectors.base import TargetRefused
from locum.vault.secret import Secret

MOST_PASSWORD = 500  # bytes; PAM cuts a password off at 512, and half a password must not count as the whole


def password_text(password: Secret) -> str:
    """The password as text. TargetRefused if a target could take it for something else than what it is."""
    try:
        text = password.reveal_text()
    except UnicodeDecodeError:
        raise TargetRefused("the password is not UTF-8 text") from None
    if not text or len(password.reveal()) > MOST_PASSWORD:
        raise TargetRefused(f"a password must have 1 to {MOST_PASSWORD} bytes")
    if has_controls(text):
        raise TargetRefused("the password holds a line break or another control character")
    return text


def account_name(login: str, most: int) -> str:
    """The name of an account in a database, of `most` bytes: some databases cut a longer one off, and the rest of
    it may be somebody else's name."""
    if not login or len(login.encode(errors="replace")) > most:
        raise TargetRefused(f"an account's name must have 1 to {most} bytes")
    if has_controls(login):
        raise TargetRefused("the account's name holds a line break or another control character")
    return login


def without(text: str, *secrets: str) -> str:
    """A target's words without what it was told in confidence: some say again what they can't take (SEC-24)."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def has_controls(text: str) -> bool:
    """Whether a line break or another control character, or half of one outside the basic plane, is in the text."""
    return any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)
