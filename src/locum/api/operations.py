"""The operation table: each operation is declared once, beside its handler; what is not in it does not exist.

    @operation(
        "ManagedAccount.GenerateApiKeyAsync",
        "PUT /api/v1/ManagedAccount/GenerateApiKey/{managedAccountId}",
        who=ADMIN_OR_APP, permission=Permission.ACCOUNTS_KEY_GENERATE,
        problems=(404,), audit="api_key.generated", summary="Replace the application's key",
    )
    def generate_api_key(tx: Tx, call: Call[AccountId, None, None]) -> None: ...

The handler's annotations are part of the declaration. Its first parameter says which unit of work it runs in: `Tx`
writes, `ReadTx` only looks, and an `async def` without either waits for something and opens its own units.
`Call[Params, Query, Body]` says what is read from the request: Structs derived from `In`, `None` for nothing; a body
may also be a list, a bare value, `X | None` (may be left out), `RawBody` or `BodyParts`. The return annotation is the
answer; `Dialogue` makes the operation a WebSocket.
Router, guards, OpenAPI document, audit and the contract harness read this table and nothing else.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any
from uuid import UUID

import msgspec

from locum.api.context import Call
from locum.api.guards import Filtered, Scope, Who
from locum.api.reading import BodyParts, RawBody, Reader, reader_of
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import StartError
from locum.kit.permissions import Permission

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
ALLOWED_PROBLEMS = (400, 401, 403, 404, 405, 409, 413, 415, 429, 503)

Handler = Callable[..., Any]


class Unit(Enum):
    """Where a handler runs."""

    READ = "read"
    WRITE = "write"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Operation:
    """What is said about an operation beside its handler. `name` is the contract's `Controller.Id`."""

    name: str
    method: str
    paths: tuple[str, ...]
    who: Who | None
    permission: Permission | None
    scope: Scope | Filtered | None
    problems: tuple[int, ...]
    audit: str | None
    status: int
    summary: str
    form: bool
    handler: Handler


@dataclass(frozen=True, slots=True)
class Route:
    """An operation whose declaration held together, with the readers of its inputs ready."""

    operation: Operation
    who: Who
    unit: Unit
    params_type: Any
    query_type: Any
    body_type: Any
    answer_type: Any
    read_params: Reader | None
    read_query: Reader | None
    query_lists: frozenset[str]  # lower-cased names of the query parameters that may be repeated
    read_body: Reader | None
    body_optional: bool
    body_raw: bool
    problems: tuple[int, ...]
    scope_field: str | None  # of the params: what the operation's scope is about


def operation(
    name: str,
    route: str,
    *,
    who: Who | None = None,
    permission: Permission | None = None,
    scope: Scope | Filtered | None = None,
    problems: tuple[int, ...] = (),
    audit: str | None = None,
    status: int = 200,
    also: tuple[str, ...] = (),
    form: bool = False,
    summary: str,
) -> Callable[[Handler], Operation]:
    """Declare the operation that the decorated function handles; `route` is "METHOD /path/{variable}".

    `problems` lists the error statuses the handler's own rules can give; those of the kernel (400, 401, 403, 413, 415)
    are added. `scope` opens the operation to custom roles, for the thing it names. `audit` names the row a writing
    handler records, in the same unit. `also` are further paths; `form` takes the body as a form too.
    """
    method, _, path = route.partition(" ")

    def declare(handler: Handler) -> Operation:
        paths = (path, *also)
        return Operation(
            name, method, paths, who, permission, scope, problems, audit, status, summary, form, handler
        )

    return declare


def table(controllers: Iterable[ModuleType]) -> tuple[Route, ...]:
    """Collect the operations of the controllers. Raises StartError for the first declaration that does not hold."""
    routes = []
    names: set[str] = set()
    for controller in controllers:
        for value in vars(controller).values():
            if not isinstance(value, Operation) or value.handler.__module__ != controller.__name__:
                continue
            if value.name in names:
                raise StartError(f"operation {value.name} is declared twice")
            names.add(value.name)
            routes.append(bind(value))
    return tuple(routes)


def bind(op: Operation) -> Route:
    """Check one declaration against its handler. Default deny: without `who` or permission nothing starts."""
    who = _check_guard(op)
    _check_route(op)
    hints = typing.get_type_hints(op.handler, include_extras=True)
    unit, call = _unit_of(op, hints)
    if unit is Unit.WRITE and op.audit is None:
        raise StartError(f"operation {op.name} writes and declares no audit row")
    params, query, body = (None if arg is type(None) else arg for arg in typing.get_args(call))
    if "return" not in hints:
        raise StartError(f"operation {op.name} does not say what it answers")
    optional, body = _without_none(body)
    raw = body in (RawBody, BodyParts)
    variables = set(re.findall(r"{(\w+)}", op.paths[0]))
    declared = {f.encode_name for f in msgspec.structs.fields(params)} if params is not None else set()
    if declared != variables:
        raise StartError(f"operation {op.name} has the path variables {variables} and reads {declared}")
    return Route(
        operation=op,
        who=who,
        unit=unit,
        params_type=params,
        query_type=query,
        body_type=body,
        answer_type=hints["return"],
        read_params=_reader(op, params, nil_is_absent=False),
        read_query=_reader(op, query),
        query_lists=_lists(query),
        read_body=None if raw else _reader(op, body),
        body_optional=optional,
        body_raw=raw,
        problems=_problems(op, who, has_input=any((params, query, body)), has_body=body is not None and not raw),
        scope_field=_scope_field(op, params),
    )


def _check_guard(op: Operation) -> Who:
    if op.who is None:
        raise StartError(f"operation {op.name} does not say who may call it")
    if op.who.needs_permission and op.permission is None:
        raise StartError(f"operation {op.name} declares no permission")
    if not op.who.needs_permission and op.permission is not None:
        raise StartError(f"operation {op.name} asks a permission of callers who can't have one yet")
    return op.who


def _check_route(op: Operation) -> None:
    if op.method not in METHODS:
        raise StartError(f"operation {op.name} has the unknown method {op.method}")
    for path in op.paths:
        if not re.fullmatch(r"(/(\w[\w.-]*|{\w+}))+", path):
            raise StartError(f"operation {op.name} has the malformed path {path}")
    if not set(op.problems) <= set(ALLOWED_PROBLEMS):
        raise StartError(f"operation {op.name} declares an error status that is not ours")


def _scope_field(op: Operation, params: Any) -> str | None:
    if op.scope is None:
        return None
    if op.permission is None:
        raise StartError(f"operation {op.name} declares a scope and no permission")
    if not op.scope.rights:
        raise StartError(f"operation {op.name} declares a scope that no right opens")
    if isinstance(op.scope, Filtered):
        return None
    for field in msgspec.structs.fields(params) if params is not None else ():
        if field.encode_name == op.scope.variable and field.type is UUID:
            return field.name
    raise StartError(f"operation {op.name} has a scope about {op.scope.variable}, which is no id in its path")


def _unit_of(op: Operation, hints: dict[str, Any]) -> tuple[Unit, Any]:
    """The unit and the `Call[…]` the handler's annotations ask for."""
    names = list(inspect.signature(op.handler).parameters)
    types = [hints.get(name) for name in names]
    if not types or typing.get_origin(types[-1]) is not Call:
        raise StartError(f"operation {op.name}: the handler's last parameter must be Call[Params, Query, Body]")
    waits = inspect.iscoroutinefunction(op.handler)
    if waits and len(types) == 1:
        return Unit.WAITING, types[-1]
    if not waits and len(types) == 2 and types[0] is Tx:
        return Unit.WRITE, types[-1]
    if not waits and len(types) == 2 and types[0] is ReadTx:
        return Unit.READ, types[-1]
    raise StartError(f"operation {op.name}: the handler must be (tx: Tx | ReadTx, call) or async (call)")


def _without_none(declared: Any) -> tuple[bool, Any]:
    arguments = typing.get_args(declared)
    if type(None) not in arguments:
        return False, declared
    rest = [a for a in arguments if a is not type(None)]
    return True, rest[0] if len(rest) == 1 else typing.Union[tuple(rest)]  # noqa: UP007 - built at run time


def _reader(op: Operation, declared: Any, *, nil_is_absent: bool = True) -> Reader | None:
    if declared is None:
        return None
    try:
        return reader_of(declared, nil_is_absent=nil_is_absent)
    except StartError as error:
        raise StartError(f"operation {op.name}: {error.detail}") from None


def _lists(query: Any) -> frozenset[str]:
    if query is None:
        return frozenset()
    fields = msgspec.inspect.type_info(query).fields  # type: ignore[attr-defined]
    return frozenset(f.encode_name.lower() for f in fields if isinstance(f.type, msgspec.inspect.ListType))


def _problems(op: Operation, who: Who, *, has_input: bool, has_body: bool) -> tuple[int, ...]:
    found = set(op.problems)
    if who.signed_in:
        found |= {401, 403}
    if has_input:
        found.add(400)
    if has_body:
        found |= {413, 415}
    return tuple(sorted(found))
