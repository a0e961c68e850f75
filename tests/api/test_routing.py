"""From path to route."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.api.context import Call
from locum.api.guards import ANYONE
from locum.api.operations import Route, bind, operation
from locum.api.problems import WrongMethod
from locum.api.routing import Router, split
from locum.api.wire.base import In, Name
from locum.kit.errors import NotFound, StartError


class Sid(In):
    sid: Name


class AccountId(In):
    account_id: Name


def route(name: str, line: str) -> Route:
    if "{sid}" in line:

        @operation(name, line, who=ANYONE, summary="")
        async def with_sid(call: Call[Sid, None, None]) -> None: ...

        return bind(with_sid)
    if "{accountId}" in line:

        @operation(name, line, who=ANYONE, summary="")
        async def with_id(call: Call[AccountId, None, None]) -> None: ...

        return bind(with_id)

    @operation(name, line, who=ANYONE, summary="")
    async def plain(call: Call[None, None, None]) -> None: ...

    return bind(plain)


ROUTER = Router(
    route(name, line)
    for name, line in [
        ("Search", "GET /api/v1/Account/Search"),
        ("BySid", "GET /api/v1/Account/BySid/{sid}"),
        ("Groups", "GET /api/v1/Account/{accountId}/Groups"),
        ("Get", "GET /api/v1/Account/{accountId}"),
        ("Put", "PUT /api/v1/Account/{accountId}"),
    ]
)


def found(path: str, method: str = "GET") -> tuple[str, dict[str, str]]:
    one, variables = ROUTER.find(method, path.encode())
    return one.operation.name, variables


def test_the_leftmost_literal_wins() -> None:
    assert found("/api/v1/Account/Search") == ("Search", {})
    assert found("/api/v1/Account/other") == ("Get", {"accountId": "other"})
    assert found("/api/v1/Account/BySid/Groups") == ("BySid", {"sid": "Groups"})
    assert found("/api/v1/Account/x/Groups") == ("Groups", {"accountId": "x"})


def test_a_literal_that_leads_nowhere_gives_way() -> None:
    assert found("/api/v1/Account/Search/Groups") == ("Groups", {"accountId": "Search"})
    assert found("/api/v1/Account/BySid") == ("Get", {"accountId": "BySid"})


def test_a_literal_path_has_the_methods_of_its_own() -> None:
    with pytest.raises(WrongMethod) as caught:
        found("/api/v1/Account/Search", "PUT")
    assert caught.value.allow == "GET, HEAD, OPTIONS"


def test_variables_keep_their_case() -> None:
    assert found("/API/v1/ACCOUNT/AbC") == ("Get", {"accountId": "AbC"})


@pytest.mark.parametrize(
    "path", ["", "/", "/api", "/api/v1/Account", "/api/v1/Account/x/y", "/api/v1/Account/x/Groups/z"]
)
def test_what_is_not_there(path: str) -> None:
    with pytest.raises(NotFound):
        found(path)


def test_two_operations_on_one_path_stop_the_start() -> None:
    with pytest.raises(StartError, match=r"One and Two claim the same GET"):
        Router([route("One", "GET /a/{sid}"), route("Two", "GET /A/{accountId}")])


def test_options_of_a_path() -> None:
    assert ROUTER.allow(b"/api/v1/account/x/") == "GET, HEAD, OPTIONS, PUT"


@given(st.binary(max_size=60).map(lambda b: b"/api/" + b))
def test_any_path_splits_into_plain_segments_or_is_not_found(raw: bytes) -> None:
    try:
        segments = split(raw)
    except NotFound:
        return
    assert all(
        (s not in ("", ".", "..") and "/" not in s and s.isprintable()) or ord(max(s)) > 127 for s in segments
    )
