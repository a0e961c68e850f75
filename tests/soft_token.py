"""A PKCS#11 token made by SoftHSM for tests."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pkcs11
import pytest

PIN = "246813"
NAME = "locum test"


def library() -> str:
    """Where Debian or Ubuntu put SoftHSM."""
    places = [*Path("/usr/lib").glob("softhsm/libsofthsm2.so"), *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")]
    assert places, "softhsm2 is missing: make setup-test installs it"
    return str(places[0])


@dataclass(frozen=True)
class SoftToken:
    """The configuration to be named in SOFTHSM2_CONF, and the token's URI."""

    conf: Path
    pin_file: Path

    @property
    def uri(self) -> str:
        """Without the PIN's source: it is asked for."""
        return f"pkcs11:token={NAME.replace(' ', '%20')};object=root?module-path={library()}"

    @property
    def uri_with_pin(self) -> str:
        return f"{self.uri}&pin-source=file:{self.pin_file}"


def soft_token(folder: Path) -> SoftToken:
    """A fresh token with a PIN and no key."""
    (folder / "tokens").mkdir(parents=True)
    conf, pin_file = folder / "softhsm2.conf", folder / "pin"
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    pin_file.write_text(PIN + "\n")
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", NAME, "--pin", PIN, "--so-pin", PIN],
        env={"SOFTHSM2_CONF": str(conf), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    return SoftToken(conf, pin_file)


@contextmanager
def token_of_this_process(folder: Path) -> Iterator[SoftToken]:
    """One for all tests of a module: the library reads its configuration once in a process."""
    made = soft_token(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(made.conf))
        yield made
        pkcs11.unload(library())
