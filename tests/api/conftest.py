"""The kernel's tests share one running server; those of the controllers have an estate of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api_sample import Server, running
from estate import estate  # noqa: F401 - a fixture
from identities_world import (  # noqa: F401 - fixtures
    api,
    callers,
    digest,
    hasher,
    issuer,
    signin,
    vault,
    world,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("api")) as started:
        yield started
