"""Requests that tests of accounts share."""

from __future__ import annotations

from typing import Any

import httpx

from identities_world import PASSWORD, Caller

BASE = "/api/v1/ManagedAccount"
SEARCH = f"{BASE}/Search"
NEW_PASSWORD = "another horse battery"


def local_user(name: str, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
    """The body that makes a local user."""
    return {
        "managedAccountView": {"name": name, **more},
        "localUserPasswordChangeRequest": {"username": name, "passwordNew": password},
        "changePasswordNextLogin": False,
    }


async def application(admin: Caller, name: str = "robot", serial: str = "") -> str:
    """The id of a new application."""
    made = await admin.post(f"{BASE}/CreateApplicationUser", {"name": name, "certificateSerialNumber": serial})
    assert made.status_code == 200, made.text
    return str(made.json()["id"])


async def new_key(admin: Caller, application_id: str) -> str:
    """An application's new key, as the contract has it made and shown."""
    generated = await admin.put(f"{BASE}/GenerateApiKey/{application_id}")
    assert (generated.status_code, generated.content) == (200, b"")
    revealed = await admin.get(f"{BASE}/RevealApiKey/{application_id}")
    assert revealed.status_code == 200
    return str(revealed.json())


async def first_step(caller: Caller, name: str, password: str = PASSWORD) -> httpx.Response:
    """The password step of a sign-in."""
    return await caller.post("/signinBody", {"Login": name, "Password": password})


def assert_problem(answer: httpx.Response, status: int) -> None:
    """It is a problem of that status, in the form of RFC 9457."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "traceId"} <= set(answer.json())
