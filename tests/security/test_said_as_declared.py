"""Every operation of the vault writes the audit row that its declaration names, about who did it, and no secret.

Those that read a JSON object are looked at where they run anyway, in test_mass_assignment.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec import inspect as types

from database_copies import Copies
from estate import Estate
from identities_world import Caller
from locum.api.app import all_routes
from locum.audit.model import audit_event
from locum.identities.passwords import PasswordHasher
from locum.identities.tokens import Tokens
from locum.kit.db import Database
from vault_calls import vault_calls

pytestmark = pytest.mark.anyio

VAULT = {
    "Credential",
    "CredentialGroup",
    "CredentialPasswordHistoryOptions",
    "Dependant",
    "Lease",
    "ManagedUser",
    "OverridePolicy",
    "PasswordComplexity",
    "Platform",
    "Rotation",
    "ScheduledChangePolicy",
    "Secret",
}


def reads_an_object(declared: object) -> bool:
    info = types.type_info(declared)
    kinds = info.types if isinstance(info, types.UnionType) else (info,)
    return any(isinstance(kind, types.StructType) for kind in kinds)


ROUTES = {
    route.operation.name: route
    for route in all_routes()
    if route.operation.name.partition(".")[0] in VAULT
    and route.operation.audit is not None
    and (route.body_type is None or route.body_raw or not reads_an_object(route.body_type))
}


def rows(database: Database) -> list[tuple[str, str, str, str]]:
    c = audit_event.c
    query = sa.select(c.action, c.actor_name, c.outcome, c.detail).order_by(c.id)
    return database.submit_read(lambda tx: [tuple(row) for row in tx._connection.execute(query)]).result()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_log_says_what_the_declaration_names(
    estate: Estate, tmp_path: Path, hasher: PasswordHasher, issuer: Tokens
) -> None:
    calls = await vault_calls(estate)
    assert calls.keys() == ROUTES.keys(), f"without a call, or with one too many: {calls.keys() ^ ROUTES.keys()}"
    before = len(rows(estate.database))
    copies = Copies(estate, tmp_path, hasher, issuer)
    for name, asked in calls.items():
        operation = ROUTES[name].operation
        sent = {"content": asked.body} if isinstance(asked.body, bytes) else {"json": asked.body}
        async with copies.one() as api:
            who = Caller(api, asked.who.http.headers["authorization"].removeprefix("Bearer "))
            answer = await who.http.request(operation.method, asked.path, **(sent if asked.body else {}))
            assert answer.status_code == operation.status, (name, answer.text)
            new = rows(api.db)[before:]
            said = {(action, actor, outcome) for action, actor, outcome, _ in new}
            actor = "robot" if asked.who is not estate.admin else "root"
            assert (operation.audit, actor, "ok") in said, (name, new)
            assert "canary" not in str(new), name
            await who.http.aclose()
