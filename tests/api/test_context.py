"""What a handler is given."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from locum.api.context import Call, Reply
from locum.identities.caller import Caller

ANN = Caller(UUID(int=1), "ann", "local", frozenset(), frozenset(), None, "192.0.2.1")
API: Any = None


def call(caller: Caller | None) -> Call[None, None, None]:
    return Call(
        params=None,
        query=None,
        body=None,
        api=API,
        reply=Reply(),
        address="192.0.2.1",
        client=None,
        certificate=None,
        cookies={},
        signed_in=caller,
    )


def test_the_caller_is_who_signed_in() -> None:
    assert call(ANN).caller is ANN


def test_nobody_is_no_caller() -> None:
    with pytest.raises(LookupError):
        _ = call(None).caller


def test_cookies_are_out_of_reach_of_scripts_and_other_sites() -> None:
    reply = Reply()
    reply.set_cookie("a", "b", max_age=5)
    assert reply.headers == [(b"set-cookie", b"a=b; Max-Age=5; Path=/; HttpOnly; Secure; SameSite=Strict")]
