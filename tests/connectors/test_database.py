"""What databases have in common is refused or kept on real ones: see keeper_conformance.DatabaseConformance."""

from __future__ import annotations

import pytest

from locum.connectors.base import Target, TargetRefused
from locum.connectors.database import DatabaseKeeper
from locum.vault.secret import Secret


def test_the_way_in_is_not_shut() -> None:
    keeper = DatabaseKeeper(Target("db", 5432, "keeper", Secret("x"), None, None, False, None))
    keeper.keep_way_in("keeper", True)
    keeper.keep_way_in("another", False)
    with pytest.raises(TargetRefused, match="keeper is Locum's own way to db:5432"):
        keeper.keep_way_in("keeper", False)
