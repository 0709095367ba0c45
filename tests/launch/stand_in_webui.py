"""Stands in for the program `open-webui`: answers /health, and keeps its environment in DATA_DIR.

Behaves as the variable STAND_IN says: "die" ends at once, "stuck" never gets well.
"""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

BEHAVIOUR = os.environ.get("STAND_IN", "")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_well = self.path == "/health" and BEHAVIOUR != "stuck"
        self.send_response(200 if is_well else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    assert sys.argv[1:4:2] == ["serve", sys.argv[3]] and sys.argv[2] == "--host"
    print("Stand-in begins", flush=True)
    if BEHAVIOUR == "die":
        sys.exit("no such database")
    data = Path(os.environ["DATA_DIR"])
    data.mkdir(parents=True, exist_ok=True)
    (data / "environment.json").write_text(json.dumps(dict(os.environ)))
    HTTPServer((sys.argv[3], int(sys.argv[5])), Handler).serve_forever()


main()
