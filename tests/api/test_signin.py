"""Signing in as a script does it: two calls, a cookie jar, and whatever form the code arrives in."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import pyotp
import pytest

from identities_world import PASSWORD, Callers
from locum.identities.caller import Role
from locum.identities.factor_choice import SecondFactor
from locum.identities.tokens import ROLES_CLAIM, Subject, Tokens, make_key
from qr_scanner import scanned

pytestmark = pytest.mark.anyio

SEARCH = "/api/v1/ManagedAccount/Search"
TOTP = "/api/locum/v1/SecondFactor/Totp"
CHANGE = "/api/v1/ManagedAccount/ChangeLocalUserPassword"


def claims(token: str) -> dict[str, Any]:
    """As a script reads them, without checking the signature."""
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def body(login: str, password: str = PASSWORD) -> dict[str, str]:
    return {"Login": login, "Password": password}


@pytest.mark.sees_effect("SignIn.Body", "SignIn.SecondFactor", "UserToken.Get")
async def test_password_then_code_gives_a_token_that_works(callers: Callers) -> None:
    ada = callers.world.person("Ada")
    caller = callers.nobody()
    first = await caller.post("/signinBody", {"lOgIn": " ADA ", "PASSWORD": PASSWORD})
    assert (first.status_code, first.headers["content-type"]) == (200, "application/json; charset=utf-8")
    pending = first.json()
    assert claims(pending)["isMFA"] is False
    headers = {"Authorization": f"Bearer {pending}", "Content-Type": "application/json"}
    second = await caller.http.post("/signin2fa", headers=headers, content=ada.totp.now())
    assert second.status_code == 200
    token = second.json()
    found = claims(token)
    assert (found["sub"], found["userName"], found["displayName"]) == ("Ada", "Ada", "Ada")
    assert found["ManagedAccountId"] == found["userId"] == str(ada.id)
    assert found[ROLES_CLAIM] == found["role"] == ["user"]
    assert (found["hasMFA"], found["isMFA"], found["exp"] - found["iat"]) == (True, True, 900)
    renewed = await callers.bearing(token).get("/api/v1/UserToken")
    assert renewed.status_code == 200
    assert claims(renewed.json())["exp"] > found["exp"]
    assert (await callers.bearing(renewed.json()).get("/api/v1/UserToken")).status_code == 200


async def test_the_cookie_can_be_read_by_no_script(callers: Callers) -> None:
    callers.world.person("ada")
    answer = await callers.nobody().post("/signinBody", body("ada"))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-locum-signin=")
    assert {"HttpOnly", "Secure", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}


async def test_a_code_in_any_form_and_spelling_of_the_path(callers: Callers) -> None:
    ada = callers.world.person("ada")
    caller = callers.bearing((await callers.nobody().post("/signinBody", body("ada"))).json())
    forms = ["{}", '"{}"', ' "{}" \n', "{}\r\n"]
    for media, path in (("application/json", "/signin2fa"), ("text/plain", "/sigin2fa")):
        for form in forms:
            sent = form.format(ada.recovery_codes.pop()).encode()
            answer = await caller.http.post(path, content=sent, headers={"Content-Type": media})
            assert answer.status_code == 200, (form, answer.text)
    as_number = await caller.http.post("/SignIn2FA", content=ada.totp.now())
    assert as_number.status_code == 200


async def test_any_code_for_whom_it_is_not_required(callers: Callers) -> None:
    callers.world.person("exempt", second_factor=SecondFactor.NOT_REQUIRED, enrolled=False)
    caller = callers.bearing((await callers.nobody().post("/signinBody", body("exempt"))).json())
    for code in (b"NA", b"0", b'"NA"', b"", b"push"):
        answer = await caller.http.post("/signin2fa", content=code)
        assert answer.status_code == 200
        assert claims(answer.json())["hasMFA"] is False


async def test_a_cookie_of_another_user_is_a_mismatch(callers: Callers) -> None:
    ada, _ = callers.world.person("ada"), callers.world.person("eve")
    jar = callers.nobody()
    pending = (await jar.post("/signinBody", body("ada"))).json()
    await jar.post("/signinBody", body("eve"))
    answer = await jar.http.post(
        "/signin2fa", content=ada.totp.now(), headers={"Authorization": f"Bearer {pending}"}
    )
    assert answer.status_code == 401
    assert "User Id Mismatch" in answer.json()["detail"]
    without_cookie = await callers.bearing(pending).http.post("/signin2fa", content=ada.totp.now())
    assert without_cookie.status_code == 200


async def test_a_made_up_cookie_is_a_mismatch(callers: Callers) -> None:
    ada = callers.world.person("ada")
    caller = callers.bearing((await callers.nobody().post("/signinBody", body("ada"))).json())
    for cookie in (b"", b"x", b"a.b", b"\xc3\xa9", ada.id.hex.encode()):
        headers = [(b"cookie", b"__Host-locum-signin=" + cookie)]
        answer = await caller.http.post("/signin2fa", content=ada.totp.now(), headers=headers)
        assert answer.status_code == 401, cookie


async def test_wrong_names_and_passwords_are_one_401(callers: Callers) -> None:
    callers.world.person("ada")
    callers.world.application("robot")
    nobody = callers.nobody()
    answers = [await nobody.post("/signinBody", body(name, "wrong horse")) for name in ("ada", "nobody", "robot")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "instance", "traceId"} <= set(answer.json())
        assert "wrong horse" not in answer.text
        assert "set-cookie" not in answer.headers


async def test_malformed_bodies_are_400(callers: Callers) -> None:
    nobody = callers.nobody()
    for sent in ({}, [], {"Login": "a"}, {"Login": 1, "Password": "x"}, {"Login": "a" * 257, "Password": "x"}):
        assert (await nobody.post("/signinBody", sent)).status_code == 400


@pytest.mark.sees_effect("SecondFactor.StartTotp", "SecondFactor.ConfirmTotp")
async def test_enrolment_is_pointed_to_and_completes_the_sign_in(callers: Callers) -> None:
    callers.world.person("new", enrolled=False)
    pending = callers.bearing((await callers.nobody().post("/signinBody", body("new"))).json())
    told = await pending.http.post("/signin2fa", content="000000")
    assert told.status_code == 403
    assert f"POST {TOTP}" in told.json()["detail"]
    seed = (await pending.post(TOTP)).json()
    assert seed["authenticatorUri"].startswith("otpauth://totp/")
    assert scanned(seed["qrCode"]) == seed["authenticatorUri"]
    wrong = await pending.post(f"{TOTP}/Confirm", {"code": "abc"})
    assert wrong.status_code == 401
    done = await pending.post(f"{TOTP}/Confirm", {"code": pyotp.TOTP(seed["sharedKey"]).now()})
    assert done.status_code == 200
    assert len(done.json()["recoveryCodes"]) == 10
    assert (await callers.bearing(done.json()["token"]).get("/api/v1/UserToken")).status_code == 200
    assert (await pending.post(TOTP)).status_code == 409
    assert (await pending.http.post("/signin2fa", content=done.json()["recoveryCodes"][0])).status_code == 200


@pytest.mark.sees_effect("ManagedAccount.ChangeLocalUserPasswordAsync")
async def test_a_forced_change_answers_the_token_for_the_second_factor(callers: Callers) -> None:
    ada = callers.world.person("ada", must_change=True)
    pending = callers.bearing((await callers.nobody().post("/signinBody", body("ada"))).json())
    told = await pending.http.post("/signin2fa", content=ada.totp.now())
    assert (told.status_code, "ChangeLocalUserPassword" in told.json()["detail"]) == (403, True)
    new = "another horse battery"
    change = {"managedAccountId": str(ada.id), "username": "ADA", "passwordOld": PASSWORD, "passwordNew": new}
    short = await pending.put(CHANGE, {**change, "passwordNew": "short"}, forced="true")
    assert (short.status_code, "passwordNew" in short.json()["errors"]) == (400, True)
    changed = await pending.put(CHANGE, change, forced="true")
    assert changed.status_code == 200
    assert (await pending.http.post("/signin2fa", content="0")).status_code == 401
    second = await callers.bearing(changed.json()).http.post("/signin2fa", content=ada.totp.now())
    assert second.status_code == 200
    assert (await callers.nobody().post("/signinBody", body("ada"))).status_code == 401
    assert (await callers.nobody().post("/signinBody", body("ada", new))).status_code == 200


async def test_one_s_own_password_and_no_other_s(callers: Callers) -> None:
    ada = callers.person("ada")
    eve = callers.world.person("eve")
    change = {"passwordOld": PASSWORD, "passwordNew": "another horse battery"}
    for other in ({"managedAccountId": str(eve.id)}, {"username": "eve"}):
        assert (await ada.put(CHANGE, {**change, **other})).status_code == 403
    assert (await ada.put(CHANGE, change, forced="true")).status_code == 403
    assert (await ada.put(CHANGE, {**change, "passwordOld": "not it at all"})).status_code == 401
    changed = await ada.put(CHANGE, change)
    assert changed.status_code == 200
    assert (await ada.get("/api/v1/UserToken")).status_code == 401
    assert (await callers.bearing(changed.json()).get("/api/v1/UserToken")).status_code == 200


async def test_an_application_renews_nothing(callers: Callers) -> None:
    robot = callers.application("robot")
    assert (await robot.get(SEARCH)).status_code == 200
    assert (await robot.get("/api/v1/UserToken")).status_code == 403
    refused = await robot.put(CHANGE, {"passwordOld": "x" * 12, "passwordNew": "y" * 12})
    assert refused.status_code == 403


async def test_a_token_of_another_installation_is_refused(callers: Callers) -> None:
    ada = callers.world.person("ada")
    subject = Subject(ada.id, "ada", None, frozenset({Role.ADMIN}), True, None)
    forged = Tokens(make_key()).issue(subject, now=dt.datetime.now(dt.UTC))
    for credential in (forged, "nonsense", "a.b.c", None):
        assert (await callers.bearing(credential).get("/api/v1/UserToken")).status_code == 401
