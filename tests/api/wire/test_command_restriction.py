"""Command restrictions on the wire, which the contract does not have."""

from __future__ import annotations

import msgspec
import pytest

from locum.activities.command_rules import CommandAction, CommandRule
from locum.api.wire import command_restriction as wire
from locum.api.wire.base import encoder


def test_a_rule_is_sent_as_it_is_kept() -> None:
    rule = CommandRule("^rm ", CommandAction.LOCK, "ask first", True)
    sent = msgspec.json.decode(encoder.encode(wire.CommandRule.from_row(rule)))
    assert sent == {"pattern": "^rm ", "action": "block_and_lock", "message": "ask first", "mail": True}


def test_what_is_absent_is_told_apart_from_null() -> None:
    read = msgspec.json.decode(b'{"mailTo": null}', type=wire.CommandRestrictionIn)
    assert (read.mail_to, read.rules) == (None, msgspec.UNSET)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"rules": [{"pattern": "x"}]}', type=wire.CommandRestrictionIn)
