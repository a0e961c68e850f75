"""What you may reach (SEC-07, SEC-11): every live route before every kind of caller, with real tokens and keys.

Who may call what comes from contract/: the roles of operations.json, and for operations beyond it the entries of
deviations.toml. Our own guards are not asked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from contract.comparison import load
from estate import Estate
from identities_world import Caller
from locum.api.app import all_routes
from locum.api.operations import Route
from locum.audit.model import audit_event
from principals import Principal, principals

pytestmark = pytest.mark.anyio

LIVE = [(route, path) for route in all_routes() for path in route.operation.paths]

# Where an operation refuses whom the roles let pass: (operation, principal) → the audit log's words. Each has a reason.
NO_SIGN_IN = "sign-in"  # an API key is no sign-in: there is nothing to renew or to sign out of
NO_PERSON = "local user"  # an application has no password, second factor or SSH key: its API key is its only proof
DEVIATIONS = {
    ("UserToken.Get", "app"): NO_SIGN_IN,
    ("SignIn.Out", "app"): NO_SIGN_IN,
    ("SecondFactor.Get", "app"): NO_PERSON,
    ("SecondFactor.Get", "app by certificate"): NO_PERSON,
    ("Passkey.Options", "app"): NO_PERSON,
    ("Passkey.Options", "app by certificate"): NO_PERSON,
    ("Passkey.Delete", "app"): NO_PERSON,
    ("Passkey.Delete", "app by certificate"): NO_PERSON,
    # Which recordings there are is not told, so that one that is not there is refused as one out of scope.
    ("Recording.GetCast", "user plus"): "permission recordings:ended:view for this recording",
}


@dataclass(frozen=True)
class Access:
    """Who may call an operation. `roles` None: no complete sign-in at all; empty: every one."""

    roles: frozenset[str] | None
    steps: frozenset[str] = frozenset()
    open: bool = False


def wanted() -> dict[str, Access]:
    """By operation, as contract/ has it."""
    deviations = load("deviations")
    found = {name: Access(frozenset(fact["roles"])) for name, fact in load("operations").items()}
    for entry in deviations["extra"]:
        roles = frozenset(entry["roles"]) if "roles" in entry else None
        found[entry["operation"]] = Access(roles, frozenset(entry.get("steps", ())), entry.get("open", False))
    for entry in deviations["deviation"]:
        if "steps" in entry:
            found[entry["operation"]] = Access(found[entry["operation"]].roles, frozenset(entry["steps"]))
    return found


ACCESS = wanted()


def missing(operation: str, name: str, who: Principal) -> str | None:
    """What stands in the way of `who`, in the audit log's words; None if nothing does."""
    access = ACCESS[operation]
    if who.for_nothing:
        return f"key scope operation {operation}"
    if who.step is not None:
        return None if who.step in access.steps else who.step
    if access.roles is None:
        return "pending sign-in"
    if access.roles and not access.roles & who.roles:
        return "role " + ", ".join(sorted(access.roles))
    return DEVIATIONS.get((operation, name))


def filled(path: str, policy_id: str) -> str:
    """The path with ids of nothing, but for a policy's: a custom role's holder must meet one of its scope."""
    path = re.sub(r"{(accessControlPolicyId|policyId)}", policy_id, path)
    return re.sub(r"{\w+}", str(UUID(int=1)), path)


async def verdict(caller: Caller, who: Principal, route: Route, path: str) -> tuple[int, str]:
    """Status and detail; 0 for everything that only happens to who passed the guard."""
    content = b"" if route.body_type is None else b"{}"
    if route.body_raw and who.codes:
        content = who.codes.pop().encode()
    headers = {**who.headers(), "Content-Type": "application/json"}
    answer = await caller.http.request(route.operation.method, path, content=content, headers=headers)
    caller.http.cookies.clear()
    if answer.status_code not in (401, 403):
        assert answer.status_code < 500, answer.text
        return 0, ""
    return answer.status_code, answer.json()["detail"]


class Denial(msgspec.Struct, frozen=True):
    actor_id: UUID
    detail: str


async def test_sec_07_and_11_every_route_before_every_principal(estate: Estate) -> None:
    """On PostgreSQL every seventh route. What is refused says what was missing, in the answer and in the audit log."""
    everybody = await principals(estate)
    routes = LIVE if estate.database.engine.dialect.name == "sqlite" else LIVE[::7]
    caller = estate.callers.nobody()
    wrong, denied = [], set()
    for route, path in routes:
        operation = route.operation.name
        for name, who in everybody.items():
            closed = not ACCESS[operation].open
            lacks = missing(operation, name, who) if closed and not who.unknown else None
            expected = 403 if lacks else 401 if closed and who.unknown else 0
            status, detail = await verdict(caller, who, route, filled(path, estate.ids["admins"]))
            if status != expected or not told(lacks, detail):
                wrong.append(f"{operation} by {name}: {status} {detail!r}; contract: {expected} {lacks!r}")
            elif lacks:
                denied.add((who.identity_id, operation, lacks))
    assert not wrong, "\n".join(wrong)
    assert denied <= audited(estate)
    assert len(denied) > 2 * len(routes)


def told(lacks: str | None, detail: str) -> bool:
    """Whether the answer names what is missing."""
    if lacks is None:
        return True
    words = {
        "second_factor": ("the sign-in lacks the second factor",),
        "enrolment": ("the sign-in lacks a second factor: enrol one", "a second factor must be enrolled first"),
        "password_change": ("the sign-in lacks a new password", "the password must be changed first"),
        "pending sign-in": ("this step of the sign-in is not waiting to be done",),
        NO_SIGN_IN: ("an API key",),
        NO_PERSON: ("only local users",),
    }
    plain = lacks.removeprefix("role ").removeprefix("key scope ")
    return any(text in detail for text in words.get(lacks, (plain,)))


def audited(estate: Estate) -> set[tuple[UUID, str, str]]:
    """Who was refused what for lack of what, by the audit log."""
    query = sa.select(audit_event.c.actor_id, audit_event.c.detail).where(audit_event.c.action == "access.denied")
    rows = estate.database.submit_read(lambda tx: tx.rows(Denial, query)).result()
    details = [(row.actor_id, json.loads(row.detail)) for row in rows]
    return {(who, detail["operation"], detail["missing"]) for who, detail in details}


def test_sec_11_what_is_open_to_anyone_is_a_short_list() -> None:
    """Everything else asks who calls, whatever contract/ comes to say."""
    assert {path for route, path in LIVE if not route.who.signed_in} == {
        "/api/v1/Health",
        "/api/v1/Version",
        "/signinBody",
        "/signin",
        "/WebAppApi/api/v1/AppUserToken",
        "/api/locum/v1/SignIn/Passkey/Options",
        "/api/locum/v1/SignIn/Passkey",
    }
    assert {name for name, access in ACCESS.items() if access.open} == {
        route.operation.name for route, _ in LIVE if not route.who.signed_in
    }
