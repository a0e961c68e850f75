"""Tickets are for one use, one holder, one thing and half a minute; a terminal is its holder's."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from ended_shell import EndedShell
from identities_world import no_connection, no_gateway
from locum.api.terminals import TICKET_S, Holder, Terminals
from locum.kit.errors import Forbidden, NotFound

ADA = Holder(uuid4(), uuid4())
ELSEWHERE = Holder(ADA.identity_id, uuid4())  # Ada, in another sign-in
SESSION = uuid4()


@pytest.fixture
def terminals() -> Terminals:
    return Terminals(no_gateway, no_connection)


def test_a_ticket_is_used_once(terminals: Terminals) -> None:
    ticket = terminals.ticket(ADA, "terminal", SESSION)
    terminals.use_ticket(ticket, ADA, "terminal", SESSION)
    with pytest.raises(Forbidden, match="used before"):
        terminals.use_ticket(ticket, ADA, "terminal", SESSION)


@pytest.mark.parametrize(
    "used", [(ELSEWHERE, "terminal", SESSION), (ADA, "assist", SESSION), (ADA, "terminal", uuid4())]
)
def test_a_ticket_is_for_what_it_was_made_for(terminals: Terminals, used: tuple[Holder, str, object]) -> None:
    with pytest.raises(Forbidden):
        terminals.use_ticket(terminals.ticket(ADA, "terminal", SESSION), *used)  # type: ignore[arg-type]


def test_the_latest_ticket_counts_and_not_for_long(terminals: Terminals, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (terminals.ticket(ADA, "terminal", SESSION) for _ in range(2))
    for one in (first, None, 7):
        with pytest.raises(Forbidden):
            terminals.use_ticket(one, ADA, "terminal", SESSION)
    later = time.monotonic() + TICKET_S
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(Forbidden):
        terminals.use_ticket(second, ADA, "terminal", SESSION)


def test_a_terminal_is_its_holders_while_it_is_open(terminals: Terminals) -> None:
    shell = EndedShell()
    terminal_id = terminals.add(ADA, shell)
    assert terminals.get(terminal_id, ADA) is shell
    with pytest.raises(NotFound):
        terminals.get(terminal_id, ELSEWHERE)
    terminals.remove(terminal_id)
    with pytest.raises(NotFound):
        terminals.get(terminal_id, ADA)
