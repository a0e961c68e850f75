"""`python -m bench [--short] [row …]`: measure, print a table, write JSON and pictures under bench/results/.

Ends with status 1 where a row leaves even the wide margin that a loaded machine must keep; the goals decide nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from demo.hosts import HostsError

from bench import (
    api_rows,
    console_rows,
    credential_rows,
    decision_row,
    history_row,
    live_row,
    own_access_row,
    page_row,
    report,
    revocation_row,
    secret_row,
    session_row,
    ssh_rows,
    ssh_session_rows,
    start_row,
    storm_row,
)
from bench.measure import Row
from bench.stage import Stage

ROWS: dict[str, Callable[[Stage], list[Row]]] = {
    "request": api_rows.request,
    "api-key": api_rows.api_key,
    "auth": api_rows.auth,
    "sign-in-storm": storm_row.storm,
    "secret": secret_row.secret,
    "credentials": credential_rows.credentials,
    "decision": decision_row.decision,
    "history": history_row.history,
    "own-access": own_access_row.own_access,
    "page": page_row.page,
    "console": console_rows.console,
    "start": start_row.start,
    "session": session_row.session,
    "revocation": revocation_row.revocation,
    "ssh-setup": ssh_rows.set_up,
    "ssh-echo": ssh_rows.echo,
    "ssh-bulk": ssh_rows.bulk,
    "ssh-processes": ssh_rows.processes,
    "ssh-sessions": ssh_session_rows.sessions,
    "live-lag": live_row.live_lag,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument(
        "rows", nargs="*", metavar="row", help=f"which rows, all if none is named: {', '.join(ROWS)}"
    )
    parser.add_argument("--short", action="store_true", help="fewer and shorter rounds, under a minute")
    parser.add_argument(
        "--storm",
        action="store_true",
        help="a million past sessions, and 2,000 on 50 hosts that end at once: a quarter of an hour",
    )
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results", metavar="DIR")
    options = parser.parse_args()
    unknown = set(options.rows) - set(ROWS)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    facts = report.machine()
    rows: list[Row] = []
    print(report.head())
    try:
        with tempfile.TemporaryDirectory(prefix="locum-bench-") as folder, ExitStack() as cleanup:
            stage = Stage(Path(folder), cleanup, short=options.short, storm=options.storm)
            for name in options.rows or ROWS:
                for row in ROWS[name](stage):
                    print(report.line(row), flush=True)
                    rows.append(row)
    except HostsError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(f"\n{report.save(options.results, rows, facts, short=options.short)}")
    broken = [row.name for row in rows if not row.met(row.margin)]
    if broken:
        print(f"outside even the wide margin: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
