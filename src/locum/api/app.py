"""The whole request chain, as one list you can read.

1. the path chooses the route (`routing`), decoded once; no route, no handler
2. the credential (Authorization header, or the cookie of a sign-in) is checked as far as that needs no database
3. path variables, query and body are read within limits (`request`, `reading`); what is wrong is kept for 4c
4. in one database unit of work:
   a. the caller is authenticated (401)
   b. the guard lets the caller pass (403); an API key whose uses are limited is counted before anything else is done
   c. what is wrong with the inputs is said (400, 413, 415), so that only those who may call learn about it
   d. the handler runs
5. the answer is encoded after the commit; every failure becomes a problem (`problems`), every refusal of a signed-in
   caller an audit row (`denials`)

The handshake of a WebSocket is a GET that passes the same chain; what refuses it is answered over HTTP.
"""

from __future__ import annotations

import secrets
import time
import traceback
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any
from urllib.parse import quote
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from locum.api.context import (
    SIGNED_IN_COOKIE,
    Api,
    Asciicast,
    Call,
    Dialogue,
    Download,
    LiveCast,
    PlainText,
    Reply,
)
from locum.api.controllers import CONTROLLERS
from locum.api.denials import Denials
from locum.api.dialogue import answering, converse
from locum.api.guards import authorise
from locum.api.openapi import describe
from locum.api.operations import Route, Unit, bind, table
from locum.api.problems import MEDIA_TYPE, problem_of
from locum.api.reading import BodyParts, read
from locum.api.request import (
    body_parts,
    client_certificate,
    cookies,
    credential,
    from_our_page,
    header,
    read_body,
    read_query,
    receive_body,
)
from locum.api.routing import Router
from locum.api.streaming import stream
from locum.api.wire.base import encoder
from locum.identities import signins
from locum.identities.caller import Caller
from locum.identities.key_usage import spend
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden, Invalid, LocumError, Unauthenticated

_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=31536000"),
    # An answer of the API is no page: where a browser shows one as such, it may load, run and be framed by nothing.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
]
_JSON = (b"content-type", b"application/json; charset=utf-8")
_CAST = (b"content-type", Asciicast.MEDIA.encode("ascii"))
_TEXT = (b"content-type", PlainText.MEDIA.encode("ascii") + b"; charset=utf-8")
_FILE = (b"content-type", Download.MEDIA.encode("ascii"))
_PROBLEM = (b"content-type", MEDIA_TYPE.encode("ascii"))

log = structlog.get_logger("locum.api")

Headers = list[tuple[bytes, bytes]]


def create_app(api: Api, controllers: tuple[ModuleType, ...] = CONTROLLERS) -> ASGIApp:
    """The API as an ASGI application. Raises StartError if one operation's declaration does not hold."""
    return _Kernel(api, _router(controllers))


@cache
def all_routes(controllers: tuple[ModuleType, ...] = CONTROLLERS) -> tuple[Route, ...]:
    """Every operation there is, the one that describes them included. Kept, for declarations stay as they are."""
    routes = list(table(controllers))
    routes.append(bind(describe(routes)))
    return tuple(routes)


@cache
def _router(controllers: tuple[ModuleType, ...]) -> Router:
    return Router(all_routes(controllers))


class _Uncounted(Exception):
    """The caller's API key has limited uses, and this one is not counted yet."""


class _Work:
    """Step 4 of one request. A unit that is run again after a lost connection starts from the top."""

    __slots__ = (
        "address",
        "api",
        "authenticate",
        "broken",
        "caller",
        "cookies",
        "counted",
        "inputs",
        "reply",
        "route",
        "scope",
        "thing",
    )

    def __init__(self, api: Api, route: Route, scope: Scope) -> None:
        client = scope.get("client")
        self.api = api
        self.route = route
        self.address: str | None = client[0] if client else None
        self.scope = scope
        self.cookies = cookies(scope)
        self.authenticate = self._proof() if route.who.signed_in else None
        self.counted = False
        self.inputs: tuple[Any, Any, Any] = (None, None, None)
        self.thing: UUID | None = None
        self.broken: LocumError | None = None
        self.caller: Caller | None = None
        self.reply = Reply()

    async def read(self, variables: dict[str, str], scope: Scope, receive: Receive) -> None:
        """Step 3."""
        route = self.route
        try:
            params = None if route.read_params is None else read(route.read_params, variables)
            if route.scope_field is not None:  # the guard knows it even where something else is wrong
                self.thing = getattr(params, route.scope_field)
            if scope["type"] == "websocket" and route.answer_type is not Dialogue:
                raise Invalid("there is no WebSocket here")
            query = read_query(route, scope["query_string"])
            body: Any = None
            if route.body_type is BodyParts:
                body = BodyParts(body_parts(receive))
            elif route.read_body is not None or route.body_raw:
                body = read_body(route, scope, await receive_body(scope, receive))
            self.inputs = (params, query, body)
        except LocumError as error:
            self.broken = error

    def _proof(self) -> Callable[[ReadTx], Caller]:
        """Step 2. A header counts before a cookie, so that a script with a cookie jar is who its token says."""
        offered = credential(self.scope)
        if offered is not None:
            return self.api.prove(offered, self.address)
        cookie = self.cookies.get(SIGNED_IN_COOKIE)
        if cookie is None:
            raise Unauthenticated("this needs an Authorization header with a token or an API key")
        if not from_our_page(self.scope):
            raise Forbidden("another site made the browser send this", missing="a request from our own page")
        return self.api.prove_cookie(cookie, self.address)

    def admit(self, tx: ReadTx) -> None:
        """Steps 4a to 4c."""
        self.caller = None
        if self.authenticate is not None:
            self.caller = caller = self.authenticate(tx)
            if caller.key is not None and not self.counted:
                if caller.key.counted:
                    raise _Uncounted
                self.api.usage.note(caller.key.id, self.address)
                self.counted = True
            operation = self.route.operation
            authorise(self.route.who, operation.permission, caller, operation.name, operation.scope, self.thing)
        if self.broken is not None:
            raise self.broken

    def call(self) -> Call[Any, Any, Any]:
        self.reply = Reply()
        params, query, body = self.inputs
        return Call(
            params=params,
            query=query,
            body=body,
            api=self.api,
            reply=self.reply,
            address=self.address,
            client=header(self.scope, b"user-agent"),
            certificate=client_certificate(self.scope),
            cookies=self.cookies,
            signed_in=self.caller,
        )

    def run(self, tx: ReadTx) -> Any:
        """The unit of work of a handler that reads or writes."""
        self.admit(tx)
        return self.route.operation.handler(tx, self.call())

    async def perform(self) -> Any:
        """Step 4, whatever has to be written down about the caller besides."""
        try:
            result = await self._perform()
        except _Uncounted:
            await self.api.db.write(self._count)
            result = await self._perform()
        await self._touch()
        return result

    async def _touch(self) -> None:
        caller = self.caller
        if caller is not None and caller.touch and caller.sign_in_id is not None:
            await self.api.db.write(signins.used, caller.sign_in_id)

    async def admit_again(self, used: bool = False) -> None:
        """Whether the caller could still call now, for an answer that goes on. Raises LocumError.

        `used`: a person did something, so their sign-in is not idle.
        """
        await self.api.db.read(self.admit)
        # Its end is looked at when a token is presented, and this one was long ago.
        token_end = self.caller.token_end if self.caller else None
        if token_end is not None and token_end <= time.time():
            raise Unauthenticated("the token has run out")
        if used:
            await self._touch()

    def _count(self, tx: Tx) -> None:
        assert self.caller is not None
        assert self.caller.key is not None
        spend(tx, self.caller.key.id, self.address)
        self.counted = True

    async def _perform(self) -> Any:
        """Step 4, wherever the handler runs."""
        db = self.api.db
        if self.route.unit is Unit.WRITE:
            return await db.write(self.run)
        if self.route.unit is Unit.READ:
            return await db.read(self.run)
        if self.authenticate is not None:
            await db.read(self.admit)
        elif self.broken is not None:
            raise self.broken
        return await self.route.operation.handler(self.call())


class _Kernel:
    def __init__(self, api: Api, router: Router) -> None:
        self._api = api
        self._router = router
        self._denials = Denials(api.db)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            scope = {**scope, "method": "GET"}
        elif scope["type"] != "http":
            return
        answer = send if scope["type"] == "http" else answering(send)
        trace_id = secrets.token_hex(16)
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        name = None
        try:
            if scope["method"] == "OPTIONS":
                await _answer(
                    scope, answer, 204, b"", [(b"allow", self._router.allow(raw_path).encode())], trace_id
                )
                return
            route, variables = self._router.find(scope["method"], raw_path)
            name = route.operation.name
            work = _Work(self._api, route, scope)
            await work.read(variables, scope, receive)
            try:
                result = await work.perform()
            except Forbidden as error:
                if work.caller is not None:
                    await self._denials.note(work.caller, name, error)
                raise
            if isinstance(result, Dialogue):
                if scope["type"] == "http":
                    raise Invalid("this is a WebSocket: open it as one")
                await converse(result.hold, [(b"traceid", trace_id.encode())], work.admit_again, receive, send)
                return
            if isinstance(result, LiveCast | Download):
                sent = [*_HEADERS, *_of_stream(result), (b"traceid", trace_id.encode())]
                if scope["method"] == "HEAD":
                    await result.parts.aclose()
                whole = isinstance(result, Download)
                status = route.operation.status
                await stream(result.parts, status, sent, work.admit_again, receive, send, whole=whole)
                return
            # An operation that answers nothing has no body; one that answers null would have the text "null".
            empty = result is None and route.answer_type is type(None)
            body, media = (b"", _JSON) if empty else _encoded(result)
            headers = work.reply.headers if empty else [media, *work.reply.headers]
            status = route.operation.status
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the outermost boundary of a request: a fault must get an answer
            if not isinstance(error, LocumError):
                _log_fault(error, name, trace_id)
            instance = raw_path.decode("ascii", "replace")[:2048]
            problem = problem_of(error, instance=instance, trace_id=trace_id)
            status, body, headers = problem.status, problem.body, [_PROBLEM, *problem.headers]
        await _answer(scope, answer, status, body, headers, trace_id)


def _of_stream(result: LiveCast | Download) -> Headers:
    if isinstance(result, LiveCast):
        return [_CAST]
    name = quote(result.name, safe="")
    found = [_FILE, (b"content-disposition", f"attachment; filename*=UTF-8''{name}".encode())]
    return found if result.size is None else [*found, (b"content-length", str(result.size).encode())]


def _encoded(result: Any) -> tuple[bytes, tuple[bytes, bytes]]:
    if isinstance(result, Asciicast):
        return result.content, _CAST
    if isinstance(result, PlainText):
        return result.content, _TEXT
    return encoder.encode(result), _JSON


async def _answer(scope: Scope, send: Send, status: int, body: bytes, headers: Headers, trace_id: str) -> None:
    length = (b"content-length", str(len(body)).encode()) if status != 204 else None
    sent = [*_HEADERS, *headers, (b"traceid", trace_id.encode())]
    if length is not None:
        sent.append(length)
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _log_fault(error: BaseException, operation: str | None, trace_id: str) -> None:
    """Kinds and places only: a database error's text holds the statement's values, which may be secret."""
    places = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    kinds = []
    cause: BaseException | None = error
    while cause is not None:
        kinds.append(type(cause).__qualname__)
        cause = cause.__cause__
    log.error("request failed", operation=operation, trace_id=trace_id, kinds=kinds, places=places)
