"""Headers, query and body within limits (SEC-29)."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_sample import Server
from locum.api.request import BODY_LIMIT, DEPTH_LIMIT, ELEMENT_LIMIT, decode_json
from locum.kit.errors import Invalid, LocumError, TooLarge

SEARCH = "/api/v1/Thing/Search"
ONE = f"/api/v1/Thing/{UUID(int=1)}"


def found(server: Server, query: str) -> dict[str, Any]:
    answer = server.call("GET", f"{SEARCH}?{query}")
    assert answer.status == 200, answer.body
    row: dict[str, Any] = answer.json["data"][0]
    return row


# -- query


def test_query_names_match_in_any_case(server: Server) -> None:
    row = found(server, "SKIP=3&Take=0&orderby=name&ORDERDESCENDING=True&FilterText=a%20b&colour=lightblue")
    assert (row["skip"], row["take"], row["orderBy"], row["orderDescending"]) == (3, 0, "name", True)
    assert (row["filterText"], row["colour"]) == ("a b", 1)


def test_empty_values_and_unknown_names_say_nothing(server: Server) -> None:
    row = found(server, f"skip=&take=&colour=&ownerId=&onlyEnabled=&mysessions=false&x=1&ownerID={UUID(int=0)}")
    assert row == found(server, "")
    assert (row["skip"], row["take"], row["colour"], row["ownerId"]) == (0, 100, -1, None)


def test_a_list_is_a_repeated_name(server: Server) -> None:
    assert found(server, "filterColumns=a&FILTERCOLUMNS=b")["filterColumns"] == ["a", "b"]
    assert found(server, "filterColumns=a")["filterColumns"] == ["a"]


@pytest.mark.parametrize(
    "query", ["skip=x", "take=99999999999", "colour=green", "ownerId=1", "filterText=" + "x" * 1025]
)
def test_a_malformed_query_is_a_400_that_names_the_parameter(server: Server, query: str) -> None:
    answer = server.call("GET", f"{SEARCH}?{query}")
    assert answer.status == 400
    assert list(answer.json["errors"]) == [query.partition("=")[0]]


@pytest.mark.parametrize("query", ["a=%ff", "&".join(f"a{n}=1" for n in range(300))])
def test_a_query_that_is_no_query(server: Server, query: str) -> None:
    assert server.call("GET", f"{SEARCH}?{query}").status == 400


# -- media types


@pytest.mark.parametrize(
    "media", ["application/json", "Application/JSON; charset=utf-8", "text/json", "application/merge-patch+json"]
)
def test_json_by_any_name_is_read(server: Server, media: str) -> None:
    assert server.call("PUT", ONE, b'{"name":"x"}', content_type=media).json["name"] == "x"


def test_a_missing_media_type_counts_as_json(server: Server) -> None:
    assert server.call("PUT", ONE, b'{"name":"x"}').json["name"] == "x"


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json"])
def test_another_media_type_is_a_415(server: Server, media: str) -> None:
    assert server.call("PUT", ONE, b"{}", content_type=media).status == 415


@pytest.mark.parametrize("media", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
def test_a_raw_body_has_any_media_type(server: Server, media: str) -> None:
    assert server.call("POST", "/code", b"123456", who="half", content_type=media).json == "123456"


def test_a_compressed_body_is_a_415(server: Server) -> None:
    assert server.call("PUT", ONE, b"{}", content_encoding="gzip").status == 415


# -- bodies


def test_a_missing_body_is_a_400_unless_it_may_be_missing(server: Server) -> None:
    assert server.call("PUT", ONE, b"").status == 400
    assert server.call("PUT", ONE).status == 400
    assert server.call("POST", "/api/v1/Thing/Bare", b"").json is None
    assert server.call("POST", "/api/v1/Thing/Bare", b"null").json is None
    assert server.call("POST", "/api/v1/Thing/Bare", b"42").json == 42


def test_a_body_nobody_reads_is_no_error(server: Server) -> None:
    assert server.call("DELETE", ONE, b"{broken").status == 202


def test_broken_json_says_where_but_not_what(server: Server) -> None:
    answer = server.call("PUT", ONE, b'{"name": canary-1a}')
    assert answer.status == 400
    assert answer.json["detail"] == "the body is not valid JSON at byte 9"
    assert "canary" not in answer.body.decode()


@pytest.mark.parametrize(
    "body", [b'{"name":"\xff"}', b'{"name":"\\ud800"}', b'{"name":"\\udc00x"}', b'{"name":"\xed\xa0\x80"}']
)
def test_text_that_is_no_unicode_is_a_400(server: Server, body: bytes) -> None:
    assert server.call("PUT", ONE, body).status == 400


def test_a_null_byte_is_a_400(server: Server) -> None:
    assert server.call("PUT", ONE, b'{"name":"a\\u0000b"}').status == 400


def test_a_byte_order_mark_is_dropped() -> None:
    assert decode_json(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_a_body_over_the_limit_is_a_413_announced_or_not(server: Server) -> None:
    body = b'{"name":"' + b"x" * BODY_LIMIT + b'"}'
    assert server.call("PUT", ONE, body).status == 413
    chunks = [body[i : i + 65536] for i in range(0, len(body), 65536)]
    connection = server.connect()
    connection.request("PUT", ONE, iter(chunks), {"authorization": "admin"}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_who_may_not_call_gets_no_413(server: Server) -> None:
    assert server.call("PUT", ONE, b"x" * (BODY_LIMIT + 1), who="user").status == 403


# -- depth and count


def test_depth_is_limited() -> None:
    assert decode_json(b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT)
    for body in (
        b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1),
        b"[" * 500_000,
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
    ):
        with pytest.raises(LocumError):
            decode_json(body)


def test_count_is_limited() -> None:
    assert len(decode_json(b"[" + b"1," * (ELEMENT_LIMIT - 10) + b"1]")) == ELEMENT_LIMIT - 9
    with pytest.raises(TooLarge):
        decode_json(b"[" + b"1," * ELEMENT_LIMIT + b"1]")
    with pytest.raises(TooLarge):
        decode_json(b"[" + b"{}," * ELEMENT_LIMIT + b"{}]")


def test_brackets_and_commas_in_text_do_not_count() -> None:
    text = "[{," * 30_000 + '\\"' + "[" * 100
    assert decode_json(b'{"a":"' + text.encode() + b'"}')["a"] == text.replace('\\"', '"')


@pytest.mark.parametrize(
    "body",
    [
        b'"' * BODY_LIMIT,
        b'"\\' * (BODY_LIMIT // 2),
        b'["' + b"\\" * (BODY_LIMIT - 40) + b"[" * 38,
        b'{"":' * (BODY_LIMIT // 4),
        b"9" * BODY_LIMIT,
        b'"' + b"[" * (BODY_LIMIT - 2),
    ],
)
def test_a_hostile_body_is_refused_in_linear_time(body: bytes) -> None:
    started = time.process_time()
    with pytest.raises(LocumError):
        decode_json(body)
    assert time.process_time() - started < 2


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:\\ 1e-.tn', max_size=200).map(str.encode))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with suppress(Invalid):
        again = decode_json(body)
        assert msgspec.json.decode(msgspec.json.encode(again)) == again


# -- headers


def test_two_authorization_headers_are_refused(server: Server) -> None:
    connection = server.connect()
    connection.putrequest("GET", ONE)
    connection.putheader("Authorization", "user")
    connection.putheader("Authorization", "admin")
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()
