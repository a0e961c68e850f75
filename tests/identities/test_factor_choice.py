"""Which factor counts: the vendor's table of precedence (AUTH-13), every combination of it."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest

from locum.identities.factor_choice import Asked, Choice, Connector, SecondFactor, choose

MINE, DUO, AZURE = (Connector(UUID(int=n), name) for n, name in enumerate(("mine", "duo", "Azure"), 1))
OWNS: tuple[SecondFactor | Connector | None, ...] = (None, SecondFactor.REQUIRED, SecondFactor.NOT_REQUIRED, MINE)
GROUPS: tuple[tuple[Connector | None, ...], ...] = ((), (None,), (DUO,), (None, DUO), (DUO, AZURE), (AZURE, DUO))


def by_the_table(
    own: SecondFactor | Connector | None, groups: tuple[Connector | None, ...], required: bool
) -> Choice:
    """The documented rules, read one after the other as they stand there."""
    if own == MINE:  # the user's own choice comes before that of any group
        return Choice(Asked.CONNECTOR, MINE)
    if own == SecondFactor.NOT_REQUIRED:
        return Choice(Asked.NOTHING)
    if AZURE in groups:  # of several groups the first by name, in whatever order they come
        return Choice(Asked.CONNECTOR, AZURE)
    if DUO in groups:  # a group's connector comes before the user's internal factor
        return Choice(Asked.CONNECTOR, DUO)
    if own == SecondFactor.REQUIRED:
        return Choice(Asked.OWN)
    return Choice(Asked.OWN) if required else Choice(Asked.IF_ENROLLED)


@pytest.mark.parametrize(("own", "groups", "required"), list(itertools.product(OWNS, GROUPS, (True, False))))
def test_the_documented_table(
    own: SecondFactor | Connector | None, groups: tuple[Connector | None, ...], required: bool
) -> None:
    assert choose(own=own, groups=groups, required=required) == by_the_table(own, groups, required)


def test_names_that_differ_in_case_alone_have_an_order() -> None:
    one, two = Connector(UUID(int=7), "Duo"), Connector(UUID(int=8), "duo")
    for groups in ((one, two), (two, one)):
        assert choose(own=None, groups=groups, required=True).connector == one
    same = Connector(UUID(int=6), "Duo")
    assert choose(own=None, groups=(one, same), required=True).connector == same
