"""Reading a request within limits: headers, query, body. Bounds come before the parser sees anything (SEC-29)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.types import Receive, Scope

from locum.api.operations import Route
from locum.api.problems import WrongMedia
from locum.api.reading import RawBody, read
from locum.kit.errors import Invalid, TooLarge, Unauthenticated

BODY_LIMIT = 1024 * 1024  # bytes
BODY_SECONDS = 30
DEPTH_LIMIT = 32
ELEMENT_LIMIT = 20_000
QUERY_LIMIT = 200  # parameters

_STRING = re.compile(rb'"(?:[^"\\]+|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_FORM = "application/x-www-form-urlencoded"
_JSON = re.compile(r"(application/([\w.+-]+\+)?json|text/json)", re.IGNORECASE)


def header(scope: Scope, name: bytes) -> str | None:
    """The header `name` (lower case), None where it is missing. Raises Invalid where it is repeated."""
    found = None
    for key, value in scope["headers"]:
        if key == name:
            if found is not None:
                raise Invalid(f"the header {name.decode()} is there twice")
            found = value.decode("latin-1")
    return found


def credential(scope: Scope) -> str | None:
    """What the Authorization header proves with: a token or an API key, with or without "Bearer" before it."""
    value = (header(scope, b"authorization") or "").strip()
    scheme, blank, rest = value.partition(" ")
    if blank and scheme.lower() == "bearer":
        value = rest.strip()
    if not value:
        return None
    if " " in value:
        raise Unauthenticated("the Authorization header must be a Bearer token or an API key")
    return value


def cookies(scope: Scope) -> dict[str, str]:
    """The request's cookies."""
    value = header(scope, b"cookie")
    return cookie_parser(value) if value else {}


def client_certificate(scope: Scope) -> bytes | None:
    """The client certificate of the TLS connection (DER), which TLS has checked against the operator's CA."""
    found: bytes | None = scope.get("extensions", {}).get("tls", {}).get("client_cert_der")
    return found


def from_our_page(scope: Scope) -> bool:
    """Whether a page of ours, or no page at all, made the browser send this request (SEC-31).

    A cookie comes along whoever made the browser send it, so a request that proves itself by cookie must show where it
    comes from: by Fetch Metadata, which every current browser sends and no page can forge, or else by its Origin.
    """
    site = header(scope, b"sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = header(scope, b"origin")
    if origin is not None:
        return origin.partition("://")[2] == header(scope, b"host")
    return scope["type"] == "http" and scope["method"] in ("GET", "HEAD")


def read_query(route: Route, query_string: bytes) -> Any:
    """The query parameters. Names match in any case, an empty value is absent, unknown ones are ignored."""
    if route.read_query is None:
        return None
    found: dict[str, Any] = {}
    if query_string:
        for name, value in _pairs(query_string):
            name = name.lower()
            if name in route.query_lists:
                found.setdefault(name, []).append(value)
            else:
                found[name] = value
    return read(route.read_query, found)


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    """Names and values in percent encoding; an empty value is left out."""
    try:
        return parse_qsl(encoded.decode("ascii"), max_num_fields=QUERY_LIMIT, errors="strict")
    except ValueError:
        raise Invalid(f"the parts are not UTF-8 in percent encoding, or over {QUERY_LIMIT}") from None


async def receive_body(scope: Scope, receive: Receive) -> bytes:
    """The whole body. Raises TooLarge as soon as it is, Invalid when it comes too slowly."""
    announced = header(scope, b"content-length")
    if announced is not None and announced.isdigit() and int(announced) > BODY_LIMIT:
        raise TooLarge(f"a body must have at most {BODY_LIMIT} bytes")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                part = message.get("body", b"")
                size += len(part)
                if size > BODY_LIMIT:
                    raise TooLarge(f"a body must have at most {BODY_LIMIT} bytes")
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise Invalid(f"the body did not arrive within {BODY_SECONDS} s") from None


async def body_parts(receive: Receive) -> AsyncIterator[bytes]:
    """The body as it comes. Raises Invalid when no more comes for long, ClientDisconnect when its sender is gone."""
    more = True
    while more:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            raise Invalid(f"nothing of the body came for {BODY_SECONDS} s") from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if part := message.get("body", b""):
            yield part
        more = message.get("more_body", False)


def read_body(route: Route, scope: Scope, body: bytes) -> Any:
    """The declared body. A missing content type counts as JSON."""
    if header(scope, b"content-encoding") not in (None, "", "identity"):
        raise WrongMedia("a body must not be compressed")
    if route.body_raw:
        return RawBody(body)
    if not body.strip():
        if route.body_optional:
            return None
        raise Invalid("this needs a body")
    media = (header(scope, b"content-type") or "application/json").partition(";")[0].strip()
    if route.read_body is not None and route.operation.form and media.lower() == _FORM:
        return read(route.read_body, dict(_pairs(body)))
    if not _JSON.fullmatch(media):
        forms = f" or {_FORM}" if route.operation.form else ""
        raise WrongMedia(f"the body must be application/json{forms}")
    value = decode_json(body)
    if value is None and route.body_optional:
        return None
    if route.read_body is None:
        raise AssertionError("a route with a JSON body has a reader")
    return read(route.read_body, value)


def decode_json(body: bytes) -> Any:
    """JSON as plain values. Raises Invalid, which says where it breaks but not what stands there, or TooLarge."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    _check_size(body)
    try:
        return msgspec.json.decode(body)
    except UnicodeDecodeError:
        raise Invalid("the body is not valid UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        place = re.search(r"\(byte (\d+)\)", str(error))
        raise Invalid("the body is not valid JSON" + (f" at byte {place[1]}" if place else "")) from None


def _check_size(body: bytes) -> None:
    """Bound nesting and the number of values. Counting needs no parser; only a suspicious body is looked at closer."""
    opened = body.count(b"[") + body.count(b"{")
    if opened <= DEPTH_LIMIT and opened + body.count(b",") <= ELEMENT_LIMIT:
        return
    bare = _STRING.sub(b"", body)
    opened = bare.count(b"[") + bare.count(b"{")
    if opened + bare.count(b",") > ELEMENT_LIMIT:
        raise TooLarge(f"a body must hold at most {ELEMENT_LIMIT} values")
    depth = 0
    for match in _BRACKET.finditer(bare):
        depth += 1 if match[0] in b"[{" else -1
        if depth > DEPTH_LIMIT:
            raise Invalid(f"a body must not nest deeper than {DEPTH_LIMIT}")
