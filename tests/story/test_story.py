"""The main job from start to finish, as `make demo-run` shows it, on real hosts with a real ssh client."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.installation import Demo, free_port, stop, up
from demo.story import Story


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    folder = tmp_path / "demo"
    yield up(
        folder,
        https=f"127.0.0.1:{free_port()}",
        ssh=f"127.0.0.1:{free_port()}",
        net=os.getpid() % 1000 + 62000,
    )
    stop(folder)


def test_every_step_of_the_story_holds(demo: Demo) -> None:
    told: list[str] = []
    Story(demo, told.append).run()
    assert "  ✓ locum audit verify passes" in told
