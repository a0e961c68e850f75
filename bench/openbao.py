"""OpenBao as the peer for reading a secret: one node, raft storage, TLS, a file audit device; from its PyPI package."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.installation import free_port

from bench.load import Server
from bench.stage import Stage

BAO = Path(sys.executable).with_name("bao")
_CONFIG = """\
disable_mlock = true
api_addr = "https://127.0.0.1:{port}"
cluster_addr = "https://127.0.0.1:{cluster}"
storage "raft" {{
  path = "{folder}/raft"
  node_id = "bench"
}}
listener "tcp" {{
  address = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{cluster}"
  tls_cert_file = "{certificate}"
  tls_key_file = "{key}"
}}
audit "file" "file" {{
  options {{
    file_path = "{folder}/audit.log"
  }}
}}
"""


@dataclass(frozen=True)
class OpenBao:
    """A running server that holds one secret, and a token that may read it and nothing else."""

    server: Server
    token: str
    path: str


def start(stage: Stage, secret: str) -> OpenBao:
    """Start one with the certificate of `stage`'s Locum, unseal it and put the secret in."""
    folder, port = stage.folder / "openbao", free_port()
    (folder / "raft").mkdir(parents=True)
    ca = stage.locum.ca
    text = _CONFIG.format(
        folder=folder,
        port=port,
        cluster=free_port(),
        certificate=stage.data / "public" / "tls.crt",
        key=stage.data / "keys" / "tls.key",
    )
    (folder / "config.hcl").write_text(text)
    process = stage.start([str(BAO), "server", "-config", str(folder / "config.hcl")], "openbao.log")
    wire = _Wire(f"https://127.0.0.1:{port}/v1/", ca)
    wire.until(lambda: wire.call("GET", "sys/seal-status"))
    made = wire.call("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
    wire.call("PUT", "sys/unseal", {"key": made["keys"][0]})
    wire.token = made["root_token"]
    wire.until(lambda: wire.call("POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}}))
    wire.until(lambda: wire.call("POST", "secret/data/web01", {"data": {"password": secret}}))
    rule = 'path "secret/data/web01" { capabilities = ["read"] }'
    wire.call("PUT", "sys/policies/acl/reader", {"policy": rule})
    token = wire.call("POST", "auth/token/create", {"policies": ["reader"]})["auth"]["client_token"]
    return OpenBao(Server(f"127.0.0.1:{port}", ca, process.pid), token, "/v1/secret/data/web01")


class _Wire:
    def __init__(self, base: str, ca: Path) -> None:
        self._base = base
        self._tls = ssl.create_default_context(cafile=str(ca))
        self.token = ""

    def call(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the bench's own server
            self._base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Vault-Token": self.token} if self.token else {},
        )
        with urllib.request.urlopen(request, context=self._tls, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def until(self, attempt: Any) -> None:
        """It takes a moment to listen, to become the leader, and to make an engine ready."""
        deadline = time.monotonic() + 20
        while True:
            try:
                attempt()
                return
            except (OSError, urllib.error.HTTPError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def install() -> None:
    """It is 200 MB, so only this row asks for it; the lock file says which version."""
    if BAO.exists():
        return
    print("Installing OpenBao, the peer for reading secrets, from its PyPI package …", flush=True)
    uv = [str(BAO.with_name("uv")), "sync", "--frozen", "--inexact", "--quiet", "--group", "peers"]
    subprocess.run(uv, check=True, env={**os.environ, "UV_PROJECT_ENVIRONMENT": sys.prefix})
