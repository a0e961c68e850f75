#!/usr/bin/env bash
# Makes .venv: uv in a pinned version, the packages of uv.lock, and Locum itself. `make setup` calls it when
# pyproject.toml or uv.lock is newer than the environment. PYTHON names the interpreter to use (3.11 or newer).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv_version=0.13.9
python=${PYTHON:-python3}

scripts/install_packages.sh "Locum" python3-venv openssh-client

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Locum needs Python 3.11 or newer and $python is older; name another with PYTHON=… make setup" >&2
    exit 1
fi
if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    echo "Making .venv with $("$python" --version) and the packages of uv.lock …"
    "$python" -m venv --clear .venv
fi
if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$uv_version" ]; then
    .venv/bin/pip install --quiet --disable-pip-version-check "uv==$uv_version"
fi
# --inexact, because uv is not in its own lock file and would remove itself.
env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT=.venv .venv/bin/uv sync --frozen --inexact --quiet --compile-bytecode --extra pkcs11
