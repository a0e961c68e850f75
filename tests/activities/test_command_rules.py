"""Which commands are restricted, and what comes of them."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace

from locum.activities.command_rules import (
    LONGEST_KEPT,
    LONGEST_MESSAGE,
    LONGEST_PATTERN,
    MOST_RULES,
    CommandAction,
    CommandRule,
    Restriction,
    checked_rules,
    hits,
)
from locum.kit.errors import Invalid
from locum.kit.ids import new_id

RULE = CommandRule("^rm ", CommandAction.BLOCK)


def restriction(name: str, *rules: CommandRule) -> Restriction:
    return Restriction(new_id(), name, None, rules)


def test_of_each_restriction_the_first_rule_that_fits_counts_and_the_strictest_comes_first() -> None:
    watched = restriction(
        "watched", CommandRule("rm", CommandAction.LOG), CommandRule("rm -rf", CommandAction.TERMINATE)
    )
    strict = restriction("strict", CommandRule("(?i)RM -", CommandAction.LOCK, "no removals here"))
    mild = restriction("mild", CommandRule("shred", CommandAction.BLOCK), RULE)
    found = hits([watched, strict, mild], ["ls", "rm -rf /"])
    assert [(hit.restriction.name, hit.number, hit.action) for hit in found] == [
        ("strict", 1, CommandAction.LOCK),
        ("mild", 2, CommandAction.BLOCK),
        ("watched", 1, CommandAction.LOG),
    ]
    assert {hit.command for hit in found} == {"rm -rf /"}
    assert [hit.reason for hit in found[:2]] == ["no removals here", "this command is restricted by “mild”"]


def test_what_fits_nothing_is_no_hit() -> None:
    assert hits([restriction("mild", RULE)], ["ls rm ", "arm x"]) == []
    assert hits([], ["rm x"]) == []


def test_of_a_long_command_the_beginning_is_kept() -> None:
    (hit,) = hits([restriction("mild", RULE)], ["rm " + "x" * 5000])
    assert len(hit.command) == LONGEST_KEPT


@pytest.mark.parametrize(
    "pattern", ["", "(a", "a**", "(?=x)", r"(a)\1", "x*", "^", "x" * (LONGEST_PATTERN + 1), "\ud800"]
)
def test_a_pattern_is_one_that_can_be_looked_for(pattern: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked_rules([replace(RULE, pattern=pattern)])
    assert refusal.value.field == "pattern"


def test_there_are_so_many_rules_with_messages_of_one_line() -> None:
    for rules in ([], [RULE] * (MOST_RULES + 1)):
        with pytest.raises(Invalid) as refusal:
            checked_rules(rules)
        assert refusal.value.field == "rules"
    (kept,) = checked_rules([replace(RULE, message=" not \n here\t")])
    assert kept.message == "not here"
    assert checked_rules([replace(RULE, message="  ")]) == (RULE,)
    with pytest.raises(Invalid, match="message"):
        checked_rules([replace(RULE, message="x" * (LONGEST_MESSAGE + 1))])


def test_no_pattern_takes_long() -> None:
    """In an engine that goes back and tries again, this one would outlive the machine."""
    rule = CommandRule("(a+)+$", CommandAction.BLOCK)
    before = time.process_time()
    assert hits([restriction("slow", *checked_rules([rule]))], ["a" * 8000 + "b"]) == []
    assert time.process_time() - before < 1
