"""The host in memory that the life of sessions is played on keeps what real hosts keep."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from connectors.conformance import Conformance, Subject
from locum.connectors.base import Step
from memory_host import FOREIGN, MemoryHost

pytestmark = pytest.mark.anyio


@pytest.fixture
def subject() -> Subject:
    host = MemoryHost()

    def plan() -> list[Step]:
        marker = str(uuid.uuid4())
        login = {"login": f"anna-{marker[:8]}"}
        key = Step("authorized_key", {**login, "public_key": f"ssh-ed25519 AAAA {marker}"}, marker)
        return [Step("account", login, marker), key, replace(key, kind="sudoers")]

    def login(steps: list[Step]) -> str:
        return steps[0].parameters["login"]

    return Subject(
        connect=host.connect,
        plan=plan,
        state=host.state,
        settled=lambda before: host.state() == before,
        works=lambda steps: {(step.marker, step.kind) for step in steps} <= host.rights(),
        foreign=lambda steps: host.accounts.update({login(steps): FOREIGN}),
        unforeign=lambda steps: host.accounts.__delitem__(login(steps)),
        signed_in=lambda steps: host.signed_in(login(steps)),
    )


class TestMemoryHost(Conformance):
    """The suite of all connectors."""
