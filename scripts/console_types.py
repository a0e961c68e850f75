"""`python -m scripts.console_types`: checks the console's types against the OpenAPI document as it is now.

The types of the API are made anew each time from the operation table, and not kept: where the console calls an
operation that isn't there, or reads a field that isn't sent, the TypeScript compiler says so.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from locum.api.app import all_routes
from locum.api.openapi import document

CONSOLE = Path(__file__).parents[1] / "console"
TYPES = CONSOLE / "src" / "api" / "schema.d.ts"


def main() -> int:
    programs = CONSOLE / "node_modules" / ".bin"
    if not (programs / "tsc").exists():
        sys.stderr.write("The console's types aren't checked: its packages aren't here (see `make setup`).\n")
        return 0
    content = msgspec.json.encode(document(all_routes()))
    with tempfile.NamedTemporaryFile(suffix=".json") as made:
        made.write(content)
        made.flush()
        # Fields with a default may be left out by who asks; answers have them all (see `Sent` in the console).
        generate = [
            str(programs / "openapi-typescript"),
            made.name,
            "--default-non-nullable=false",
            "-o",
            str(TYPES),
        ]
        done = subprocess.run(generate, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        return done.returncode
    return subprocess.run([programs / "tsc", "-p", CONSOLE], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
