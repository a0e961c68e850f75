"""Passkeys as a browser uses them: options, an authenticator's answer, and what comes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from identities_world import PASSWORD, Caller, Callers
from locum.audit.model import audit_event
from locum.identities.factor_choice import SecondFactor
from locum.identities.model import identity, local_login
from locum.kit.db import Database
from passkey_steps import ALONE, MINE, SECOND, TOKEN, TOTP, after_password, by_passkey, enrol, newcomer
from software_authenticator import BACKED_UP, ELIGIBLE, PRESENT, SoftwareAuthenticator

pytestmark = pytest.mark.anyio


async def signed_in_with(callers: Callers, key: SoftwareAuthenticator) -> Caller:
    """By passkey alone."""
    answer = await by_passkey(callers, key)
    assert answer.status_code == 200, answer.text
    return callers.bearing(answer.json())


async def factors(caller: Caller) -> dict[str, Any]:
    return dict((await caller.get("/api/locum/v1/SecondFactor")).json())


def audited(database: Database, action: str) -> list[dict[str, Any]]:
    query = sa.select(audit_event.c.detail).where(audit_event.c.action == action).order_by(audit_event.c.id)
    return database.submit_read(lambda tx: tx.scalars(query)).result()


def change(database: Database, table: sa.Table, person: UUID, **values: object) -> None:
    key = table.c.id if table is identity else table.c.identity_id
    database.submit_write(lambda tx: tx.run(sa.update(table).where(key == person).values(**values))).result()


async def test_the_options_are_the_standard_s(callers: Callers) -> None:
    callers.world.person("ada", enrolled=False)
    caller = await after_password(callers, "ada")
    options = (await caller.post(f"{MINE}/Options")).json()
    assert options["rp"] == {"id": "locum.test", "name": "Locum"}
    assert (options["user"]["name"], options["user"]["displayName"]) == ("ada", "ada")
    assert [p["alg"] for p in options["pubKeyCredParams"]] == [-8, -7, -257]
    assert (options["attestation"], options["excludeCredentials"], options["timeout"]) == ("none", [], 300_000)
    assert options["authenticatorSelection"] == {
        "residentKey": "preferred",
        "requireResidentKey": False,
        "userVerification": "preferred",
    }
    asked = (await callers.nobody().post(f"{ALONE}/Options")).json()
    assert (asked["rpId"], asked["userVerification"], asked["allowCredentials"]) == ("locum.test", "required", [])


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
@pytest.mark.sees_effect(
    "Passkey.Options", "Passkey.Create", "SecondFactor.Passkey", "SecondFactor.PasskeyOptions"
)
async def test_the_first_factor_may_be_a_passkey_and_is_asked_for_from_then_on(
    callers: Callers, algorithm: Any
) -> None:
    callers.world.person("ada", enrolled=False)
    key = SoftwareAuthenticator(algorithm, flags=PRESENT)
    done = await enrol(await after_password(callers, "ada"), key)
    assert len(done["recoveryCodes"]) == 10
    assert (done["passkey"]["name"], done["passkey"]["backedUp"]) == ("my phone", False)
    ada = callers.bearing(done["token"])
    assert (await ada.get(TOKEN)).status_code == 200
    assert await factors(ada) == {"required": True, "totp": False, "passkeys": 1, "recoveryCodesLeft": 10}
    again = await after_password(callers, "ada")
    assert (await again.get(TOKEN)).status_code == 403
    assert (await again.http.post("/signin2fa", content="000000")).status_code == 401
    options = (await again.post(f"{SECOND}/Options")).json()
    assert [c["id"] for c in options["allowCredentials"]] == [key.get(options)["id"]]
    assert options["userVerification"] == "preferred"
    answer = await again.post(SECOND, key.get(options))
    assert answer.status_code == 200, answer.text
    assert (await callers.bearing(answer.json()).get(TOKEN)).status_code == 200
    recovered = await again.http.post("/signin2fa", content=done["recoveryCodes"][0])
    assert recovered.status_code == 200


async def test_a_password_alone_adds_no_factor_beside_the_passkey(callers: Callers) -> None:
    callers.world.person("ada", enrolled=False)
    early = await after_password(callers, "ada")
    assert (await early.post(TOTP)).status_code == 200
    options = (await early.post(f"{MINE}/Options")).json()
    await enrol(early, SoftwareAuthenticator())
    for caller in (early, await after_password(callers, "ada")):
        assert (await caller.post(TOTP)).status_code == 409
        assert (await caller.post(f"{TOTP}/Confirm", {"code": "123456"})).status_code == 409
    assert (await early.post(f"{MINE}/Options")).status_code == 409
    second = {"name": "second", "credential": SoftwareAuthenticator().create(options)}
    assert (await early.post(MINE, second)).status_code == 409
    assert (await (await after_password(callers, "ada")).post(f"{MINE}/Options")).status_code == 403


async def test_a_passkey_is_asked_for_where_a_factor_is_optional(callers: Callers) -> None:
    callers.world.user_mfa("optional")
    callers.world.person("ada", enrolled=False)
    token = (await (await after_password(callers, "ada")).http.post("/signin2fa", content="NA")).json()
    done = await enrol(callers.bearing(token), SoftwareAuthenticator())
    assert (len(done["recoveryCodes"]), done["token"]) == (10, None)
    assert (await (await after_password(callers, "ada")).http.post("/signin2fa", content="NA")).status_code == 401


@pytest.mark.sees_effect("SignIn.Passkey", "SignIn.PasskeyOptions")
async def test_a_passkey_instead_of_a_password(callers: Callers, database: Database) -> None:
    ada = callers.world.person("ada")
    token = (await (await after_password(callers, "ada")).http.post("/signin2fa", content=ada.totp.now())).json()
    key = SoftwareAuthenticator()
    assert (await enrol(callers.bearing(token), key))["recoveryCodes"] is None
    caller = await signed_in_with(callers, key)
    assert (await caller.get(TOKEN)).status_code == 200
    (used,) = (await caller.get(MINE)).json()
    assert used["lastUsedAt"] >= used["createdAt"]
    assert "my phone" in str(audited(database, "signin.passkey"))


async def test_wrong_passwords_keep_no_passkey_out_but_an_administrator_does(
    callers: Callers, database: Database
) -> None:
    ada = callers.world.person("ada", enrolled=False)
    key = SoftwareAuthenticator()
    await enrol(await after_password(callers, "ada"), key)
    for _ in range(5):
        await callers.nobody().post("/signinBody", {"Login": "ada", "Password": "wrong horse"})
    assert (await callers.nobody().post("/signinBody", {"Login": "ada", "Password": PASSWORD})).status_code == 401
    await signed_in_with(callers, key)
    change(database, identity, ada.id, locked=True)
    refused = await by_passkey(callers, key)
    unknown = await by_passkey(callers, SoftwareAuthenticator(user_handle=ada.id.bytes))
    assert refused.status_code == unknown.status_code == 401
    assert refused.json()["detail"] == unknown.json()["detail"]
    assert "locked by an administrator" in str(audited(database, "signin.refused")[-2])


async def test_a_waiting_change_of_the_password_keeps_waiting(callers: Callers, database: Database) -> None:
    ada = callers.world.person("ada", enrolled=False)
    key = SoftwareAuthenticator()
    await enrol(await after_password(callers, "ada"), key)
    change(database, local_login, ada.id, must_change=True)
    caller = await signed_in_with(callers, key)
    assert (await caller.get(TOKEN)).status_code == 403
    changed = await caller.put(
        "/api/v1/ManagedAccount/ChangeLocalUserPassword",
        {"passwordOld": PASSWORD, "passwordNew": "another horse battery"},
        forced="true",
    )
    second = callers.bearing(changed.json())
    answer = await second.post(SECOND, key.get((await second.post(f"{SECOND}/Options")).json()))
    assert (await callers.bearing(answer.json()).get(TOKEN)).status_code == 200


@pytest.mark.sees_effect("Passkey.GetAll", "Passkey.Rename", "Passkey.Delete")
async def test_one_s_own_are_listed_renamed_and_removed(callers: Callers) -> None:
    first = SoftwareAuthenticator()
    ada = await newcomer(callers, "ada", first)
    synced = SoftwareAuthenticator(flags=PRESENT | ELIGIBLE | BACKED_UP)
    await enrol(ada, synced, "  key   ring ")
    rows = (await ada.get(MINE)).json()
    assert [(row["name"], row["backedUp"], row["lastUsedAt"]) for row in rows] == [
        ("my phone", False, None),
        ("key ring", True, None),
    ]
    assert set(rows[0]) == {"id", "name", "createdAt", "lastUsedAt", "backedUp"}
    assert (await ada.put(f"{MINE}/{rows[0]['id']}", {"name": "old phone"})).status_code == 200
    assert (await ada.get(MINE)).json()[0]["name"] == "old phone"
    assert (await ada.http.delete(f"{MINE}/{rows[0]['id']}")).status_code == 200
    assert [row["name"] for row in (await ada.get(MINE)).json()] == ["key ring"]
    assert (await by_passkey(callers, first)).status_code == 401
    last = await ada.http.delete(f"{MINE}/{rows[1]['id']}")
    assert (last.status_code, "only second factor" in last.json()["detail"]) == (409, True)


async def test_somebody_else_s_is_not_there(callers: Callers) -> None:
    ada = await newcomer(callers, "ada", SoftwareAuthenticator())
    (row,) = (await ada.get(MINE)).json()
    eve = callers.person("eve")
    assert (await eve.get(MINE)).json() == []
    for passkey_id in (row["id"], str(uuid4())):
        assert (await eve.put(f"{MINE}/{passkey_id}", {"name": "x"})).status_code == 404
        assert (await eve.http.delete(f"{MINE}/{passkey_id}")).status_code == 404
    assert (await ada.get(MINE)).json() == [row]


async def test_the_last_one_goes_where_none_is_needed(callers: Callers) -> None:
    callers.world.person("ada", enrolled=False, second_factor=SecondFactor.NOT_REQUIRED)
    token = (await (await after_password(callers, "ada")).http.post("/signin2fa", content="NA")).json()
    ada = callers.bearing(token)
    row = (await enrol(ada, SoftwareAuthenticator()))["passkey"]
    assert (await ada.http.delete(f"{MINE}/{row['id']}")).status_code == 200


async def test_twenty_and_no_more(callers: Callers) -> None:
    ada = callers.person("ada")
    for number in range(20):
        await enrol(ada, SoftwareAuthenticator("EdDSA"), f"key {number}")
    options = (await ada.post(f"{MINE}/Options")).json()
    assert len(options["excludeCredentials"]) == 20
    more = await ada.post(MINE, {"name": "x", "credential": SoftwareAuthenticator().create(options)})
    assert more.status_code == 409


async def test_an_application_has_none(callers: Callers) -> None:
    robot = callers.application("robot")
    assert (await robot.post(f"{MINE}/Options")).status_code == 403
    credential = SoftwareAuthenticator().create({"user": {"id": "AA"}, "challenge": "AA"})
    assert (await robot.post(MINE, {"name": "x", "credential": credential})).status_code == 403
    assert (await robot.get(MINE)).json() == []
    assert (await robot.http.delete(f"{MINE}/{uuid4()}")).status_code == 403


async def test_who_has_no_passkey_is_told_to_send_a_code(callers: Callers) -> None:
    callers.world.person("ada")
    answer = await (await after_password(callers, "ada")).post(f"{SECOND}/Options")
    assert (answer.status_code, "signin2fa" in answer.json()["detail"]) == (409, True)
