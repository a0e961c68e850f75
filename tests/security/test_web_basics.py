"""Over HTTP: headers, cookies, other sites' requests, URLs (SEC-31); secrets that were sent come back nowhere (SEC-24).

What the table of operations has is asked of all of it, so that a new operation is asked too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
import structlog
from msgspec import inspect as types

import locum
from account_calls import BASE, NEW_PASSWORD, application, local_user
from estate import CREDENTIALS, Estate
from identities_world import PASSWORD, Caller, signed_in
from locum.api.app import all_routes, create_app
from locum.api.context import SIGNED_IN_COOKIE
from locum.audit.model import audit_event
from locum.vault.secret import Secret
from raw_http import ask
from whole_database import whole

pytestmark = pytest.mark.anyio

LIVE = [(route, path) for route in all_routes() for path in route.operation.paths]
ANY_ID = str(UUID(int=1))
HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
OTHER_SITES = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://locum.test"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
)
CROSS_SITE = "another site made the browser send this"


def filled(path: str) -> str:
    return re.sub(r"{\w+}", ANY_ID, path)


async def test_sec_31_every_answer_has_the_headers(estate: Estate) -> None:
    """Whoever asks, and whatever comes of it."""
    app, seen = create_app(estate.callers.api), set()
    for route, path in LIVE:
        admin = {"authorization": f"Bearer {signed_in(estate.callers.api, UUID(estate.ids['root'])).token}"}
        for method in (route.operation.method, "OPTIONS", "HEAD", "TRACE"):
            for headers in ({}, admin, {"authorization": "Bearer x"}, {**admin, "content-encoding": "gzip"}):
                answer = await ask(app, method, filled(path).encode(), headers=headers, body=b"{}")
                seen.add(answer.status)
                assert_headers(answer.headers, method + path)
    for path in (b"/", b"/nothing", b"/%2e%2e", b"/api/v1/%ff", b"/" + b"x" * 5000):
        answer = await ask(app, "GET", path)
        assert answer.status == 404
        assert_headers(answer.headers, path)
    assert {200, 204, 400, 401, 403, 404, 405, 415} <= seen


def assert_headers(headers: list[tuple[bytes, bytes]], what: object) -> None:
    names = [name.decode() for name, _ in headers]
    found = {name.decode(): value.decode() for name, value in headers}
    assert HEADERS.items() <= found.items(), what
    assert all(names.count(name) == 1 for name in HEADERS), what
    assert not {"server", "x-powered-by", "access-control-allow-origin"} & set(names), what


async def test_sec_31_every_cookie_is_out_of_reach(estate: Estate) -> None:
    ada = estate.callers.world.person("kim")
    caller = estate.callers.nobody()
    first = await caller.post("/signinBody", {"Login": "kim", "Password": PASSWORD})
    form = await caller.http.post("/signin", data={"Login": "kim", "Password": PASSWORD})
    proof = {"Authorization": f"Bearer {first.json()}"}
    second = await caller.http.post("/signin2fa", content=ada.totp.now(), headers=proof)
    token = {"Authorization": f"Bearer {second.json()}"}
    change = {"passwordOld": PASSWORD, "passwordNew": NEW_PASSWORD}
    changed = await caller.http.put(f"{BASE}/ChangeLocalUserPassword", json=change, headers=token)
    token = {"Authorization": f"Bearer {changed.json()}"}
    everywhere = await caller.http.post("/api/locum/v1/SignOutEverywhere", headers=token)
    out = await caller.http.post(
        "/api/locum/v1/SignOut", headers={"Authorization": f"Bearer {signed_in(estate.callers.api, ada.id).token}"}
    )
    for answer in (first, form, second, changed, everywhere, out):
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-")
        assert {"Path=/", "HttpOnly", "Secure", "SameSite=Strict"} <= set(cookie.split("; ")), cookie
        assert "domain" not in cookie.lower()


def test_sec_31_one_place_sets_cookies() -> None:
    """So that the test above has seen the only form they have."""
    places = [
        file.name for file in Path(locum.__path__[0]).rglob("*.py") if "set-cookie" in file.read_text().lower()
    ]
    assert places == ["context.py"]


async def test_sec_31_another_site_s_request_reaches_no_operation(estate: Estate) -> None:
    """With the cookie of somebody who may do everything, method by method, changing or not."""
    app = create_app(estate.callers.api)
    cookie = signed_in(estate.callers.api, UUID(estate.ids["root"])).cookie.reveal_text()
    proof = {"cookie": f"{SIGNED_IN_COOKIE}={cookie}", "content-type": "text/plain"}
    refused = 0
    for route, path in LIVE:
        unsafe = route.operation.method != "GET"
        if not route.who.signed_in:
            continue
        for origin in (*OTHER_SITES, *([{}] if unsafe else [])):
            answer = await ask(
                app, route.operation.method, filled(path).encode(), headers={**proof, **origin}, body=b"{}"
            )
            assert (answer.status, answer.detail) == (403, CROSS_SITE), (path, origin)
            refused += unsafe
    assert refused > 200
    ours = await ask(app, "POST", b"/api/locum/v1/SignOut", headers={**proof, "sec-fetch-site": "same-origin"})
    assert ours.status == 200  # or every request would have been refused for something else


# Names under which a secret might come, but for ids, a yes or no, words of a list, and a credential by its own name.
SECRET_NAMES = re.compile(r"password|passphrase|secret|token|cookie|credential.|code|pin|otp|key", re.IGNORECASE)


def test_sec_31_no_url_takes_a_secret() -> None:
    """URLs stand in logs, histories and referrers."""
    asked = 0
    for route, _ in LIVE:
        for struct in (route.params_type, route.query_type):
            for name, kind in () if struct is None else fields(types.type_info(struct)):
                asked += 1
                assert kind is not Secret, (route.operation.name, name)
                assert kind in (UUID, bool, IntEnum) or not SECRET_NAMES.search(name), (route.operation.name, name)
    assert asked > 100


def fields(info: types.Type, name: str = "") -> Iterator[tuple[str, object]]:
    """Each field and what it holds: UUID, bool, IntEnum, Secret or None for anything else."""
    if isinstance(info, types.StructType):
        for one in info.fields:
            yield from fields(one.type, one.encode_name)
    elif isinstance(info, types.Metadata):
        yield from fields(info.type, name)
    elif isinstance(info, types.UnionType):
        yield from fields(next(one for one in info.types if not isinstance(one, types.NoneType)), name)
    elif isinstance(info, types.ListType):
        yield from fields(info.item_type, name)
    elif isinstance(info, types.UUIDType):
        yield name, UUID
    elif isinstance(info, types.BoolType):
        yield name, bool
    elif isinstance(info, types.EnumType):
        yield name, IntEnum
    else:
        yield name, info.cls if isinstance(info, types.CustomType) else None


CANARY = "canary7f3acanary"
PRIVATE = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CANARY * 8}\n-----END OPENSSH PRIVATE KEY-----\n"


async def hostages(estate: Estate, robot: str) -> list[httpx.Response]:
    """Secrets in every place where somebody may put one, right or wrong."""
    nobody, ada, admin = estate.callers.nobody(), estate.ada, estate.admin
    world = estate.callers.world
    world.person("half")
    half = estate.callers.bearing(
        (await nobody.post("/signinBody", {"Login": "half", "Password": PASSWORD})).json()
    )
    world.person("new", enrolled=False)
    new = estate.callers.bearing((await nobody.post("/signinBody", {"Login": "new", "Password": PASSWORD})).json())
    await new.post("/api/locum/v1/SecondFactor/Totp")
    long = CANARY * 20
    proof = {"login": "inventory", "password": CANARY, "certificateSerialNumber": CANARY}
    change = f"{BASE}/ChangeLocalUserPassword"
    reset = f"{BASE}/ResetLocalUserPassword/{estate.ids['eve']}"
    bodies: list[tuple[Caller, str, str, Any]] = [
        (nobody, "POST", "/signinBody", {"Login": "ada", "Password": CANARY}),
        (nobody, "POST", "/signinBody", {"Login": CANARY, "Password": CANARY}),
        (nobody, "POST", "/signinBody", {"Login": "ada", "Password": {"x": CANARY}}),
        (nobody, "POST", "/signinBody", {"Login": "ada", "Password": [CANARY]}),
        (nobody, "POST", "/WebAppApi/api/v1/AppUserToken", proof),
        (half, "POST", "/api/locum/v1/SecondFactor/Passkey", {"id": CANARY, "response": {"signature": CANARY}}),
        (new, "POST", "/api/locum/v1/SecondFactor/Totp/Confirm", {"code": CANARY}),
        (new, "POST", "/api/locum/v1/SecondFactor/Totp/Confirm", {"code": long}),
        (ada, "POST", "/api/locum/v1/SecondFactor/RecoveryCodes", {"code": CANARY}),
        (ada, "POST", "/api/locum/v1/SecondFactor/RecoveryCodes", {"code": {"x": CANARY}}),
        (ada, "POST", "/api/locum/v1/SshKey", {"name": "laptop", "publicKey": PRIVATE}),
        (ada, "POST", "/api/locum/v1/SshKey", {"name": "laptop", "publicKey": CANARY}),
        (ada, "POST", "/api/locum/v1/SshKey", {"name": "laptop", "publicKey": f"{long}\n{long}"}),
        (ada, "POST", "/api/locum/v1/SshKey", {"name": "laptop", "publicKey": f"ssh-ed25519 {CANARY} {CANARY}"}),
        (ada, "PUT", change, {"passwordOld": CANARY, "passwordNew": CANARY + "!"}),
        (ada, "PUT", change, {"passwordOld": PASSWORD, "passwordNew": CANARY[:7]}),
        (ada, "PUT", change, {"passwordOld": PASSWORD, "passwordNew": long * 9}),
        (ada, "PUT", change, {"passwordOld": PASSWORD, "passwordNew": CANARY + " one"}),  # ends her sign-in
        (admin, "PUT", reset, {"passwordNew": CANARY + " two"}),
        (admin, "PUT", reset, {"passwordNew": CANARY + " two", "managedAccountId": CANARY}),
        (admin, "POST", f"{BASE}/CreateLocalUser", local_user("eve", CANARY + " three")),
        (admin, "POST", f"{BASE}/CreateLocalUser", local_user("zoe", CANARY + " three")),
        (admin, "POST", CREDENTIALS, {"username": "a", "password": CANARY}),
        (admin, "POST", CREDENTIALS, {"username": "b", "authenticationMethod": 1, "privateKey": PRIVATE}),
        (admin, "POST", CREDENTIALS, {"username": "c", "privateKey": {"x": CANARY}, "passphrase": CANARY}),
        (admin, "POST", CREDENTIALS, {"username": "d", "password": CANARY, "platformId": ANY_ID}),
        (admin, "POST", f"/api/locum/v1/Application/{robot}/ApiKey", {"name": "n", "key": CANARY}),
    ]
    answers = [await who.http.request(method, path, json=body) for who, method, path, body in bodies]
    assert not [answer.url for answer in answers if "sign in again" in answer.text], "a body was read by nobody"
    for sent in (CANARY, f'"{CANARY}"', long, f"{CANARY}\x00"):
        answers.append(await half.http.post("/signin2fa", content=sent))
    answers.append(await nobody.http.post("/signin", data={"Login": "ada", "Password": CANARY}))
    answers.append(await nobody.http.post("/signin", content=f"Password={CANARY}%zz".encode()))
    for proof in (CANARY, f"locum_ak_{CANARY}", f"a.{CANARY}.b", f"Basic {CANARY}"):
        answers.append(await nobody.http.get("/api/v1/UserToken", headers={"Authorization": f"Bearer {proof}"}))
    for cookie in (f"{SIGNED_IN_COOKIE}={CANARY}", f'{SIGNED_IN_COOKIE}="{CANARY}', CANARY):
        headers = {"Cookie": cookie, "Sec-Fetch-Site": "none"}
        answers.append(await nobody.http.get("/api/v1/UserToken", headers=headers))
    return answers


async def test_sec_24_a_secret_that_was_sent_comes_back_nowhere(
    estate: Estate, capfd: pytest.CaptureFixture[str]
) -> None:
    robot = await application(estate.admin, "inventory", "0AFF")
    with structlog.testing.capture_logs() as logs:
        answers = await hostages(estate, robot)
    assert all(answer.status_code < 500 for answer in answers)
    assert {200, 400, 401, 409} <= {answer.status_code for answer in answers}
    for answer in answers:
        assert CANARY[:7] not in answer.text, answer.request.content
        assert CANARY not in str(answer.headers)
    rows = estate.database.submit_read(lambda tx: tx.scalars(sa.select(audit_event.c.detail))).result()
    names = estate.database.submit_read(lambda tx: tx.scalars(sa.select(audit_event.c.actor_name))).result()
    assert CANARY[:7] not in str(rows) + str(names)
    assert CANARY not in str(whole(estate.database))
    printed = capfd.readouterr()
    assert CANARY[:7] not in str(logs) + printed.out + printed.err
