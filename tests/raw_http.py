"""Requests to the API in process, byte for byte as they are given: no client puts their path or headers right."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

SLOWEST = 10  # seconds


@dataclass
class Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def detail(self) -> str:
        return str(json.loads(self.body)["detail"])


async def ask(
    app: Any,
    method: str,
    path: bytes,
    *,
    query: bytes = b"",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """One request, over TLS from 192.0.2.1."""
    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "raw_path": path,
        "query_string": query,
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("192.0.2.1", 50_000),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await asyncio.wait_for(app(scope, receive, send), SLOWEST)
    return Answer(sent[0]["status"], sent[0]["headers"], sent[1]["body"])
