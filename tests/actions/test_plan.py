"""Login names a Linux host accepts, and steps in the order their undo can rely on."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.actions.plan import PlannedStep, login_name, steps


@pytest.mark.parametrize(
    ("person", "login"),
    [
        ("alice", "alice-abcd2345"),
        ("DOM\\Alice.Smith", "alicesmith-abcd2345"),
        ("bob@example.org", "bob-abcd2345"),
        ("42", "u42-abcd2345"),
        ("-rf", "rf-abcd2345"),
        ("Ωμέγα", "u-abcd2345"),
        ("x" * 100, "x" * 23 + "-abcd2345"),
    ],
)
def test_names(person: str, login: str) -> None:
    assert login_name(person, "abcd2345") == login


@given(st.text(max_size=300))
def test_any_person_gets_a_name_that_linux_takes(person: str) -> None:
    assert re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", login_name(person, "abcd2345"))


def test_the_account_comes_first_and_so_goes_last() -> None:
    planned = steps(login="a-b", public_key="ssh-ed25519 A", actions=[PlannedStep("sudoers", {"commands": "ALL"})])
    assert [step.kind for step in planned] == ["account", "authorized_key", "sudoers"]
    assert planned[2].parameters == {"login": "a-b", "commands": "ALL"}


def test_a_login_with_a_password_has_no_key_and_an_end() -> None:
    planned = steps(login="a-b", public_key=None, actions=[], account={"until": "then"})
    assert planned == [PlannedStep("account", {"login": "a-b", "until": "then"})]


ACTIONS = st.lists(st.builds(PlannedStep, st.sampled_from("abcdef"), st.just({}), st.sampled_from([0, 1, 2])))


@given(ACTIONS)
def test_the_order_of_the_phases(actions: list[PlannedStep]) -> None:
    """Done in their order, before and during; at the end, in the reverse order, those after come first, in theirs."""
    planned = [step.kind for step in steps(login="x", public_key=None, actions=actions)]
    wanted = {phase: [action.kind for action in actions if action.phase == phase] for phase in (0, 1, 2)}
    ahead = wanted[0] + wanted[1]
    assert planned[: len(ahead) + 1] == ["account", *ahead]
    assert planned[::-1][: len(wanted[2])] == wanted[2]
    assert len(planned) == len(actions) + 1


def test_rights_are_told_that_their_login_stays() -> None:
    rights = [PlannedStep("role", {"role": "a"}), PlannedStep("grant"), PlannedStep("group", {"group": "a"})]
    for login_type, kept in ((0, "true"), (1, "true"), (2, None)):
        planned = steps(login="x", public_key=None, actions=rights, login_type=login_type)
        assert [step.parameters.get("kept") for step in planned] == [None, kept, kept, None]


def test_memberships_are_told_that_nobody_stays() -> None:
    rights = [PlannedStep("role", {"role": "a"}), PlannedStep("grant"), PlannedStep("group", {"group": "a"})]
    for login_type, leave, told in ((0, False, "false"), (1, False, "false"), (2, False, None), (0, True, None)):
        planned = steps(login="x", public_key=None, actions=rights, login_type=login_type, leave_in_group=leave)
        assert [step.parameters.get("leave") for step in planned] == [None, told, None, told]
