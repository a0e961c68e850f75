"""Our error kinds as problem details (RFC 9457): the only place with status numbers for errors (API-02)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy.exc import OperationalError

from locum.api.reading import FieldErrors
from locum.kit.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LocumError,
    NotAvailable,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthenticated,
)

MEDIA_TYPE = "application/problem+json"


class NotReady(LocumError):
    """Locum runs but can't serve yet, or no longer."""


class WrongMethod(LocumError):
    """The path exists, the method on it does not. `allow` lists those that do."""

    def __init__(self, allow: str) -> None:
        super().__init__(f"this path answers to {allow}")
        self.allow = allow


class WrongMedia(LocumError):
    """The body is of a media type or encoding that is not read here."""


_RFC = "https://www.rfc-editor.org/rfc/"
_STATUS: dict[type[LocumError], tuple[int, str, str]] = {
    Invalid: (400, "Bad Request", _RFC + "rfc9110#section-15.5.1"),
    Unauthenticated: (401, "Unauthorized", _RFC + "rfc9110#section-15.5.2"),
    Forbidden: (403, "Forbidden", _RFC + "rfc9110#section-15.5.4"),
    NotFound: (404, "Not Found", _RFC + "rfc9110#section-15.5.5"),
    WrongMethod: (405, "Method Not Allowed", _RFC + "rfc9110#section-15.5.6"),
    Conflict: (409, "Conflict", _RFC + "rfc9110#section-15.5.10"),
    NotAvailable: (409, "Not Available", _RFC + "rfc9110#section-15.5.10"),
    TooLarge: (413, "Content Too Large", _RFC + "rfc9110#section-15.5.14"),
    WrongMedia: (415, "Unsupported Media Type", _RFC + "rfc9110#section-15.5.16"),
    RateLimited: (429, "Too Many Requests", _RFC + "rfc6585#section-4"),
    NotReady: (503, "Service Unavailable", _RFC + "rfc9110#section-15.6.4"),
}
_UNEXPECTED = (500, "Internal Server Error", _RFC + "rfc9110#section-15.6.1")


@dataclass(frozen=True, slots=True)
class Problem:
    """A status, the headers that go with it and the body."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


def problem_of(error: Exception, *, instance: str, trace_id: str) -> Problem:
    """The answer for a failure. What is not a LocumError is a 500 that tells nothing but its trace id."""
    status, title, kind = _UNEXPECTED
    detail = "Something went wrong in Locum. The server's log has more under this trace id."
    headers: list[tuple[bytes, bytes]] = []
    more: dict[str, Any] = {}
    if isinstance(error, LocumError):
        status, title, kind = next((_STATUS[base] for base in type(error).__mro__ if base in _STATUS), _UNEXPECTED)
        detail = error.detail
    elif isinstance(error, OperationalError):  # the database is away, or its disk is full
        status, title, kind = _STATUS[NotReady]
        detail = "The database does not answer now. The server's log has more under this trace id."
    if isinstance(error, Invalid) and error.field is not None:
        title = "One or more validation errors occurred."
        more["errors"] = error.errors if isinstance(error, FieldErrors) else {error.field: [error.detail]}
    elif isinstance(error, Unauthenticated):
        headers.append((b"www-authenticate", b"Bearer"))
    elif isinstance(error, WrongMethod):
        headers.append((b"allow", error.allow.encode("ascii")))
    elif isinstance(error, RateLimited):
        headers.append((b"retry-after", str(error.retry_after).encode("ascii")))
    body = {
        "type": kind,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "traceId": trace_id,
        **more,
    }
    return Problem(status, msgspec.json.encode(body), headers)
