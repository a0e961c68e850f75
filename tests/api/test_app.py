"""The request chain over real HTTP: order of the checks, answers, headers, faults."""

from __future__ import annotations

import re
import socket
from uuid import UUID

import pytest

from api_sample import IDS, NOW, Answer, Server

ONE = "/api/v1/Thing/00000000-0000-0000-0000-000000000001"


def thing(number: int) -> str:
    return f"/api/v1/Thing/{UUID(int=number)}"


def problem(answer: Answer) -> tuple[int, str]:
    body = answer.json
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "traceId"} - body.keys() == set()
    assert body.keys() - {"type", "title", "status", "detail", "instance", "traceId"} <= {"errors"}
    assert body["status"] == answer.status
    assert body["traceId"] == answer.headers["traceid"]
    return answer.status, body["detail"]


def test_an_answer_is_the_declared_struct_with_integers_and_milliseconds(server: Server) -> None:
    answer = server.call("GET", ONE)
    assert answer.status == 200
    assert answer.json["colour"] == 1
    assert answer.json["name"] == "admin"
    assert NOW.microsecond == 89_999
    assert answer.json["start"] == "2026-03-04T05:06:07.089Z"


def test_every_answer_forbids_caching_and_sniffing(server: Server) -> None:
    for answer in (
        server.call("GET", ONE),
        server.call("GET", ONE, who=None),
        server.call("GET", "/nowhere"),
        server.call("OPTIONS", ONE),
        server.call("GET", thing(5)),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "max-age" in answer.headers["strict-transport-security"]
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["traceid"])


# -- order of the checks


def test_without_a_credential_even_a_malformed_id_is_a_401(server: Server) -> None:
    answer = server.call("GET", "/api/v1/Thing/not-a-guid", who=None)
    assert problem(answer)[0] == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("who", ["nobody", "locked"])
def test_an_invalid_credential_is_a_401_on_both_sides_of_the_database(server: Server, who: str) -> None:
    assert problem(server.call("GET", ONE, who=who))[0] == 401
    assert problem(server.call("PUT", ONE, b"{", who=who))[0] == 401


def test_with_a_credential_a_malformed_id_is_a_400_that_names_the_variable(server: Server) -> None:
    answer = server.call("GET", "/api/v1/Thing/not-a-guid")
    assert problem(answer) == (400, "thingId must be a GUID")
    assert answer.json["title"] == "One or more validation errors occurred."
    assert answer.json["errors"] == {"thingId": ["must be a GUID"]}


def test_who_may_not_call_learns_nothing_about_the_body(server: Server) -> None:
    assert problem(server.call("PUT", ONE, b"{broken", who="user"))[0] == 403
    assert problem(server.call("PUT", "/api/v1/Thing/not-a-guid", b"{broken", who="user"))[0] == 403
    assert problem(server.call("PUT", ONE, b"{broken", who="admin"))[0] == 400


def test_an_unknown_path_is_a_404_for_everyone(server: Server) -> None:
    assert problem(server.call("GET", "/api/v1/Nothing", who=None))[0] == 404


@pytest.mark.parametrize("header", ["admin", "Bearer admin", "bearer   admin", "BEARER admin"])
def test_a_credential_comes_with_or_without_its_scheme(server: Server, header: str) -> None:
    assert server.call("GET", ONE, who=None, authorization=header).status == 200


@pytest.mark.parametrize("header", ["Basic admin", "Bearer", "Bearer ", "admin admin", ""])
def test_other_schemes_are_refused(server: Server, header: str) -> None:
    assert problem(server.call("GET", ONE, who=None, authorization=header))[0] == 401


# -- who may


def test_a_missing_role_is_named(server: Server) -> None:
    assert problem(server.call("GET", ONE, who="user")) == (403, "this needs one of the roles Admin, App")


def test_a_missing_permission_is_named(server: Server) -> None:
    status, detail = problem(server.call("DELETE", ONE, who="app"))
    assert (status, detail) == (403, "this needs the permission credentials:credential:create")


@pytest.mark.parametrize("who", ["half", "new", "stale"])
def test_an_unfinished_sign_in_reaches_nothing_else(server: Server, who: str) -> None:
    assert problem(server.call("GET", ONE, who=who))[0] == 403
    assert problem(server.call("POST", "/api/v1/Thing/Bare", 1, who=who))[0] == 403
    assert problem(server.call("GET", "/api/v1/openapi.json", who=who))[0] == 403


def test_only_an_unfinished_sign_in_is_finished(server: Server) -> None:
    assert server.call("POST", "/code", b"123456", who="half").json == "123456"
    assert problem(server.call("POST", "/code", b"123456", who="admin"))[0] == 403
    assert problem(server.call("POST", "/code", b"123456", who=None))[0] == 401


def test_a_refusal_is_audited_once_a_minute_for_each_caller_and_operation(server: Server) -> None:
    before = server.audited("access.denied")
    target = "/api/v1/Thing/Search"
    for _ in range(5):
        assert server.call("GET", target, who="user").status == 403
    assert server.audited("access.denied") == before + 1
    assert server.call("GET", target, who="half").status == 403
    assert server.audited("access.denied") == before + 2


def test_a_rooms_refusal_is_audited_too(server: Server) -> None:
    before = server.audited("access.denied")
    assert problem(server.call("GET", thing(4), who="app")) == (403, "the thing is not yours")
    assert server.audited("access.denied") == before + 1


# -- units of work


def test_a_write_commits_before_its_answer(server: Server) -> None:
    before = server.audited("thing.made")
    answer = server.call("POST", "/api/v1/Thing", {"name": "x"})
    assert answer.status == 201
    assert UUID(answer.json)
    assert server.audited("thing.made") == before + 1


def test_a_failed_write_leaves_nothing(server: Server) -> None:
    before = server.audited("thing.changed")
    assert problem(server.call("PUT", ONE, {"name": "refused"})) == (409, "no")
    assert server.audited("thing.changed") == before


def test_an_operation_that_answers_nothing_has_no_body(server: Server) -> None:
    answer = server.call("DELETE", ONE)
    assert (answer.status, answer.body) == (202, b"")
    assert "content-type" not in answer.headers


def test_null_is_an_answer_where_one_is_declared(server: Server) -> None:
    assert server.call("POST", "/api/v1/Thing/Bare", who="user").body == b"null"


# -- failures


def test_each_kind_has_its_status(server: Server) -> None:
    assert problem(server.call("GET", thing(9)))[0] == 404
    assert problem(server.call("GET", thing(2)))[0] == 409
    limited = server.call("GET", thing(3))
    assert problem(limited)[0] == 429
    assert limited.headers["retry-after"] == "17"


def test_a_fault_tells_its_trace_id_and_nothing_else(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    answer = server.call("GET", thing(5) + "?filter=hush-8b2c")
    status, detail = problem(answer)
    assert status == 500
    logged = "".join(capfd.readouterr())
    assert answer.json["traceId"] in logged
    assert "RuntimeError" in logged
    for secret in ("canary-5d1f", "hush-8b2c"):
        assert secret not in answer.body.decode()
        assert secret not in logged
    assert "canary" not in detail


def test_a_handler_open_to_anyone_that_asks_for_its_caller_is_at_fault(server: Server) -> None:
    assert problem(server.call("GET", "/confused", who=None))[0] == 500


def test_instance_is_the_path_without_the_query(server: Server) -> None:
    assert server.call("GET", thing(9) + "?token=abc").json["instance"] == thing(9)


# -- methods


def test_a_wrong_method_is_a_405_that_lists_the_right_ones(server: Server) -> None:
    answer = server.call("POST", ONE, who=None)
    assert problem(answer)[0] == 405
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"


def test_head_is_get_without_the_body(server: Server) -> None:
    answer = server.call("HEAD", ONE)
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == len(server.call("GET", ONE).body)
    assert server.call("HEAD", ONE, who=None).status == 401


def test_options_lists_the_methods(server: Server) -> None:
    answer = server.call("OPTIONS", "/api/v1/Thing", who=None)
    assert (answer.status, answer.headers["allow"]) == (204, "OPTIONS, POST")
    assert server.call("OPTIONS", "/nowhere", who=None).status == 404


# -- paths (SEC-15)


@pytest.mark.parametrize(
    "target",
    [
        "/API/V1/tHING/{}",
        "/api/v1/Thing/{}/",
        "/api/v1/%54hing/{}",
        "/%61pi/v1/Thing/{}",
    ],
)
@pytest.mark.parametrize("who", ["admin", "user", None])
def test_another_spelling_of_a_path_meets_the_same_check(server: Server, target: str, who: str | None) -> None:
    expected = {"admin": 200, "user": 403, None: 401}[who]
    assert server.call("GET", target.format(UUID(int=1)), who=who).status == expected


@pytest.mark.parametrize(
    "target",
    [
        "//api/v1/Thing/{}",
        "/api//v1/Thing/{}",
        "/api/v1/Thing//{}",
        "/api/v1/./Thing/{}",
        "/api/v1/Thing/../Thing/{}",
        "/api/v1/%2e%2e/v1/Thing/{}",
        "/api%2fv1/Thing/{}",
        "/api/v1/Thing%2f{}",
        "/api/v1/Thing/{}%00",
        "/api/v1/Thing/{}//",
        "/api/v1/Thing/%ff{}",
    ],
)
def test_an_odd_path_is_not_found(server: Server, target: str) -> None:
    assert server.call("GET", target.format(UUID(int=1))).status == 404


def test_double_encoding_is_decoded_once(server: Server) -> None:
    assert server.call("GET", "/api/v1/%2554hing/" + str(UUID(int=1))).status == 404
    assert server.call("GET", "/api/v1/Thing/Named/a%252fb").json == "a%2fb"
    assert server.call("GET", "/api/v1/Thing/Named/DOM%5CJ%C3%B6rg%20x").json == "DOM\\Jörg x"


# -- sign-in's needs


def test_an_operation_may_have_a_second_path(server: Server) -> None:
    assert server.call("POST", "/KODE", b"NA", who="half").json == "NA"


def test_cookies_go_both_ways_and_out_of_reach_of_scripts(server: Server) -> None:
    answer = server.call("POST", "/open", {"NAME": "x"}, who=None, cookie="place=here; other=1")
    assert answer.json == "x from 127.0.0.1 with here"
    cookie = answer.headers["set-cookie"]
    assert cookie == "place=abc; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict"


def test_a_caller_who_leaves_mid_body_harms_nobody(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"PUT " + ONE.encode() + b" HTTP/1.1\r\nHost: x\r\nAuthorization: admin\r\nContent-Length: 50\r\n\r\n{"
        )
    assert server.call("GET", ONE).status == 200


def test_the_audit_row_names_caller_and_address(server: Server) -> None:
    server.call("DELETE", ONE)
    row = server.audit_rows("thing.gone")[-1]
    assert (row.actor_id, row.actor_name, row.address) == (IDS["admin"], "admin", "127.0.0.1")
