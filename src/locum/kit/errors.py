"""The kinds of refusal Locum knows. They carry words for people; `api/problems.py` gives them status numbers.

A detail names what is wrong and never echoes a value the caller sent that could be a secret.
"""

from __future__ import annotations


class LocumError(Exception):
    """Base of every expected failure: `detail` may be shown to the caller as it is."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Invalid(LocumError):
    """The request is malformed or breaks a rule. `field` is the wire name of what is wrong, if one is."""

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.field = field


class Unauthenticated(LocumError):
    """Nobody is signed in, or the proof offered is not valid."""


class Forbidden(LocumError):
    """The caller is known and may not. `missing` names the permission, role or rule that was lacking."""

    def __init__(self, detail: str, *, missing: str | None = None) -> None:
        super().__init__(detail)
        self.missing = missing


class NotFound(LocumError):
    """No such thing, or none the caller may know of."""


class Conflict(LocumError):
    """The state of the thing does not allow it now (duplicate name, wrong state)."""


class TooLarge(LocumError):
    """A body, field or list is over its limit."""


class RateLimited(LocumError):
    """Too many attempts; `retry_after` is in seconds."""

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class NotAvailable(LocumError):
    """The request is right, but this installation cannot do it (a platform that is not built yet)."""


class StartError(LocumError):
    """Locum can't start or a command can't run: one clear line and exit status 2."""
