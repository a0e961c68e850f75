"""What a run leaves: a table, a JSON file, a small picture of each row."""

from __future__ import annotations

import datetime as dt
import os
import platform
import statistics
import subprocess
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from bench.measure import Row

_COLUMNS = "{:<17}{:>11}{:>19}{:>11}{:>19}{:>8}  {:<12}{}"


def head() -> str:
    """The table's first line."""
    return _COLUMNS.format("row", "ours", "(low-high)", "peer", "(low-high)", "ratio", "goal", "")


def line(row: Row) -> str:
    """The table's line of a row."""
    return _COLUMNS.format(
        row.name,
        _short(statistics.median(row.ours)),
        f"({_short(min(row.ours))}-{_short(max(row.ours))})",
        _short(statistics.median(row.theirs)),
        f"({_short(min(row.theirs))}-{_short(max(row.theirs))})",
        f"{row.ratio:.2f}",
        row.goal.text(row.unit),
        f"{'met' if row.met(row.goal) else 'missed'}; {row.what} against {row.peer}, {row.unit}",
    )


def machine() -> dict[str, Any]:
    """What the figures depend on. Nothing in it names the machine."""
    described = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = [fact.partition(":")[2].strip() for fact in described if fact.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    openssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=False).stderr.split(",")[0]
    return {
        "cores": os.cpu_count(),
        "processor": cpu[0] if cpu else platform.machine(),
        "memoryGiB": round(memory / 2**30),
        "kernel": platform.release().partition("-")[0],
        "python": platform.python_version(),
        "openssh": openssh,
        "loadBefore": round(os.getloadavg()[0], 1),
    }


def save(folder: Path, rows: list[Row], facts: dict[str, Any], *, short: bool) -> Path:
    """Write the results and a picture of each row; the path of the results."""
    folder.mkdir(parents=True, exist_ok=True)
    now = dt.datetime.now(dt.UTC)
    results = {
        "at": now.isoformat(timespec="seconds"),
        "short": short,
        "machine": facts,
        "rows": [row.as_json() for row in rows],
    }
    for row in rows:
        (folder / f"{row.name}.svg").write_text(picture(row))
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
    return path


def picture(row: Row) -> str:
    """Two bars, one for each side's median, with every sample as a tick."""
    longest = max(*row.ours, *row.theirs)
    bars = []
    for top, label, samples, colour in ((44, "Locum", row.ours, "#2b6cb0"), (84, row.peer, row.theirs, "#a0aec0")):
        median = statistics.median(samples)
        bars.append(f'<text x="10" y="{top}">{escape(label)}: {_short(median)} {escape(row.unit)}</text>')
        bars.append(
            f'<rect x="10" y="{top + 6}" width="{480 * median / longest:.1f}" height="14" fill="{colour}"/>'
        )
        bars += [f'<rect x="{9 + 480 * s / longest:.1f}" y="{top + 4}" width="1" height="18"/>' for s in samples]
    title = f"{row.what}: {row.ratio:.2f} × (goal {row.goal.text(row.unit)})"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 116" font-family="sans-serif" font-size="12">'
        f'<text x="10" y="20" font-weight="bold">{escape(title)}</text>{"".join(bars)}</svg>\n'
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
