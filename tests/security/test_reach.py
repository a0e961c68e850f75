"""What you may reach (SEC-07, SEC-11): every live route before every kind of caller, with real tokens and keys.

Who may call what comes from contract/: the roles of operations.json, and for operations beyond it the entries of
deviations.toml. Our own guards are not asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from contract.access import ACCESS
from estate import Estate
from identities_world import Caller, signed_in
from locum.api.app import all_routes, create_app
from locum.api.operations import Route
from locum.audit.model import audit_event
from principals import Principal, bearer, principals
from raw_http import ask

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]  # every operation is called, many times

LIVE = [(route, path) for route in all_routes() for path in route.operation.paths]

# Where an operation refuses whom the roles let pass: (operation, principal) → the audit log's words. Each has a reason.
NO_SIGN_IN = "sign-in"  # an API key is no sign-in: there is nothing to renew or to sign out of
NO_PERSON = "local user"  # an application has no password, second factor or SSH key: its API key is its only proof
NOT_ONE_S_OWN = "sessions:any:manage"  # the path names another account, whose access only administrators may see
DEVIATIONS = {
    **{
        ("AccessControlPolicy.GetPoliciesForAccountAsync", name): NOT_ONE_S_OWN
        for name in ("user", "by cookie", "user plus", "reviewer", "app", "app by certificate")
    },
    ("UserToken.Get", "app"): NO_SIGN_IN,
    ("SignIn.Out", "app"): NO_SIGN_IN,
    ("SecondFactor.Get", "app"): NO_PERSON,
    ("SecondFactor.Get", "app by certificate"): NO_PERSON,
    ("Passkey.Options", "app"): NO_PERSON,
    ("Passkey.Options", "app by certificate"): NO_PERSON,
    ("Passkey.Delete", "app"): NO_PERSON,
    ("Passkey.Delete", "app by certificate"): NO_PERSON,
    ("Terminal.Ticket", "app"): NO_PERSON,
    ("Terminal.Ticket", "app by certificate"): NO_PERSON,
    ("Terminal.Open", "app"): NO_PERSON,
    ("Terminal.Open", "app by certificate"): NO_PERSON,
    ("Terminal.Folder", "app"): NO_PERSON,
    ("Terminal.Folder", "app by certificate"): NO_PERSON,
    ("Terminal.Download", "app"): NO_PERSON,
    ("Terminal.Download", "app by certificate"): NO_PERSON,
    ("Terminal.Upload", "app"): NO_PERSON,
    ("Terminal.Upload", "app by certificate"): NO_PERSON,
    # Which recordings there are is not told, so that one that is not there is refused as one out of scope.
    ("Recording.GetCast", "user plus"): "permission recordings:ended:view for this recording",
}


# Refused by what the id in the path names: a spelling that is no id any more is only a wrong request.
BEHIND_THE_GUARD = {operation for (operation, _), lacks in DEVIATIONS.items() if lacks == NOT_ONE_S_OWN}

# Not the plain word, their last segment is taken for a session's id: malformed, to everybody who may have sessions.
BESIDE_AN_ID = {
    "ActivitySession.CancelHangingSessionsAsync",
    "ActivitySession.CheckApprovalStateAsync",
    "ActivitySession.GetActivitySessionCountAsync",
    "ActivitySession.GetFlippedManagedUserGroupCountAsync",
    "ActivitySession.SearchAsync",
}


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
    path = re.sub(r"{(accessControlPolicyId|accessPolicyId|policyId)}", policy_id, path)
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
        NOT_ONE_S_OWN: ("only an administrator may see the access of somebody else",),
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


class TestSec15Spellings:
    """One path in many spellings: each meets the check of the plain one or is refused, or there is nothing there."""

    async def test_of_every_route(self, estate: Estate) -> None:
        app = create_app(estate.callers.api)
        user = bearer(signed_in(estate.callers.api, UUID(estate.ids["ada"])).token)
        routes = LIVE if estate.database.engine.dialect.name == "sqlite" else LIVE[::9]
        same = 0
        for route, path in routes:
            plain = filled(path, estate.ids["admins"])
            if route.operation.name in ENDING:
                continue
            for headers in ({}, user):
                expected = await verdict_of(app, route, plain, headers)
                for spelling in spellings(plain):
                    got = await verdict_of(app, route, spelling, headers)
                    # 403: a word that is not the plain one can be taken for the id of something, of another route.
                    fine = (
                        expected,
                        403,
                        404,
                        *((0,) if route.operation.name in BEHIND_THE_GUARD | BESIDE_AN_ID else ()),
                    )
                    assert got in fine, (route.operation.method, spelling, got, expected)
                    same += got == expected
                for spelling in (plain.upper(), plain.swapcase(), plain + "/", encoded_whole(plain)):
                    got = await verdict_of(app, route, spelling, headers)
                    assert got == expected, (route.operation.method, spelling, got, expected)
        assert same > 10 * len(routes)

    async def test_a_parameter_or_dots_lead_nowhere(self, estate: Estate) -> None:
        app = create_app(estate.callers.api)
        for spelling in (
            "/api/v1/Health;x",
            "/api;x/v1/Health",
            "/api/v1/./Health",
            "/api/v1/x/../Health",
            "//api/v1/Health",
        ):
            answer = await ask(app, "GET", spelling.encode())
            assert answer.status == 404, spelling


# They end the sign-in that the spellings are tried with.
ENDING = {"SignIn.Out", "SignIn.OutEverywhere"}


async def verdict_of(app: Any, route: Route, path: str, headers: dict[str, str]) -> int:
    """401, 403 or 404 for what is refused or not there (or not by this method), 0 for who passed the guard.

    A thing that is not there is one step behind the guard: its 404 says so in other words.
    """
    body = b"" if route.body_type is None else b"{}"
    answer = await ask(app, route.operation.method, path.encode(), headers=headers, body=body)
    if answer.status == 404 and answer.detail != "there is nothing at this path":
        return 0
    if answer.status == 405:
        return 404
    return answer.status if answer.status in (401, 403, 404) else 0


def encoded_whole(path: str) -> str:
    """Every character but the slashes in percent encoding."""
    return re.sub(r"[^/]", lambda one: f"%{ord(one[0]):02x}", path)


def spellings(path: str) -> Iterator[str]:
    """Ways to write a path that some router or proxy somewhere takes for the same."""
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments):
        before, after = segments[:place], segments[place + 1 :]
        for other in (
            f"%{ord(segment[0]):02X}{segment[1:]}",
            f"%25{ord(segment[0]):02X}{segment[1:]}",
            segment.swapcase(),
            segment.upper(),
            f"{segment};x",
            f"{segment};jsessionid=1",
            f"./{segment}",
            f"%2e/{segment}",
            f"x/../{segment}",
            f"x/%2E%2e/{segment}",
            f"x%2f..%2f{segment}",
            f"/{segment}",
            f"%2f{segment}",
            f"{segment}%00",
            f"{segment}%20",
            f"{segment}%0a",
            f"{segment}.json",
            f"{segment}\\",
            f"{segment}%c0%ae",
            f"%ef%bd%81{segment}",
        ):
            yield "/" + "/".join([*before, other, *after])
    yield path + "/"
    yield path + "//"
    yield path + "/."
    yield path + "?x"
    yield path + "#x"
    yield "/" + path
    yield path[1:]
    yield "http://locum.test" + path


def test_sec_11_what_is_open_to_anyone_is_a_short_list() -> None:
    """Everything else asks who calls, whatever contract/ comes to say."""
    assert {path for route, path in LIVE if not route.who.signed_in} == {
        "/api/v1/Health",
        "/api/v1/Version",
        "/api/locum/v1/SshGateway",
        "/signinBody",
        "/signin",
        "/WebAppApi/api/v1/AppUserToken",
        "/api/locum/v1/SignIn/Passkey/Options",
        "/api/locum/v1/SignIn/Passkey",
    }
    assert {name for name, access in ACCESS.items() if access.open} == {
        route.operation.name for route, _ in LIVE if not route.who.signed_in
    }
