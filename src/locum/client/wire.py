"""Requests and answers of httpx, for both clients. Nothing here keeps or shows an Authorization header."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from locum import __version__
from locum.client.address import Address, serial_of
from locum.client.errors import Unreachable, Untrusted
from locum.client.exchange import Answer, Call, Failure, Pause, Steps, exchange
from locum.client.values import Secret

SIGN_IN = "/WebAppApi/api/v1/AppUserToken"


def options(address: Address, timeout: float) -> dict[str, Any]:
    """How both clients of httpx are made: no proxy or .netrc of the environment, no redirects, one timeout."""
    return plain_options(address.url, address.trust, timeout)


def plain_options(url: str, trust: ssl.SSLContext, timeout: float) -> dict[str, Any]:
    """The same for a server that is asked without a key."""
    return {
        "base_url": url,
        "verify": trust,
        "timeout": timeout,
        "trust_env": False,
        "headers": {"User-Agent": f"locum-client/{__version__}", "Accept": "application/json"},
    }


def request(client: httpx.Client | httpx.AsyncClient, call: Call, proof: Secret | None) -> httpx.Request:
    """The request of `call`, by whoever `proof` (an API key or a token) belongs to; the sign-in itself has none."""
    headers = {} if proof is None or call.path == SIGN_IN else {"Authorization": f"Bearer {proof.reveal_text()}"}
    return client.build_request(
        call.method,
        call.path,
        params=dict(call.query) or None,
        json=dict(call.body) if isinstance(call.body, Mapping) else call.body,
        headers=headers,
    )


def answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.content, response.headers.get("Retry-After"))


def unauthorized(outcome: Answer | Failure) -> bool:
    return isinstance(outcome, Answer) and outcome.status == HTTPStatus.UNAUTHORIZED


def failure(error: httpx.HTTPError | httpx.InvalidURL) -> Failure:
    """In words without the request: its headers hold the key."""
    if isinstance(error, httpx.TimeoutException):
        return Failure(Unreachable("the server took too long to answer"))
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ssl.SSLCertVerificationError):
            return Failure(Untrusted(f"the server's certificate is not trusted: {below.verify_message}"))
        below = below.__cause__ or below.__context__
    return Failure(Unreachable(f"the server can't be reached: {error}"))


def ask(client: httpx.Client, call: Call, proof: Secret | None = None) -> Any:
    """The decoded answer of one call, tried again where that is safe. Raises ClientError."""
    plan = exchange(call)
    outcome: Answer | Failure | None = None
    while True:
        try:
            step = plan.send(outcome)
        except StopIteration as end:
            return end.value
        outcome = None
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            continue
        try:
            outcome = answer(client.send(request(client, step, proof)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            outcome = failure(error)


def sign_in(address: Address) -> Steps[Secret]:
    """The proof that calls are made with: the API key, or a token for it and the client certificate."""
    if address.certificate is None:
        return address.key
    body = {
        "login": address.certificate.application,
        "password": address.key.reveal_text(),
        "certificateSerialNumber": serial_of(address.certificate.certificate),
    }
    return Secret((yield from exchange(Call("POST", SIGN_IN, body=body))))
