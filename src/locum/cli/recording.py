"""`locum recording`: what was recorded is listed, exported, played and checked by who owns the data directory."""

from __future__ import annotations

import math
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from locum.cli.options import DATA_DIR, DATABASE_URL, print_and_exit


class Offset(click.ParamType[float]):
    """Seconds, minutes:seconds or hours:minutes:seconds."""

    name = "offset"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            parts = [float(part) for part in str(value).split(":")]
        except ValueError:
            parts = []
        if not 1 <= len(parts) <= 3 or not all(0 <= part < math.inf for part in parts):
            self.fail("an offset is SECONDS, MINUTES:SECONDS or HOURS:MINUTES:SECONDS", param, ctx)
        return sum((part * 60.0**place for place, part in enumerate(reversed(parts))), start=0.0)


@click.group()
def recording() -> None:
    """Recordings of connections."""


@recording.command("list")
@DATA_DIR
@DATABASE_URL
def recording_list(data_dir: Path, database_url: str | None) -> None:
    """List connections that were recorded, newest first."""
    from locum.main.operate import operate

    print_and_exit(operate("recording.list", data_dir, database_url))


@recording.command("export")
@DATA_DIR
@DATABASE_URL
@click.argument("connection_id")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--input", "with_input", is_flag=True, help="Also what was typed.")
def recording_export(
    data_dir: Path, database_url: str | None, connection_id: str, file: Path, with_input: bool
) -> None:
    """Write a recording as asciicast v2, for `asciinema play FILE`."""
    from locum.main.operate import operate

    print_and_exit(
        operate(
            "recording.export",
            data_dir,
            database_url,
            connection=connection_id,
            file=str(file.resolve()),
            with_input=with_input,
        )
    )


@recording.command("play")
@DATA_DIR
@DATABASE_URL
@click.argument("connection_id")
@click.option(
    "--speed",
    type=click.FloatRange(min=0.01, max=1000),
    default=1.0,
    metavar="FACTOR",
    show_default=True,
    help="How many times as fast.",
)
@click.option(
    "--longest-pause",
    type=click.FloatRange(min=0),
    default=math.inf,
    metavar="SECONDS",
    help="Cut pauses of the recording to so much.",
)
@click.option(
    "--from",
    "start",
    type=Offset(),
    default=0.0,
    metavar="OFFSET",
    help="Show what came before at once: seconds, M:S or H:M:S.",
)
def recording_play(
    data_dir: Path, database_url: str | None, connection_id: str, speed: float, longest_pause: float, start: float
) -> None:
    """Play in this terminal what was shown in a connection, up to now where it is still open.

    What was typed is left out, and so is what would do more to the terminal than draw on it.
    """
    from locum.main.operate import playback
    from locum.recordings.player import Pace, play

    def write(text: str) -> None:
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding, "replace"))
        sys.stdout.buffer.flush()

    with playback(data_dir, database_url, connection_id) as played, _as_it_is():
        play(played, write, Pace(start, speed, longest_pause))


@contextmanager
def _as_it_is() -> Iterator[None]:
    """The terminal adds nothing: neither what its keys say nor the start of a line to its end."""
    if not sys.stdout.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdout)
    plain = [*before]
    plain[1] &= ~termios.OPOST
    plain[3] &= ~termios.ECHO
    termios.tcsetattr(sys.stdout, termios.TCSADRAIN, plain)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdout, termios.TCSADRAIN, before)


@recording.command("verify")
@DATA_DIR
@DATABASE_URL
@click.argument("connection_id")
def recording_verify(data_dir: Path, database_url: str | None, connection_id: str) -> None:
    """Check a recording's chain and signature."""
    from locum.main.operate import operate

    print_and_exit(operate("recording.verify", data_dir, database_url, connection=connection_id))
