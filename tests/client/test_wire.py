"""What goes over the wire: the key in one header of each request and nowhere else."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx

from locum.client.errors import Unreachable
from locum.client.exchange import Answer, Call, Failure
from locum.client.values import Secret
from locum.client.wire import SIGN_IN, answer, failure, request, unauthorized

KEY = Secret("canary-key")


def test_one_header_holds_the_proof() -> None:
    with httpx.Client(base_url="https://locum.test") as client:
        made = request(client, Call("POST", "/a", {"x": "1 2"}, {"b": 1}), KEY)
        assert (made.method, str(made.url)) == ("POST", "https://locum.test/a?x=1+2")
        assert (json.loads(made.content), made.headers["Authorization"]) == ({"b": 1}, "Bearer canary-key")
        assert "canary" not in repr(made.headers)
        for bare in (request(client, Call("POST", SIGN_IN), KEY), request(client, Call("GET", "/a"), None)):
            assert "Authorization" not in bare.headers


def test_answers_and_failures() -> None:
    assert answer(httpx.Response(429, content=b"x", headers={"Retry-After": "3"})) == Answer(429, b"x", "3")
    assert [unauthorized(given) for given in (Answer(401, b""), Answer(403, b""), Failure(Unreachable("")))] == [
        True,
        False,
        False,
    ]
    assert "too long" in str(failure(httpx.ReadTimeout("")).error)
    assert "can't be reached" in str(failure(httpx.ConnectError("refused")).error)


def test_the_client_imports_no_server() -> None:
    server = "('sqlalchemy', 'asyncssh', 'uvicorn', 'starlette', 'msgspec', 'structlog')"
    code = (
        f"import sys, locum.client; print([n for n in sys.modules if n in {server} or n.startswith('locum.kit')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
