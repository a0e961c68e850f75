"""Each that answers the gateway takes what the gateway says."""

from __future__ import annotations

import inspect

import pytest

from locum.gateway.ssh.gate import Gate, SignInSteps
from locum.identities.signin import SignIn
from locum.sessions.connections import Connections


@pytest.mark.parametrize(("asked", "answers"), [(Gate, Connections), (SignInSteps, SignIn)])
def test_what_is_asked_is_answered(asked: type, answers: type) -> None:
    names = [name for name, found in vars(asked).items() if inspect.iscoroutinefunction(found)]
    assert len(names) >= 4
    for name in names:
        assert inspect.signature(getattr(answers, name)) == inspect.signature(getattr(asked, name)), name
