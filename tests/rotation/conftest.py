"""A stage for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from locum.kit.db import Database
from rotation_stage import RotationStage, rotation_stage


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> RotationStage:
    return await rotation_stage(database, tmp_path)
