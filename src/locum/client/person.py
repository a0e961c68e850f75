"""A person signs in over REST with password and code, to have an SSH key that is good for as long as the sign-in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from locum.client import wire
from locum.client.address import server, trusted
from locum.client.errors import BadAnswer
from locum.client.exchange import Call
from locum.client.values import Secret

PASSWORD, CODE, KEY = "/signinBody", "/signin2fa", "/api/locum/v1/SshKey"


def register_sign_in_key(
    url: str | None,
    ca_file: str | Path | None,
    *,
    user: str,
    password: str,
    code: Callable[[], str],
    public_key: str,
    name: str,
    timeout: float = 10.0,
) -> dt.datetime:
    """Sign `user` in and register `public_key` (the line of a `.pub` file) as a key of this sign-in.

    `code` is asked when the password was right; any code passes for somebody without a second factor. Answers when the
    sign-in is over at the latest. Raises ClientError. Nothing is sent twice: a code is good once, and a wrong one is
    counted.
    """
    with httpx.Client(**wire.plain_options(server(url), trusted(ca_file), timeout)) as client:
        first = {"login": user, "password": password}
        pending = _token(wire.ask(client, Call("POST", PASSWORD, body=first, repeatable=False)))
        signed_in = _token(wire.ask(client, Call("POST", CODE, body=code(), repeatable=False), pending))
        client.cookies.clear()  # the token is enough, and speaks for no browser
        body = {"name": name, "publicKey": public_key, "endsWithSignIn": True}
        found = wire.ask(client, Call("POST", KEY, body=body, repeatable=False), signed_in)
    return _end(found)


def _token(found: Any) -> Secret:
    if not (isinstance(found, str) and found and found.isascii() and found.isprintable()):
        raise BadAnswer("the answer to the sign-in is no token")
    return Secret(found)


def _end(found: Any) -> dt.datetime:
    try:
        end = dt.datetime.fromisoformat(str(found["endsAt"]))
    except (TypeError, KeyError, ValueError):
        end = None
    if end is None or end.tzinfo is None:
        raise BadAnswer("the answer does not say when the sign-in ends: is this server older than this command?")
    return end
