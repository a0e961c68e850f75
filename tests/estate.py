"""What an administrator has set up over the API, and people who want to use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from identities_world import Caller, Callers
from locum.audit.model import audit_event
from locum.credentials.model import Method, credential, managed_user
from locum.identities.caller import Role
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.main import keys
from locum.main.seed import seed
from locum.resources.model import host_user
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import connection

SESSIONS = "/api/v1/ActivitySession"
RESOURCES = "/api/v1/ManagedResource"
CREDENTIALS = "/api/v1/Credential"
POLICIES = "/api/v1/AccessControlPolicy"
ACCOUNTS = "/api/v1/ManagedAccount"
ROLES = "/api/locum/v1/Role"
NIL = "00000000-0000-0000-0000-000000000000"
SERVICE_PASSWORD = "canary-c41f-password"


@dataclass
class Estate:
    """One host with a service account, and a policy that lets Ada (not Eve) open both activities there."""

    callers: Callers
    database: Database
    admin: Caller
    ada: Caller
    eve: Caller
    ids: dict[str, str]

    async def ask(self, who: Caller | None = None, **changes: Any) -> dict[str, Any]:
        """A session for `Linux sudo` on the host, as its view. Ada asks unless somebody else does."""
        body = {"activityId": self.ids["Linux sudo"], "managedResourceId": self.ids["web01"], **changes}
        return made(await (who or self.ada).post(SESSIONS, body), 201)

    async def restriction(self, name: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A command restriction; without `rules` one that blocks `shred`."""
        body = {"name": name, "rules": rules or [{"pattern": "^shred ", "action": "block"}], **more}
        return made(await self.admin.post("/api/locum/v1/CommandRestriction", body), 201)

    async def mail_template(self, name: str, **wording: str) -> dict[str, Any]:
        """A mail template that says little."""
        body = {"name": name, "subject": "{who}", "text": "{link}", **wording}
        return made(await self.admin.post("/api/locum/v1/MailTemplate", body), 201)

    async def policy(self, name: str, **changes: Any) -> dict[str, Any]:
        """A policy for Ada, the host and `Linux sudo`."""
        body = {
            "name": name,
            "managedAccountIds": [self.ids["ada"]],
            "managedResourceIds": [self.ids["web01"]],
            "activityIds": [self.ids["Linux sudo"]],
            **changes,
        }
        return made(await self.admin.post(POLICIES, body))

    async def role(self, name: str, permissions: Sequence[str], **lists: list[str]) -> str:
        """A custom role for what its first permission is about; answers its id."""
        body = {
            "name": name,
            "target": permissions[0].partition(":")[0],
            "permissions": list(permissions),
            **lists,
        }
        return str(made(await self.admin.post(ROLES, body), 201)["id"])

    async def give(self, role_id: str, identity_id: str) -> None:
        """Let somebody hold a role."""
        answer = await self.admin.put(f"{ROLES}/{role_id}/Member/{identity_id}")
        assert answer.status_code == 200, answer.text

    async def holder(self, name: str, permissions: Sequence[str], **lists: list[str]) -> Caller:
        """Somebody new with a custom role of their own, whose id is `<name>-role`."""
        who = self.callers.person(name)
        (row,) = (await self.get(self.admin, f"{ACCOUNTS}/Search", filterText=name))["data"]
        self.ids[name], self.ids[f"{name}-role"] = row["id"], await self.role(f"of {name}", permissions, **lists)
        await self.give(self.ids[f"{name}-role"], row["id"])
        return who

    async def get(self, who: Caller, path: str, **params: Any) -> Any:
        """What a GET answers that succeeds."""
        answer = await who.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def become(self, session_id: str, *steps: Status) -> None:
        """Bring a session further, as the worker would."""

        def change(tx: Tx) -> None:
            values: dict[Status, dict[str, Any]] = {
                Status.ACTIVE: {"actual_start": tx.now},
                Status.CANCELLING: {"outcome": Status.COMPLETE},
            }
            for step in steps:
                session = transition.get(tx, UUID(session_id))
                transition.move(tx, session, step, **values.get(step, {"actual_end": tx.now}))

        self.database.submit_write(change).result()

    def connect(self, session_id: str) -> str:
        """A connection inside a session, as the gateway writes it."""

        def add(tx: Tx) -> UUID:
            made_id = new_id()
            session = transition.get(tx, UUID(session_id))
            tx.add(
                connection,
                id=made_id,
                session_id=session.id,
                identity_id=session.identity_id,
                node="node",
                address="192.0.2.9",
                recorded=True,
                opened_at=tx.now,
            )
            return made_id

        return str(self.database.submit_write(add).result())

    def account(self, login: str) -> str:
        """An account that was seen on the host; answers its id."""

        def add(tx: Tx) -> UUID:
            made_id, where = new_id(), UUID(self.ids["web01"])
            tx.add(host_user, id=made_id, resource_id=where, login=login, created_at=tx.now, modified_at=tx.now)
            return made_id

        return str(self.database.submit_write(add).result())

    def manage(self, credential_id: str, method: Method = Method.AUTOMATIC) -> str:
        """Let a login live on the host; answers the managed user's id."""

        def add(tx: Tx) -> UUID:
            managed_id, where = new_id(), UUID(self.ids["web01"])
            tx.add(
                managed_user,
                id=managed_id,
                credential_id=UUID(credential_id),
                resource_id=where,
                method=method,
                created_at=tx.now,
                modified_at=tx.now,
            )
            return managed_id

        return str(self.database.submit_write(add).result())

    async def dependant(self, name: str = "app") -> str:
        """A file on the host that holds the service account's password. That account is managed from then on."""
        if "managed" not in self.ids:
            self.ids["managed"] = self.manage(self.ids["locum"])
        path = f"/etc/{name}.conf"
        file = {"path": path, "pattern": "p={secret}"}
        body = {"name": name, "resourceId": self.ids["web01"], "parameters": file}
        answer = await self.admin.post(f"/api/locum/v1/Credential/{self.ids['locum']}/Dependant", body)
        return str(made(answer, 201)["id"])

    def forget_credential(self, credential_id: str) -> None:
        """Let a credential that nothing uses be gone."""
        gone = sa.delete(credential).where(credential.c.id == UUID(credential_id))
        self.database.submit_write(lambda tx: tx.run(gone)).result()

    def count(self, table: sa.Table) -> int:
        query = sa.select(sa.func.count()).select_from(table)
        return int(self.database.submit_read(lambda tx: tx.scalar(query)).result())

    def audited(self, action: str, object_id: str) -> int:
        """How often the audit log says so of one thing."""
        c = audit_event.c
        query = sa.select(sa.func.count()).where(c.action == action, c.object_id == UUID(object_id))
        return int(self.database.submit_read(lambda tx: tx.scalar(query)).result())


def made(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The view of what was made."""
    assert answer.status_code == status, answer.text
    view: dict[str, Any] = answer.json()
    return view


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem that an answer is."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "instance", "traceId"} <= set(body)
    return body


@pytest.fixture
async def estate(callers: Callers, database: Database) -> Estate:
    database.submit_write(seed).result()
    database.submit_write(keys.ensure_all, callers.api.vault).result()
    admin = callers.person("root", Role.ADMIN)
    built = Estate(callers, database, admin, callers.person("ada"), callers.person("eve"), {})
    for row in (await built.get(admin, f"{ACCOUNTS}/Search"))["data"]:
        built.ids[row["name"]] = row["id"]
    for row in await built.get(admin, "/api/v1/Activity"):
        built.ids[row["name"]] = row["id"]
    account = made(await admin.post(CREDENTIALS, {"username": "locum", "password": SERVICE_PASSWORD}))
    host = {
        "name": "web01",
        "ipAddress": "192.0.2.10",
        "portSsh": 2222,
        "serviceAccountId": account["id"],
        "acceptThumbprintOnFirstDiscovery": True,
    }
    built.ids["web01"] = made(await admin.post(RESOURCES, host))["id"]
    built.ids["locum"] = account["id"]
    both = [built.ids["Linux sudo"], built.ids["Linux shell"]]
    built.ids["admins"] = (await built.policy("admins", activityIds=both))["id"]
    return built
