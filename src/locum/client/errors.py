"""What can go wrong, as exceptions. Their words are the server's or ours; none has a secret or the API key."""

from __future__ import annotations

from http import HTTPStatus


class ClientError(Exception):
    """Base of everything this package raises."""


class Misconfigured(ClientError):
    """Nothing was asked: the address, the API key or the CA file is missing or can't be used."""


class Unreachable(ClientError):
    """No answer: the connection failed, TLS did not hold, or it took too long."""


class Untrusted(Unreachable):
    """Whoever is at the address is not vouched for by any CA that is trusted. Nothing was sent."""


class BadAnswer(ClientError):
    """An answer that is not Locum's."""


class NotUnique(ClientError):
    """More than one credential has this name: ask by id."""


class Problem(ClientError):
    """The server refused: `status` and its own words, and the trace id that its log has too."""

    def __init__(self, status: int, detail: str, *, trace_id: str | None = None, retry_after: float | None = None):
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.trace_id = trace_id
        self.retry_after = retry_after


class NotAuthenticated(Problem):
    """The API key is not valid, not any more, or not from here."""


class NotAllowed(Problem):
    """The caller is known and may not."""


class NotFound(Problem):
    """There is no such thing, or none the caller may know of."""


class Conflict(Problem):
    """Not now: somebody else has it checked out, the lease is over, or it is not available."""


class TooManyRequests(Problem):
    """Too often; `retry_after` seconds from now it may work."""


class Unavailable(Problem):
    """The server can't serve now."""


_KINDS: dict[int, type[Problem]] = {
    HTTPStatus.UNAUTHORIZED: NotAuthenticated,
    HTTPStatus.FORBIDDEN: NotAllowed,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.TOO_MANY_REQUESTS: TooManyRequests,
    HTTPStatus.SERVICE_UNAVAILABLE: Unavailable,
}


def problem(status: int, detail: str, *, trace_id: str | None, retry_after: float | None) -> Problem:
    """The exception for a refusal."""
    return _KINDS.get(status, Problem)(status, detail, trace_id=trace_id, retry_after=retry_after)
