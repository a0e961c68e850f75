"""kill -9 at every step boundary of a credential's release: what was lent is taken back, whatever was half done.

Each case has a person ask for a login on a real target, read its secret and give it back, with a server that kills
itself at one boundary; it starts again and the session goes on to its end. Then: the lease has ended, the account is as
the credential says, what the vault has as its secret opens the target and no earlier secret does, each change was made
once, nothing is under way any more, and the audit chain verifies.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from demo.hosts import Host

from installation import Installation
from live_logins import KEY_PART, PASSWORD_PART, LiveLogin, linux_login
from live_release import DISABLE, ENABLE, KEEP, Terms, release

CRASHING = [sys.executable, str(Path(__file__).with_name("crashing_locum.py"))]
SWITCHED = ("set_enabled", "_step")


@dataclass(frozen=True)
class Course:
    """What is done step by step under these terms. `first` is done in the first change of the secret alone."""

    terms: Terms
    change: str = "change_password"
    first: tuple[str, ...] = ("pin_host_key",)

    @property
    def boundaries(self) -> list[str]:
        """Where nothing is done before the secret is let known, the session and its lease are active at once."""
        terms, first = self.terms, self.first
        made = ("_touch", self.change, "_promote", "finish")
        switched = SWITCHED if terms.post_session != KEEP else ()
        before = ("_step", "_keep", *first, *made) if terms.on_checkout else ()
        active = ("_step", "_take") if switched or before else ()
        after = ("_step", "_keep", *(() if before else first), *made) if terms.on_release else ()
        ended = ("_end",) if terms.by_deadline else ()
        taken_back = (*ended, "_give_up", "_give_up", *after, *switched, "_step", "_finish")
        steps = ("_take", *switched, *before, *active, *taken_back)
        return [f"{when} {step}" for step in steps for when in ("before", "after")]


BOTH = Terms(on_checkout=True, post_session=DISABLE)
COURSES = {
    "password": Course(BOTH),
    "deadline": Course(Terms(post_session=DISABLE, by_deadline=True)),
    "key": Course(Terms(post_session=ENABLE), change="change_key"),
    "kept": Course(Terms()),
}
DATABASE = Course(BOTH, first=())
SLICE = {("password", 36)}
"""The account is on and nobody has written so; the secret is changed, and the account off, and nobody has."""


def killed(name: str, course: Course) -> list[Any]:
    """A case for each boundary, and 0 for none; those outside of the slice are for `make test-full` alone."""
    cases = []
    for number, boundary in enumerate(["never", *course.boundaries]):
        marks = () if (name, number) in SLICE else pytest.mark.full
        cases.append(pytest.param(name, number, id=f"{name}-{number} {boundary}", marks=marks))
    return cases


def go_through(installation: Installation, login: LiveLogin, course: Course, boundary: int) -> None:
    count, clock = installation.data / "boundaries", installation.data / "clock"
    environment = {"LOCUM_CRASH_AT": str(boundary), "LOCUM_CRASH_COUNT": str(count), "LOCUM_CLOCK": str(clock)}
    installation.start(CRASHING, environment)
    released = release(installation, login, course.terms)
    session = released.one_life()
    passed = count.read_text().splitlines()
    # A session, its lease and its rotation are jobs of their own: steps next to each other may change places.
    assert (len(passed) == boundary) if boundary else (sorted(passed) == sorted(course.boundaries)), passed
    assert installation.process is not None
    if boundary:
        assert installation.process.poll() == -9, installation.log()
        installation.start(CRASHING, {"LOCUM_CLOCK": str(clock)})
    ended = released.finish(session)
    released.check(ended)
    released.check_nothing_left()


@pytest.mark.parametrize(
    ("name", "boundary"), [case for name, course in COURSES.items() for case in killed(name, course)]
)
def test_killed_on_linux(
    rotating: Installation, linux_host: Host, tmp_path: Path, name: str, boundary: int
) -> None:
    course = COURSES[name]
    part = KEY_PART if course.change == "change_key" else PASSWORD_PART
    go_through(rotating, linux_login(linux_host, tmp_path, part), course, boundary)


@pytest.mark.parametrize(("name", "boundary"), killed("database", DATABASE))
def test_killed_on_postgresql(rotating: Installation, postgres_kept: LiveLogin, name: str, boundary: int) -> None:
    go_through(rotating, postgres_kept, DATABASE, boundary)


@pytest.mark.parametrize(("name", "boundary"), killed("database", DATABASE))
def test_killed_on_mariadb(rotating: Installation, mariadb_kept: LiveLogin, name: str, boundary: int) -> None:
    go_through(rotating, mariadb_kept, DATABASE, boundary)
