"""A node keeps its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from locum.kit.errors import StartError
from locum.main.node import node_name


def test_the_name_survives(tmp_path: Path) -> None:
    name = node_name(tmp_path)
    assert node_name(tmp_path) == name
    (tmp_path / "other").mkdir()
    assert node_name(tmp_path / "other") != name


def test_a_damaged_or_unreachable_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "node").write_text("")
    with pytest.raises(StartError, match="node name"):
        node_name(tmp_path)
    with pytest.raises(StartError, match="can't use"):
        node_name(tmp_path / "missing")
