"""Gateway processes for tests of the gateway: the test is the process with the gate and the sign-in."""

from __future__ import annotations

import socket

import pytest

from locum.gateway.ssh.gate import Gate, SignInSteps
from locum.main.gateway_link import Start
from locum.main.gateway_processes import GatewayProcesses
from locum.main.keys import _MAKERS, RECORDING_SIGNING
from locum.recordings.store import Store
from locum.vault.secret import Secret

IN_BOTH = pytest.mark.parametrize("processes", [1, 2])
"""For a few telling tests: always in one process and in two of their own, all others in two where `full` ones run."""
IN_ONE = pytest.mark.parametrize("processes", [1])
"""For tests that reach into the gateway, which only goes where it is in their own process."""


class Several(GatewayProcesses):
    """With a port and a host key to connect to."""

    port: int
    public_key: str

    @classmethod
    async def started(
        cls, number: int, gate: Gate, people: SignInSteps, host_key: Secret, store: Store
    ) -> Several:
        """What dies there is not looked after: tests of that have a whole installation."""
        start = Start(host_key, _MAKERS[RECORDING_SIGNING](), str(store.root), None, True)
        made = cls(number, gate, people, start, close_recording=lambda grant: None)
        listener = socket.create_server(("127.0.0.1", 0))
        made.port = listener.getsockname()[1]
        await made.start(listener)
        return made
