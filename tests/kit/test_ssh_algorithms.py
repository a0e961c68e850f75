"""What is offered: nothing weak, unless that is said, and then last."""

from __future__ import annotations

import re

from locum.kit.ssh_algorithms import Algorithms, algorithms

WEAK = re.compile(r"sha1\b|md5|cbc|ssh-rsa$|ssh-dss|group1-|arcfour|-96")


def test_nothing_weak_unless_it_is_said() -> None:
    usual, legacy = algorithms(legacy=False), algorithms(legacy=True)
    assert usual.keys() == legacy.keys() == Algorithms.__annotations__.keys()
    for kind, offered in usual.items():
        more = legacy[kind]  # type: ignore[literal-required]
        assert isinstance(offered, tuple)
        assert not any(WEAK.search(name) for name in offered)
        assert more[: len(offered)] == offered
        assert any(WEAK.search(name) for name in more[len(offered) :])
