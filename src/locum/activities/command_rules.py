"""PURE: which commands a connection profile restricts at the SSH gateway, and what comes of them (PRX-10, C.5).

Patterns are those of RE2, and not Python's: the time to look for one grows with the length of the line alone, so that
no pattern of an administrator and no line of a person can hold up the gateway.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
import re2  # type: ignore[import-untyped]

from locum.kit.errors import Invalid

MOST_RULES = 100
LONGEST_PATTERN = 500
LONGEST_MESSAGE = 200
LONGEST_KEPT = 500  # characters of a command that are written down
_PATTERN_MEMORY = 1 << 20  # bytes


class CommandAction(StrEnum):
    """What comes of a command that a pattern fits, from the mildest to the strictest.

    LOG: it runs, and is written down. BLOCK: it is not run. LOCK: nor is anything else, until an administrator unlocks
    the session. TERMINATE: the session ends.
    """

    LOG = "log"
    BLOCK = "block"
    LOCK = "block_and_lock"
    TERMINATE = "terminate"


_STRICTER = tuple(CommandAction)


class CommandRule(msgspec.Struct, frozen=True):
    """`message` is what the person is told; `mail`: whether a mail goes to the restriction's address."""

    pattern: str
    action: CommandAction
    message: str | None = None
    mail: bool = False


class Restriction(msgspec.Struct, frozen=True):
    """A named group of rules, of which the first that fits a command counts."""

    id: UUID
    name: str
    mail_to: str | None
    rules: tuple[CommandRule, ...]


@dataclass(frozen=True, slots=True)
class CommandHit:
    """A command that a rule fits; `number` is the rule's place in its restriction, from 1."""

    restriction: Restriction
    number: int
    command: str

    @property
    def rule(self) -> CommandRule:
        return self.restriction.rules[self.number - 1]

    @property
    def action(self) -> CommandAction:
        return self.rule.action

    @property
    def reason(self) -> str:
        """What the person is told."""
        if self.rule.message:
            return self.rule.message
        return f"this command is restricted by “{self.restriction.name}”"

    @property
    def event(self) -> tuple[str, dict[str, str | int]]:
        """What the audit log has of it: action and detail."""
        detail: dict[str, str | int] = {
            "restriction": self.restriction.name,
            "rule": self.number,
            "action": str(self.action),
            "typed": self.command,
        }
        return "connection.command", detail


def checked_rules(rules: Sequence[CommandRule]) -> tuple[CommandRule, ...]:
    """The rules, trimmed. Raises Invalid, naming the wire field."""
    if not 1 <= len(rules) <= MOST_RULES:
        raise Invalid(f"a command restriction has 1 to {MOST_RULES} rules", field="rules")
    return tuple(_checked(rule) for rule in rules)


def hits(restrictions: Iterable[Restriction], lines: Sequence[str]) -> list[CommandHit]:
    """Each restriction's first rule that fits one of the lines, the strictest before the others."""
    found = [hit for restriction in restrictions for hit in _first(restriction, lines)]
    return sorted(found, key=lambda hit: _STRICTER.index(hit.action), reverse=True)


def _first(restriction: Restriction, lines: Sequence[str]) -> Iterator[CommandHit]:
    for number, rule in enumerate(restriction.rules, 1):
        pattern = _compiled(rule.pattern)
        for line in lines:
            if pattern.search(line):
                yield CommandHit(restriction, number, line[:LONGEST_KEPT])
                return


def _checked(rule: CommandRule) -> CommandRule:
    if not 0 < len(rule.pattern) <= LONGEST_PATTERN:
        raise Invalid(f"a pattern has 1 to {LONGEST_PATTERN} characters", field="pattern")
    try:
        pattern = _compiled(rule.pattern)
    except (re2.error, UnicodeError):
        raise Invalid("a pattern is a regular expression as RE2 has it", field="pattern") from None
    if pattern.search(""):
        raise Invalid("a pattern must not fit an empty line", field="pattern")
    message = " ".join((rule.message or "").split())
    if len(message) > LONGEST_MESSAGE:
        raise Invalid(f"a message has at most {LONGEST_MESSAGE} characters", field="message")
    return msgspec.structs.replace(rule, message=message or None)


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = _PATTERN_MEMORY
    options.log_errors = False
    return re2.compile(pattern, options)
