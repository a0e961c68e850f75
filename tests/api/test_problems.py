"""Error kinds as problem details."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy.exc import OperationalError

from locum.api.problems import NotReady, WrongMedia, WrongMethod, problem_of
from locum.api.reading import FieldErrors
from locum.kit import errors
from locum.kit.errors import LocumError

KINDS: list[tuple[Exception, int]] = [
    (errors.Invalid("bad"), 400),
    (FieldErrors({"a": ["is bad", "is worse"]}), 400),
    (errors.Unauthenticated("who"), 401),
    (errors.Forbidden("no"), 403),
    (errors.NotFound("none"), 404),
    (WrongMethod("GET"), 405),
    (errors.Conflict("busy"), 409),
    (errors.NotAvailable("later"), 409),
    (errors.TooLarge("big"), 413),
    (WrongMedia("odd"), 415),
    (errors.RateLimited("slow", retry_after=3), 429),
    (NotReady("soon"), 503),
    (ValueError("canary-0c"), 500),
    (LocumError("unknown kind"), 500),
]


@pytest.mark.parametrize(("error", "status"), KINDS)
def test_status_and_fields(error: Exception, status: int) -> None:
    problem = problem_of(error, instance="/p", trace_id="t")
    body = msgspec.json.decode(problem.body)
    assert problem.status == body["status"] == status
    assert list(body)[:6] == ["type", "title", "status", "detail", "instance", "traceId"]
    assert body["type"].startswith("https://www.rfc-editor.org/rfc/rfc")
    assert (body["instance"], body["traceId"]) == ("/p", "t")
    assert b"canary" not in problem.body


def test_every_kind_of_the_ground_room_but_the_command_lines_has_a_status() -> None:
    kinds = {k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, LocumError)}
    tested = {type(error) for error, _ in KINDS}
    assert kinds - tested == {errors.StartError}


def test_fields_that_are_wrong_come_under_errors() -> None:
    many = msgspec.json.decode(problem_of(KINDS[1][0], instance="", trace_id="").body)
    assert many["title"] == "One or more validation errors occurred."
    assert many["errors"] == {"a": ["is bad", "is worse"]}
    one = problem_of(errors.Invalid("is taken", field="name"), instance="", trace_id="")
    assert msgspec.json.decode(one.body)["errors"] == {"name": ["is taken"]}
    none = problem_of(errors.Invalid("bad"), instance="", trace_id="")
    assert "errors" not in msgspec.json.decode(none.body)


def test_headers_that_go_with_a_status() -> None:
    assert problem_of(errors.Unauthenticated(""), instance="", trace_id="").headers == [
        (b"www-authenticate", b"Bearer")
    ]
    assert problem_of(WrongMethod("GET, PUT"), instance="", trace_id="").headers == [(b"allow", b"GET, PUT")]
    limited = problem_of(errors.RateLimited("", retry_after=9), instance="", trace_id="")
    assert limited.headers == [(b"retry-after", b"9")]


def test_a_database_that_is_away_is_said_to_be_away_and_nothing_else() -> None:
    away = OperationalError("SELECT secret", {"password": "hunter2"}, Exception("server closed the connection"))
    problem = problem_of(away, instance="/x", trace_id="t")
    assert problem.status == 503
    assert b"database" in problem.body
    assert b"hunter2" not in problem.body
    assert b"SELECT" not in problem.body
