"""What every long-running process of Locum does first."""

from __future__ import annotations

import gc
import sys

from locum.main.logs import configure_logs
from locum.vault.process import harden


def set_up() -> None:
    """Logs, memory that nobody reads, and an interpreter that answers quickly. Raises StartError."""
    configure_logs(sys.stderr)
    harden()
    # What is there by now stays: it is not looked through again, and garbage is looked for as often as usual.
    gc.freeze()
    gc.set_threshold(700, 10, 10)
    # A keystroke waits for the thread that holds the interpreter: with 0.5 ms in place of 5 its p99 beside another
    # session's bulk transfer falls to about a quarter.
    sys.setswitchinterval(0.0005)
