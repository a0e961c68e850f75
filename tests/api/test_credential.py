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
from locum.credentials.add import PASSWORD_PURPOSE, PRIVATE_KEY_PURPOSE, get_credential
from locum.credentials.model import credential
from locum.kit.db import ReadTx
from locum.vault.model import vault_secret

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
            vault.open(tx, password, purpose=PASSWORD_PURPOSE).reveal_text() if password else None,
            vault.open(tx, key, purpose=PRIVATE_KEY_PURPOSE).reveal() if key else None,
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
