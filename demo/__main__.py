"""The demo: `python -m demo up|run|stop [--dir .demo]`. Needs root, for the hosts."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from demo.hosts import HostsError
from demo.installation import ADMIN, NET, USER, Demo, load, stop, up
from demo.story import Broken, Story, tell


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo")
    parser.add_argument("verb", choices=["up", "run", "stop"])
    parser.add_argument("--dir", type=Path, default=Path(".demo"))
    parser.add_argument("--https", default="127.0.0.1:6500")
    parser.add_argument("--ssh", default="127.0.0.1:4422")
    parser.add_argument("--net", type=int, default=NET)
    options = parser.parse_args()
    try:
        if options.verb == "stop":
            stop(options.dir)
            return 0
        was_up = load(options.dir) is not None
        demo = up(options.dir, https=options.https, ssh=options.ssh, net=options.net)
        if options.verb == "up":
            _explain(demo)
            return 0
        tell("Locum and two hosts are running" + (" already." if was_up else "."))
        Story(demo, tell).run()
    except HostsError as error:
        sys.stderr.write(f"demo: {error}\n")
        return 2
    except Broken as broken:
        tell(f"  ✗ {broken}")
        return 1
    tell("\nEvery step held.")
    return 0


def _explain(demo: Demo) -> None:
    host, port = demo.ssh.rsplit(":", 1)
    sudo = "sudo " if "SUDO_USER" in os.environ else ""  # then the demo's files are root's
    tell(
        f"""
Locum is running: API on https://{demo.https}, SSH gateway on {demo.ssh}, everything under {demo.path}.
Two hosts are waiting: web01 and db01. Try:

  # the console, in a browser (its certificate is signed by {demo.ca}):
  https://{demo.https}

  # {USER}'s password is {demo.user_password}; her authenticator's code, a new one every 30 seconds:
  .venv/bin/python -c 'import pyotp; print(pyotp.TOTP("{demo.user_totp}").now())'

  # one root command on web01, by an account that exists only while it runs (a code is good once):
  ssh -p {port} '{USER}+Linux_sudo+web01@{host}' sudo id

  # what was recorded, and whether the audit log is whole:
  {sudo}.venv/bin/locum recording list --data-dir {demo.data}
  {sudo}.venv/bin/locum audit verify --data-dir {demo.data}

  # the API, as the administrator ({ADMIN}, who has no second factor here, so any code will do):
  {sudo}curl --cacert {demo.ca} https://{demo.https}/signinBody \\
       -H 'Content-Type: application/json' -d '{{"Login":"{ADMIN}","Password":"{demo.admin_password}"}}'

The whole story by itself: make demo-run. Stop: make demo-stop.
"""
    )


if __name__ == "__main__":
    sys.exit(main())
