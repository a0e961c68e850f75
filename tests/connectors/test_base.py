"""The values connectors take and the errors they raise."""

from __future__ import annotations

import pytest

from locum.connectors.base import Step, Target, TargetRefused, TargetUnreachable
from locum.kit.errors import LocumError
from locum.vault.secret import Secret


def test_a_target_shows_no_secret() -> None:
    target = Target("h", 22, "locum", Secret("canary-1"), Secret("canary-2"), None, False, "sudo")
    assert "canary" not in f"{target!r} {target}"


def test_values_do_not_change() -> None:
    step = Step("account", {"login": "anna"}, "m")
    with pytest.raises(AttributeError):
        step.kind = "group"  # type: ignore[misc]


@pytest.mark.parametrize("kind", [TargetRefused, TargetUnreachable])
def test_errors_carry_their_words(kind: type[LocumError]) -> None:
    assert kind("no").detail == "no"


def test_refused_and_unreachable_are_told_apart() -> None:
    assert not issubclass(TargetRefused, TargetUnreachable)
    assert not issubclass(TargetUnreachable, TargetRefused)
