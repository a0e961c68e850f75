"""kill -9 at every step boundary of a rotation: the vault and the target have the same secret, whatever was half done.

Each case changes one secret on a real target with a server that kills itself at one boundary, starts the server again
and demands: the rotation ends; what the API reveals lets the target's own client in, and no other version does; one
version is current, no candidate is left over; what depends on the secret has it; the audit chain verifies.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from demo.hosts import Host

from demo import hosts
from installation import Installation
from live_logins import KEY_PART, NAME, PASSWORD, PASSWORD_PART, LiveLogin, linux_login
from live_rotation import COMPLETED, FAILED, LiveRotation, onboard

CRASHING = [sys.executable, str(Path(__file__).with_name("crashing_locum.py"))]
FILES = ("/srv/app/one.conf", "/srv/app/two.conf")
PICKY_UNIT = f"#!/bin/sh\n# It runs with its first secret alone.\ngrep -qxF 'secret={PASSWORD}' {FILES[1]}\n"
BEGUN = ("_keep", "_touch")
SEEN_FIRST = ("_keep", "pin_host_key", "_touch")
TOLD = ("update file", "_updated") * len(FILES)


@dataclass(frozen=True)
class Course:
    """What is done step by step, and how it ends: the states of the rotations and the current version."""

    steps: tuple[str, ...]
    states: tuple[int, ...] = (COMPLETED,)
    version: int = 2

    @property
    def boundaries(self) -> list[str]:
        return [f"{when} {step}" for step in self.steps for when in ("before", "after")]


COURSES = {
    "password": Course((*SEEN_FIRST, "change_password", "_promote", "finish")),
    "key": Course((*SEEN_FIRST, "change_key", "_promote", "finish")),
    "its own key": Course((*SEEN_FIRST, "change_key", "_promote", "finish")),
    "files": Course((*SEEN_FIRST, "change_password", "_promote", *TOLD, "finish")),
    "rolled back": Course(
        (*SEEN_FIRST, *(change := ("change_password", "_promote", *TOLD, "finish")), *BEGUN, *change),
        (FAILED, COMPLETED),
        3,
    ),
    "refused": Course((*SEEN_FIRST, "change_password", "finish"), (FAILED,), 1),
    "half refused": Course((*SEEN_FIRST, *("change_password", "change_key") * 2, "finish"), (FAILED,), 1),
}
DATABASE = Course((*BEGUN, "change_password", "_promote", "finish"))
SLICE = {
    ("rolled back", "after finish"),
    ("database", "after change_password"),
}  # where a course comes there for the first time


def killed(name: str, course: Course) -> list[Any]:
    """A case for each boundary, and 0 for none; those outside of the slice are for `make test-full` alone."""
    cases = [pytest.param(name, 0, id=f"{name}-never", marks=pytest.mark.full)]
    for number, boundary in enumerate(course.boundaries, 1):
        chosen = (name, boundary) in SLICE and course.boundaries.index(boundary) == number - 1
        marks = () if chosen else pytest.mark.full
        cases.append(pytest.param(name, number, id=f"{name}-{number} {boundary}", marks=marks))
    return cases


def linux_rotation(name: str, installation: Installation, host: Host, folder: Path) -> LiveRotation:
    """The login that this course is about, on a host made to behave as it says."""
    parts = {"key": (KEY_PART,), "its own key": (KEY_PART,), "half refused": (PASSWORD_PART, KEY_PART)}
    login = linux_login(host, folder, *parts.get(name, (PASSWORD_PART,)), itself=name == "its own key")
    kept = onboard(installation, login)
    if name == "refused":
        hosts.run(host, "echo 'password requisite pam_deny.so' > /etc/pam.d/chpasswd")
    if name == "half refused":
        hosts.run(host, f"cd /home/{NAME}/.ssh && mv authorized_keys keys && ln -s keys authorized_keys")
    if name in ("files", "rolled back"):
        add_files(kept, host, unit="app" if name == "rolled back" else None)
    return kept


def add_files(kept: LiveRotation, host: Host, unit: str | None) -> None:
    hosts.run(host, "mkdir -p -m 755 /srv /srv/app")
    Path(f"{host.root}/etc/init.d").mkdir(exist_ok=True)
    init = Path(f"{host.root}/etc/init.d/app")
    init.write_text(PICKY_UNIT)
    init.chmod(0o755)
    for path in FILES:
        Path(f"{host.root}{path}").write_text(f"secret={PASSWORD}\n")
        parameters = {"path": path, "pattern": "secret={secret}", "unit": unit if path == FILES[1] else None}
        body = {"name": path, "resourceId": kept.resource, "parameters": parameters}
        kept.call("POST", "/api/locum/v1/Credential/ID/Dependant", body)
    kept.copies = lambda: [
        Path(f"{host.root}{path}").read_text().removeprefix("secret=").removesuffix("\n") for path in FILES
    ]


def start_crashing(installation: Installation, boundary: int) -> None:
    count = installation.data / "boundaries"
    installation.start(CRASHING, {"LOCUM_CRASH_AT": str(boundary), "LOCUM_CRASH_COUNT": str(count)})


def go_through(kept: LiveRotation, course: Course, boundary: int) -> None:
    """Rotate, killed there, and see it come to the end that the course has without it."""
    installation = kept.installation
    kept.ask_and_wait()
    passed = (installation.data / "boundaries").read_text().splitlines()
    assert passed == course.boundaries[: boundary or None]
    assert installation.process is not None
    if boundary:
        assert installation.process.poll() == -9, installation.log()
        installation.start()
    assert kept.until_ended() == course.states, installation.log()
    kept.check_secrets(course.version)
    kept.check_nothing_left()


@pytest.mark.parametrize(
    ("name", "boundary"), [case for name, course in COURSES.items() for case in killed(name, course)]
)
def test_killed_on_linux(
    rotating: Installation, linux_host: Host, tmp_path: Path, name: str, boundary: int
) -> None:
    start_crashing(rotating, boundary)
    go_through(linux_rotation(name, rotating, linux_host, tmp_path), COURSES[name], boundary)


@pytest.mark.parametrize(("name", "boundary"), killed("database", DATABASE))
def test_killed_on_postgresql(rotating: Installation, postgres_kept: LiveLogin, name: str, boundary: int) -> None:
    start_crashing(rotating, boundary)
    go_through(onboard(rotating, postgres_kept), DATABASE, boundary)


@pytest.mark.parametrize(("name", "boundary"), killed("database", DATABASE))
def test_killed_on_mariadb(rotating: Installation, mariadb_kept: LiveLogin, name: str, boundary: int) -> None:
    start_crashing(rotating, boundary)
    go_through(onboard(rotating, mariadb_kept), DATABASE, boundary)
