"""Refusals as exceptions: one kind for each thing a program does differently."""

from __future__ import annotations

import pytest

from locum.client import errors


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.NotAuthenticated),
        (403, errors.NotAllowed),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (429, errors.TooManyRequests),
        (503, errors.Unavailable),
        (400, errors.Problem),
        (500, errors.Problem),
    ],
)
def test_kinds(status: int, kind: type[errors.Problem]) -> None:
    made = errors.problem(status, "words", trace_id="t", retry_after=2.0)
    assert type(made) is kind
    assert isinstance(made, errors.ClientError)
    assert (made.status, made.detail, str(made), made.trace_id) == (status, "words", "words", "t")
    assert made.retry_after == 2.0
