"""Managed users over the API, on hosts, databases and secret vaults."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from account_calls import assert_problem
from estate import CREDENTIALS, RESOURCES, Estate, made
from locum.credentials.model import managed_user
from locum.resources.add import get_resource

pytestmark = pytest.mark.anyio


def path(credential_id: str) -> str:
    return f"/api/locum/v1/Credential/{credential_id}/ManagedUser"


async def login(estate: Estate) -> str:
    return str(made(await estate.admin.post(CREDENTIALS, {"username": "app", "password": "x", "type": 1}))["id"])


@pytest.mark.sees_effect("ManagedUser.Get", "ManagedUser.Manage", "ManagedUser.Unmanage")
async def test_a_login_is_managed_and_left_alone(estate: Estate) -> None:
    app = await login(estate)
    answer = made(await estate.admin.put(path(app), {"managedResourceId": estate.ids["web01"], "managedType": 1}))
    assert (answer["managedType"], answer["credentialId"]) == (1, app)
    assert await estate.get(estate.admin, path(app)) == answer
    assert estate.count(managed_user) == 1
    assert (await estate.admin.http.delete(path(app))).status_code == 200
    assert estate.count(managed_user) == 0
    assert_problem(await estate.admin.get(path(app)), 404)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"managedResourceId": "x"}, 400),
        ({"managedType": 1, "managedResourceId": str(UUID(int=7))}, 400),
    ],
    ids=str,
)
async def test_what_is_wrong_is_said(estate: Estate, body: dict[str, Any], status: int) -> None:
    assert_problem(await estate.admin.put(path(await login(estate)), body), status)


async def test_a_custom_role_manages_its_own_credentials(estate: Estate) -> None:
    """ROLE-03. Where they live is said for them."""
    app = await login(estate)
    rights = ["credentials:credential:manage", "credentials:credential:unmanage"]
    keeper = await estate.holder("keeper", rights, credentialIds=[app])
    body = {"managedResourceId": estate.ids["web01"]}
    made(await estate.admin.put(path(app), {**body, "managedType": 0}))
    assert made(await keeper.put(path(app), body))["managedType"] == 2
    assert_problem(await keeper.put(path(estate.ids["locum"]), body), 403)
    assert (await keeper.http.delete(path(app))).status_code == 200


async def test_databases_and_secret_vaults_are_onboarded(estate: Estate) -> None:
    database = {"name": "shop", "type": 5, "ipAddress": "192.0.2.5",
                "managedDatabase": {"port": 5433, "name": "shop", "trustServerCertificate": True}}  # fmt: skip
    shown = made(await estate.admin.post(RESOURCES, database))
    row = await estate.database.read(get_resource, UUID(shown["id"]))
    assert (row.type, row.port, row.database_name) == (5, 5433, "shop")
    assert (row.encrypted, row.trust_server_certificate) == (True, True)
    vault = made(await estate.admin.post(RESOURCES, {"name": "safe", "type": 4}))
    kept = await estate.database.read(get_resource, UUID(vault["id"]))
    assert (kept.type, kept.dns_name, kept.ip_address) == (4, None, None)
    names = await estate.database.read(
        lambda tx: tx.scalars(sa.text("SELECT name FROM platform WHERE id IN (SELECT platform_id FROM resource)"))
    )
    assert set(names) == {"Linux", "PostgreSQL", "Secret Vault"}
    for wrong in (
        {"name": "x", "type": 5, "ipAddress": "192.0.2.5"},
        {**database, "name": "x", "managedDatabase": {"port": 70000}},
        {**database, "name": "x", "managedDatabase": {"type": 3}},
        {"name": "x", "type": 1},
    ):
        assert (await estate.admin.post(RESOURCES, wrong)).status_code in {400, 409}, wrong
