"""Attacks on passkeys, over the API: answers that are bent, replayed, meant for another purpose or person."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from identities_world import Caller, Callers
from locum.audit.model import audit_event
from locum.identities.model import local_login, passkey, used_challenge
from locum.kit.db import Database
from passkey_steps import ALONE, MINE, SECOND, TOKEN, after_password, by_passkey, enrol, newcomer, options
from software_authenticator import PRESENT, VERIFIED, Json, SoftwareAuthenticator, data, text

pytestmark = pytest.mark.anyio


def reasons(database: Database) -> list[str]:
    """Why passkeys were refused, oldest first, from the audit log."""
    query = (
        sa.select(audit_event.c.detail).where(audit_event.c.action == "signin.refused").order_by(audit_event.c.id)
    )
    return [str(detail) for detail in database.submit_read(lambda tx: tx.scalars(query)).result()]


def count(database: Database, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return int(database.submit_read(lambda tx: tx.scalar(query)).result())


def wrong_tries(database: Database) -> int:
    query = sa.select(sa.func.sum(local_login.c.failed_attempts))
    return int(database.submit_read(lambda tx: tx.scalar(query)).result())


def bend(answer: Json, member: str, place: int = -1) -> Json:
    """The same answer with one bit of a member turned."""
    bent = bytearray(data(answer["response"][member]))
    bent[place] ^= 1
    return {**answer, "response": {**answer["response"], member: text(bytes(bent))}}


async def test_bent_answers_are_refused_in_the_same_words(callers: Callers, database: Database) -> None:
    key = SoftwareAuthenticator()
    await newcomer(callers, "ada", key)
    nobody = callers.nobody()
    asked = await options(nobody, ALONE)
    right = key.get(asked)
    owner = {**right, "response": {**right["response"], "userHandle": text(b"somebody else's.")}}
    no_owner = {**right, "response": {k: v for k, v in right["response"].items() if k != "userHandle"}}
    attacks: list[tuple[Json, str]] = [
        (key.get(asked, origin="https://evil.test"), "origin"),
        (key.get(asked, crossOrigin=True), "another site"),
        (key.get(asked, type="webauthn.create"), "type"),
        (bend(right, "signature"), "signature"),
        (bend(right, "authenticatorData"), "signature"),
        (bend(right, "authenticatorData", 0), "RP ID"),
        (bend(right, "clientDataJSON", -3), "malformed"),
        (owner, "somebody else's"),
        (no_owner, "whose the passkey is"),
        ({**right, "id": text(b"unknown")}, "unknown passkey"),
    ]
    key.flags = PRESENT
    attacks.append((key.get(asked), "User verification"))
    key.flags = VERIFIED
    attacks.append((key.get(asked), "User Present"))
    key.flags, key.rp_id = PRESENT | VERIFIED, "evil.test"
    attacks.append((key.get(asked), "RP ID"))
    key.rp_id = "locum.test"
    details = set()
    for answer, reason in attacks:
        refused = await nobody.post(ALONE, answer)
        assert refused.status_code == 401, reason
        assert reason in reasons(database)[-1]
        details.add(refused.json()["detail"])
    assert len(details) == 1
    assert count(database, used_challenge) == 1  # that of the enrolment
    assert wrong_tries(database) == 0
    assert (await nobody.post(ALONE, key.get(asked))).status_code == 200


async def test_a_challenge_is_for_one_purpose(callers: Callers, database: Database) -> None:
    key = SoftwareAuthenticator()
    ada = await newcomer(callers, "ada", key)
    nobody, half = callers.nobody(), await after_password(callers, "ada")
    alone, second, enrolling = (
        await options(nobody, ALONE),
        await options(half, SECOND),
        await options(ada, MINE),
    )
    for asked in (second, enrolling, {"challenge": text(b"x" * 56)}, {"challenge": ""}):
        assert (await nobody.post(ALONE, key.get(asked))).status_code == 401
        assert "not made for this" in reasons(database)[-1]
    for asked in (alone, enrolling):
        assert (await half.post(SECOND, key.get(asked))).status_code == 401
    for asked in (alone, second):
        created = SoftwareAuthenticator().create({**enrolling, "challenge": asked["challenge"]})
        answer = await ada.post(MINE, {"name": "x", "credential": created})
        assert (answer.status_code, "not made for this" in answer.json()["detail"]) == (400, True)
    assert (await half.post(SECOND, key.get(second))).status_code == 200


async def test_a_challenge_and_a_passkey_are_one_person_s(callers: Callers, database: Database) -> None:
    hers, his = SoftwareAuthenticator(), SoftwareAuthenticator()
    ada, eve = await newcomer(callers, "ada", hers), await newcomer(callers, "eve", his)
    half_ada, half_eve = await after_password(callers, "ada"), await after_password(callers, "eve")
    asked_ada, asked_eve = await options(half_ada, SECOND), await options(half_eve, SECOND)
    assert (await half_ada.post(SECOND, his.get(asked_ada))).status_code == 401
    assert "not this person's" in reasons(database)[-1]
    assert (await half_ada.post(SECOND, hers.get(asked_eve))).status_code == 401
    his.user_handle, kept = hers.user_handle, his.user_handle
    assert (await half_eve.post(SECOND, his.get(asked_eve))).status_code == 401
    his.user_handle = kept
    created = SoftwareAuthenticator().create(await options(ada, MINE))
    assert (await eve.post(MINE, {"name": "x", "credential": created})).status_code == 400
    assert count(database, passkey) == 2
    assert (await half_ada.post(SECOND, hers.get(asked_ada))).status_code == 200


@pytest.mark.parametrize("step", [0, 1])
async def test_of_a_hundred_replays_one_succeeds(callers: Callers, database: Database, step: int) -> None:
    key = SoftwareAuthenticator(step=step)
    await newcomer(callers, "ada", key)
    nobody = callers.nobody()
    answer = key.get(await options(nobody, ALONE))
    found = await asyncio.gather(*(nobody.post(ALONE, answer) for _ in range(100)))
    assert sorted(one.status_code for one in found) == [200] + [401] * 99
    assert all("answered already" in reason for reason in reasons(database))
    elsewhere = Caller(callers.api, address="192.0.2.2")  # the first address has to wait after so many refusals
    again = await elsewhere.post(ALONE, key.get(await options(elsewhere, ALONE)))
    assert again.status_code == 200
    await elsewhere.http.aclose()


async def test_one_of_many_enrolments_with_one_challenge_succeeds(callers: Callers, database: Database) -> None:
    ada = callers.person("ada")
    asked = await options(ada, MINE)
    keys = [SoftwareAuthenticator("EdDSA").create(asked) for _ in range(20)]
    found = await asyncio.gather(*(ada.post(MINE, {"name": "x", "credential": key}) for key in keys))
    assert sorted(one.status_code for one in found) == [200] + [400] * 19
    assert count(database, passkey) == 1


async def test_a_counter_that_goes_back_shows_a_copy(callers: Callers, database: Database) -> None:
    key = SoftwareAuthenticator(counter=7)
    await newcomer(callers, "ada", key)
    assert (await by_passkey(callers, key)).status_code == 200
    for counter in (6, 7, -1):  # the next use says 7, 8, 0; the last one known is 8
        key.counter = counter
        refused = await by_passkey(callers, key)
        assert refused.status_code == 401
        assert "a copy" in reasons(database)[-1]
    key.counter = 8
    assert (await by_passkey(callers, key)).status_code == 200


async def test_a_credential_is_enrolled_once(callers: Callers, database: Database) -> None:
    key = SoftwareAuthenticator()
    ada = await newcomer(callers, "ada", key)
    eve = callers.person("eve")
    for caller in (ada, eve):
        same = SoftwareAuthenticator(credential_id=key.credential_id)
        answer = await caller.post(MINE, {"name": "x", "credential": same.create(await options(caller, MINE))})
        assert answer.status_code == 409
    assert (await by_passkey(callers, key)).status_code == 200
    assert count(database, passkey) == 1


async def test_garbage_and_huge_fields_are_a_400(callers: Callers, database: Database) -> None:
    key = SoftwareAuthenticator()
    ada = await newcomer(callers, "ada", key)
    asked = await options(ada, MINE)
    created = SoftwareAuthenticator().create(asked)
    for member, value in (
        ("attestationObject", "A" * 16385),
        ("attestationObject", text(b"\x81" * 9000)),
        ("attestationObject", text(b"\x5b" + b"\x7f" * 8)),
        ("attestationObject", "not base64url!"),
        ("attestationObject", "AA=="),
        ("attestationObject", "ä"),
        ("attestationObject", ""),
        ("clientDataJSON", "A" * 4097),
        ("clientDataJSON", text(b"[" * 3000)),
        ("clientDataJSON", text(b'{"type":"webauthn.create","challenge":99999999999,"origin":""}')),
    ):
        sent = {**created, "response": {**created["response"], member: value}}
        answer = await ada.post(MINE, {"name": "x", "credential": sent})
        assert answer.status_code == 400, (member, value[:20])
    bodies: list[Any] = [{}, [], {"id": 1}, {"id": "AA", "response": {}}]
    right = key.get(asked)
    bodies += [{**right, "id": "A" * 1365}]
    bodies += [
        {**right, "response": {**right["response"], member: "A" * 5000}}
        for member in ("clientDataJSON", "authenticatorData", "signature", "userHandle")
    ]
    for body in bodies:
        assert (await callers.nobody().post(ALONE, body)).status_code == 400
    for name in ("", "  ", "x" * 257, "\u200b"):
        answer = await ada.post(MINE, {"name": name, "credential": SoftwareAuthenticator().create(asked)})
        assert answer.status_code == 400
    assert count(database, passkey) == 1


async def test_a_stranger_who_asks_a_lot_leaves_nothing_behind(callers: Callers, database: Database) -> None:
    nobody = callers.nobody()
    before = count(database, audit_event)
    for _ in range(50):
        await options(nobody, ALONE)
    assert (count(database, used_challenge), count(database, audit_event)) == (0, before)


async def test_a_passkey_on_the_locked_way_counts_for_nothing(callers: Callers, database: Database) -> None:
    """After five wrong codes the password's way is locked, for the passkey on it too; wrong passkeys never lock."""
    key = SoftwareAuthenticator()
    await newcomer(callers, "ada", key)
    half = await after_password(callers, "ada")
    for _ in range(7):
        assert (
            await half.post(SECOND, bend(key.get(await options(half, SECOND)), "signature"))
        ).status_code == 401
    assert wrong_tries(database) == 0
    for _ in range(5):
        await half.http.post("/signin2fa", content="000000")
    assert (await half.post(SECOND, key.get(await options(half, SECOND)))).status_code == 429
    answer = await by_passkey(callers, key)
    assert (await callers.bearing(answer.json()).get(TOKEN)).status_code == 200


async def test_an_enrolment_of_somebody_whose_sign_in_waits_for_a_passkey_is_refused(callers: Callers) -> None:
    key = SoftwareAuthenticator()
    ada = await newcomer(callers, "ada", key)
    half = await after_password(callers, "ada")
    mine = SoftwareAuthenticator().create(await options(ada, MINE))
    assert (await half.post(MINE, {"name": "x", "credential": mine})).status_code == 403
    await enrol(ada, SoftwareAuthenticator())
