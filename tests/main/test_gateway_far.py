"""The far end has the form of what the gateway asks for; what it does is in test_gateway_desk.py."""

from __future__ import annotations

import inspect

import pytest

from locum.gateway.ssh.gate import Gate, SignInSteps
from locum.main.gateway_far import FarRooms


@pytest.mark.parametrize("asked", [Gate, SignInSteps])
def test_what_is_asked_is_passed_on(asked: type) -> None:
    for name in (name for name, found in vars(asked).items() if inspect.iscoroutinefunction(found)):
        assert inspect.signature(getattr(FarRooms, name)) == inspect.signature(getattr(asked, name)), name
