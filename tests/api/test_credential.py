"""Credentials over the API: kept in the vault, never shown."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from estate import CREDENTIALS, NIL, RESOURCES, SERVICE_PASSWORD, Estate, made, problem
from locum.credentials.add import get_credential
from locum.credentials.model import credential
from locum.credentials.secrets import Part
from locum.kit.db import ReadTx
from locum.vault.model import vault_secret
from statements import selects

pytestmark = pytest.mark.anyio

PASSPHRASE = "canary-9e02-passphrase"


def private_key() -> str:
    """An Ed25519 key in OpenSSH's form, behind PASSPHRASE."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.BestAvailableEncryption(PASSPHRASE.encode()),
        )
        .decode()
    )


def opened(estate: Estate, credential_id: str) -> tuple[str | None, bytes | None]:
    """The password and the private key as the vault holds them."""
    vault = estate.callers.api.vault

    def look(tx: ReadTx) -> tuple[str | None, bytes | None]:
        row = get_credential(tx, UUID(credential_id))
        password, key = row.password_secret_id, row.private_key_secret_id
        return (
            vault.open(tx, password, purpose=Part.PASSWORD.purpose).reveal_text() if password else None,
            vault.open(tx, key, purpose=Part.PRIVATE_KEY.purpose).reveal() if key else None,
        )

    return estate.database.submit_read(look).result()


@pytest.mark.sees_effect("Credential.CreateAsync")
async def test_a_password_is_in_the_vault_and_in_no_answer(estate: Estate) -> None:
    assert opened(estate, estate.ids["locum"]) == (SERVICE_PASSWORD, None)
    answer = await estate.admin.post(
        CREDENTIALS, {"USERNAME": "deploy", "Domain": "corp", "password": SERVICE_PASSWORD, "type": "Service"}
    )
    view = made(answer)
    assert (view["username"], view["domain"], view["type"]) == ("deploy", "corp", 2)
    assert (view["authenticationMethod"], view["password"], view["privateKey"]) == (0, None, None)
    assert SERVICE_PASSWORD not in answer.text
    assert estate.audited("credential.created", view["id"]) == 1
    host = {"name": "db01", "ipAddress": "192.0.2.11", "serviceAccountId": view["id"]}
    made(await estate.admin.post(RESOURCES, host))
    found = await estate.get(estate.admin, f"{RESOURCES}/Search", filterText="db01")
    assert found["data"][0]["saUsername"] == "deploy"


async def test_a_key_is_kept_without_its_passphrase(estate: Estate) -> None:
    key = private_key()
    answer = await estate.admin.post(
        CREDENTIALS,
        {"username": "deploy", "authenticationMethod": "1", "privateKey": key, "passphrase": PASSPHRASE},
    )
    view = made(answer)
    password, kept = opened(estate, view["id"])
    assert password is None
    assert kept is not None
    public = serialization.load_ssh_private_key(kept, None).public_key()
    assert view["publicKey"] == (
        public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    )
    assert (view["authenticationMethod"], view["passphrase"]) == (1, None)
    assert PASSPHRASE not in answer.text
    assert key.splitlines()[1] not in answer.text


async def test_a_login_exists_once(estate: Estate) -> None:
    body = {"username": "deploy", "domain": "Corp", "password": SERVICE_PASSWORD}
    made(await estate.admin.post(CREDENTIALS, body))
    for domain in ("Corp", "CORP", " corp "):
        refusal = await estate.admin.post(CREDENTIALS, {**body, "domain": domain})
        problem(refusal, 409)
        assert SERVICE_PASSWORD not in refusal.text
    made(await estate.admin.post(CREDENTIALS, {**body, "domain": ""}))


async def test_of_many_at_once_one_is_kept(estate: Estate) -> None:
    secrets = estate.count(vault_secret)
    body = {"username": "deploy", "password": SERVICE_PASSWORD}
    answers = await asyncio.gather(*(estate.admin.post(CREDENTIALS, body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert estate.count(vault_secret) == secrets + 1


async def test_what_is_wrong_is_said_and_never_shown(estate: Estate) -> None:
    key = private_key()
    good: dict[str, Any] = {"username": "deploy", "password": SERVICE_PASSWORD}
    by_key = {**good, "authenticationMethod": 1, "privateKey": key, "passphrase": PASSPHRASE}
    for body, field in (
        ({**good, "username": ""}, "username"),
        ({**good, "username": "a\nb"}, "username"),
        ({**good, "password": None}, "password"),
        ({**good, "type": 17}, "type"),
        ({**good, "privateKey": key}, "privateKey"),
        ({**good, "platformId": str(uuid4())}, "platformId"),
        ({**good, "platformId": "Linux"}, "platformId"),
        ({**good, "description": "x" * 1001}, "description"),
        ({**good, "sudoCommand": "x" * 257}, "sudoCommand"),
        ({**by_key, "privateKey": None}, "privateKey"),
        ({**by_key, "privateKey": SERVICE_PASSWORD}, "privateKey"),
        ({**by_key, "passphrase": "canary-wrong"}, "privateKey"),
        ({**by_key, "passphrase": ""}, "privateKey"),
        ({**by_key, "authenticationMethod": 2, "password": ""}, "password"),
    ):
        answer = await estate.admin.post(CREDENTIALS, body)
        assert field in problem(answer, 400)["errors"], body
        assert "canary" not in answer.text
        assert key.splitlines()[1] not in answer.text
    assert estate.count(credential) == 1


async def test_the_longest_texts_that_are_let_in_are_kept(estate: Estate) -> None:
    body = {
        "username": "u" * 256,
        "domain": "d" * 256,
        "name": "ö" * 256,
        "description": "ö" * 1000,
        "sudoCommand": "s" * 256,
        "password": "p" * 16_384,
        "platformId": NIL,
    }
    view = made(await estate.admin.post(CREDENTIALS, body))
    assert {name: len(view[name]) for name in ("username", "domain", "name", "description", "sudoCommand")} == {
        "username": 256,
        "domain": 256,
        "name": 256,
        "description": 1000,
        "sudoCommand": 256,
    }
    assert opened(estate, view["id"])[0] == "p" * 16_384


async def test_it_is_for_administrators(estate: Estate) -> None:
    body = {"username": "deploy", "password": SERVICE_PASSWORD}
    for who in (estate.ada, estate.callers.application("robot")):
        problem(await who.post(CREDENTIALS, body), 403)
    problem(await estate.callers.nobody().post(CREDENTIALS, body), 401)


async def test_the_database_holds_no_plain_secret(estate: Estate) -> None:
    tables = (credential, vault_secret)
    for table in tables:
        with estate.database.engine.connect() as connection:
            assert SERVICE_PASSWORD not in repr(connection.execute(sa.select(table)).all())


async def login(estate: Estate, username: str = "deploy", **more: Any) -> str:
    body = {"username": username, "password": SERVICE_PASSWORD, **more}
    return str(made(await estate.admin.post(CREDENTIALS, body))["id"])


async def shown(estate: Estate, credential_id: str) -> dict[str, Any]:
    view: dict[str, Any] = await estate.get(estate.admin, f"{CREDENTIALS}/{credential_id}", showPassword=True)
    return view


@pytest.mark.sees_effect("Credential.GetById")
async def test_cred_02_a_password_is_shown_to_who_may_and_each_time_is_written_down(estate: Estate) -> None:
    mine = await login(estate)
    for who in (estate.admin, estate.callers.application("robot")):
        for hidden in (await estate.get(who, f"{CREDENTIALS}/{mine}"),):
            assert (hidden["password"], hidden["username"], hidden["isManaged"]) == (None, "deploy", False)
        answer = await who.get(f"{CREDENTIALS}/{mine}", showPassword=True)
        assert answer.json()["password"] == SERVICE_PASSWORD
        assert answer.headers["cache-control"] == "no-store"
    assert estate.audited("credential.secret_revealed", mine) == 2
    problem(await estate.ada.get(f"{CREDENTIALS}/{mine}", showPassword=True), 403)
    problem(await estate.admin.get(f"{CREDENTIALS}/{uuid4()}", showPassword=True), 404)
    assert estate.audited("credential.secret_revealed", mine) == 2


async def test_cred_02_a_key_and_its_passphrase_are_shown_too(estate: Estate) -> None:
    mine = await login(estate, authenticationMethod=2, privateKey=private_key(), passphrase=PASSPHRASE)
    view = await shown(estate, mine)
    assert (view["password"], view["passphrase"]) == (SERVICE_PASSWORD, PASSPHRASE)
    serialization.load_ssh_private_key(view["privateKey"].encode(), None)
    assert (view["keyGenAlgorithm"], view["keyLength"]) == ("Ed25519", 256)
    again = made(await estate.admin.put(f"{CREDENTIALS}/{mine}", view))
    assert again["modifiedDateTimeUtc"] == (await listed(estate, mine))["modifiedDateTimeUtc"]
    assert estate.audited("credential.changed", mine) == 0  # a view that is put back changes nothing


async def listed(estate: Estate, credential_id: str) -> dict[str, Any]:
    """The entity, as an update that changes nothing answers it."""
    return made(await estate.admin.put(CREDENTIALS, {"id": credential_id}))


@pytest.mark.sees_effect("Credential.UpdateAsync")
@pytest.mark.sees_effect("Credential.Put")
async def test_cred_01_what_is_not_given_stays(estate: Estate) -> None:
    mine = await login(estate, sudoCommand="dzdo", description="first")
    held = SERVICE_PASSWORD
    for path, extra in ((f"{CREDENTIALS}/{mine}", {}), (CREDENTIALS, {"id": mine})):
        made(await estate.admin.put(path, {**extra, "name": "Deployment", "description": ""}))
        view = await shown(estate, mine)
        assert (view["name"], view["description"], view["sudoCommand"]) == ("Deployment", None, "dzdo")
        assert view["password"] == held
        held = f"canary-{len(extra)}"
        made(await estate.admin.put(path, {**extra, "password": held, "name": "x"}))
        assert (await shown(estate, mine))["password"] == held
    row = estate.database.submit_read(get_credential, UUID(mine)).result()
    vault = estate.callers.api.vault
    assert row.password_secret_id is not None
    kept = estate.database.submit_read(vault.versions, row.password_secret_id).result()
    assert [version.version for version in kept] == [3, 2, 1]  # CRED-07
    assert estate.audited("credential.changed", mine) == 4


async def test_a_password_is_erased_when_that_is_asked(estate: Estate) -> None:
    mine = await login(estate)
    made(await estate.admin.put(CREDENTIALS, {"id": mine, "name": "x"}))
    assert (await shown(estate, mine))["password"] == SERVICE_PASSWORD
    answer = await estate.admin.put(CREDENTIALS, {"id": mine}, erasePassword=True)
    assert answer.status_code == 200
    assert (await shown(estate, mine))["password"] is None
    made(await estate.admin.put(CREDENTIALS, {"id": mine, "password": "canary-new"}))
    assert (await shown(estate, mine))["password"] == "canary-new"


async def test_cred_01_a_change_takes_nobody_elses_login(estate: Estate) -> None:
    mine, other = await login(estate), await login(estate, "other", domain="corp")
    for body in ({"username": "other", "domain": "CORP"}, {"username": "locum"}):
        problem(await estate.admin.put(f"{CREDENTIALS}/{mine}", body), 409)
        problem(await estate.admin.put(CREDENTIALS, {"id": mine, **body}), 409)
    made(await estate.admin.put(f"{CREDENTIALS}/{other}", {"domain": "Corp"}))
    for refused in (
        {"type": 9},
        {"type": -1},
        {"platformId": str(uuid4())},
        {"username": ""},
        {"privateKey": "x"},
    ):
        problem(await estate.admin.put(f"{CREDENTIALS}/{mine}", refused), 400)
    problem(await estate.admin.put(CREDENTIALS, {"username": "x"}), 400)
    problem(await estate.admin.put(f"{CREDENTIALS}/{uuid4()}", {}), 404)


@pytest.mark.sees_effect("Credential.Delete")
@pytest.mark.sees_effect("Credential.CountAsync")
async def test_cred_01_a_deleted_login_is_free_and_its_secrets_are_gone(estate: Estate) -> None:
    mine = await login(estate)
    assert await estate.get(estate.admin, f"{CREDENTIALS}/Count") == 2
    before = estate.database.submit_read(get_credential, UUID(mine)).result()
    assert (await estate.admin.http.delete(f"{CREDENTIALS}/{mine}")).status_code == 200
    assert await estate.get(estate.admin, f"{CREDENTIALS}/Count") == 1
    assert await estate.get(estate.admin, f"{CREDENTIALS}/Count", includeDeleted=True) == 2
    for answer in (
        await estate.admin.get(f"{CREDENTIALS}/{mine}", showPassword=True),
        await estate.admin.put(f"{CREDENTIALS}/{mine}", {"name": "x"}),
        await estate.admin.http.delete(f"{CREDENTIALS}/{mine}"),
    ):
        problem(answer, 404)
    assert before.password_secret_id is not None
    vault = estate.callers.api.vault
    assert estate.database.submit_read(vault.versions, before.password_secret_id).result() == []
    assert await login(estate) != mine
    assert estate.audited("credential.deleted", mine) == 1


@pytest.mark.sees_effect("Credential.DeleteMultipleAsync")
async def test_what_is_in_use_is_not_deleted(estate: Estate) -> None:
    used, free = estate.ids["locum"], await login(estate)
    refusal = problem(await estate.admin.http.delete(f"{CREDENTIALS}/{used}"), 409)
    assert "resource “web01”" in refusal["detail"]
    made(await estate.admin.post(f"/api/locum/v1/Credential/{free}/CheckOut", {"exclusive": False}), 201)
    assert "lease of “root”" in problem(await estate.admin.http.delete(f"{CREDENTIALS}/{free}"), 409)["detail"]
    other = await login(estate, "other")
    answer = await estate.admin.post(f"{CREDENTIALS}/DeleteMultiple", [used, free, other, other, str(uuid4())])
    assert answer.json() == {"item1": 1, "item2": 3}
    assert await estate.get(estate.admin, f"{CREDENTIALS}/Count") == 2


async def test_an_application_reads_a_password_in_five_selects(estate: Estate) -> None:
    """The key's holder, the credential, whether it is managed, who is alone with it, the secret: one audited unit."""
    mine, robot = await login(estate), estate.callers.application("robot")
    with selects(estate.database) as seen:
        await estate.get(robot, f"{CREDENTIALS}/{mine}", showPassword=True)
    assert len(seen) == 5, seen
