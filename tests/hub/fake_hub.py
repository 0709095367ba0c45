"""Both hubs on the loopback address, as far as a download asks them, with faults on request."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

REPO = "OpenGVLab/InternVL3-1B"
COMMIT = "4415a3b0c8d94f1f8f3a7a1f0d2f2b6a1c9e7d55"


def safetensors(**tensors: tuple[int, ...]) -> bytes:
    """A file of bfloat16 tensors, all but the sizes zero; the last bytes tell files apart."""
    header: dict[str, Any] = {}
    reached = 0
    for name, shape in tensors.items():
        num_bytes = 2
        for size in shape:
            num_bytes *= size
        offsets = [reached, reached + num_bytes]
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": offsets}
        reached += num_bytes
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(i * 31 % 251 for i in range(reached))


def tiny_files() -> dict[str, bytes]:
    return {
        ".gitattributes": b"*.safetensors filter=lfs\n",
        "README.md": b"---\nlicense: apache-2.0\n---\n",
        "config.json": b'{"model_type": "internvl_chat"}',
        "model.safetensors": safetensors(weight=(300, 500)),
        "modeling_internvl_chat.py": b"raise SystemExit('this program must not run')",
        "pytorch_model.bin": b"a pickle",
        "tokenizer.json": b"{}",
        "examples/image.jpg": b"not needed",
    }


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class FakeHub(ThreadingHTTPServer):
    """Hugging Face and ModelScope in one; large files are redirected to a server of their own."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, cdn: FakeHub | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.cdn = cdn
        self.files = tiny_files()
        self.checksums: dict[str, str] = {}  # lies, by path
        self.is_gated = False
        self.license: dict[str, str] = {"license": "apache-2.0"}
        self.cut_after: dict[str, list[int]] = {}
        """By path: after how many bytes each next answer breaks off."""
        self.statuses: dict[str, list[int]] = {}
        """By end of the path: statuses of the next answers."""
        self.has_ranges = True
        self.bytes_per_second = 0
        self.requests: list[tuple[str, str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def sent_files(self) -> list[str]:
        """Paths of the GETs that asked for a file's bytes, in order, each with its range."""
        servers = [self, self.cdn] if self.cdn else [self]
        return [
            path.rpartition("/")[2] + headers.get("range", "")
            for server in servers
            for method, path, headers in server.requests
            if method == "GET" and not path.startswith("/api")
        ]

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: FakeHub

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers))
        path = unquote(urlsplit(self.path).path)
        for ending, statuses in self.server.statuses.items():
            if path.endswith(ending) and statuses:
                return self._send(statuses.pop(0), b"")
        with suppress(OSError):
            self._route(path)
        return None

    def _route(self, path: str) -> None:
        routes: dict[str, Callable[[str], None]] = {
            f"/api/models/{REPO}/revision/main": self._hf_model,
            f"/api/models/{REPO}/revision/{COMMIT}": self._hf_model,
            f"/api/models/{REPO}/tree/{COMMIT}": self._hf_tree,
            f"/api/v1/models/{REPO}/repo/files": self._modelscope_files,
            f"/api/v1/models/{REPO}": self._modelscope_model,
        }
        prefixes: dict[str, Callable[[str], None]] = {
            f"/{REPO}/resolve/{COMMIT}/": self._hf_file,
            f"/{REPO}/resolve/main/": self._hf_file,
            f"/models/{REPO}/resolve/master/": self._file,
            "/cdn/": self._file,
        }
        if self.server.is_gated:
            return self._send(401, b"", {"X-Error-Code": "GatedRepo"})
        if path in routes:
            return routes[path](path)
        for prefix, answer in prefixes.items():
            if path.startswith(prefix):
                return answer(path.removeprefix(prefix))
        return self._send(404, b"", {"X-Error-Code": "RepoNotFound"})

    def _entry(self, path: str, data: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {"size": len(data), "blobId": git_sha1(data)}
        if path.endswith((".safetensors", ".bin")):
            checksum = self.server.checksums.get(path, sha256(data))
            entry["lfs"] = {"sha256": checksum, "size": len(data), "pointerSize": 134}
        return entry

    def _hf_model(self, _: str) -> None:
        siblings = []
        has_details = "blobs" in parse_qs(urlsplit(self.path).query)
        for path, data in self.server.files.items():
            siblings.append({"rfilename": path, **(self._entry(path, data) if has_details else {})})
        card = self.server.license
        self._json({"id": REPO, "sha": COMMIT, "siblings": siblings, "cardData": card})

    def _hf_tree(self, _: str) -> None:
        entries = []
        for path, data in self.server.files.items():
            entry = self._entry(path, data)
            oid = entry.pop("blobId")
            if "lfs" in entry:
                entry["lfs"]["oid"] = entry["lfs"].pop("sha256")
            entries.append({"type": "file", "path": path, "oid": oid, **entry})
        self._json(entries)

    def _hf_file(self, path: str) -> None:
        data = self.server.files.get(path)
        if data is None:
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
        entry = self._entry(path, data)
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{entry["blobId"]}"'}
        if "lfs" not in entry or self.server.cdn is None:
            return self._file(path, headers)
        self.server.cdn.files = self.server.files
        headers |= {
            "X-Linked-Size": str(len(data)),
            "X-Linked-Etag": f'"{entry["lfs"]["sha256"]}"',
            "Location": f"{self.server.cdn.url}/cdn/{path}",
        }
        return self._send(302, b"", headers)

    def _modelscope_files(self, _: str) -> None:
        entries: list[dict[str, Any]] = [{"Path": "examples", "Type": "tree", "Size": 0}]
        for path, data in self.server.files.items():
            checksum = self.server.checksums.get(path, sha256(data))
            entries.append({"Path": path, "Type": "blob", "Size": len(data), "Sha256": checksum})
        self._json({"Code": 200, "Data": {"Files": entries}, "Success": True})

    def _modelscope_model(self, _: str) -> None:
        self._json({"Code": 200, "Data": {"License": "Apache License 2.0"}, "Success": True})

    def _file(self, path: str, headers: dict[str, str] | None = None) -> None:
        data, first = self.server.files[path], 0
        wanted = self.headers.get("Range", "")
        headers = {"Accept-Ranges": "bytes", **(headers or {})}
        if wanted and self.server.has_ranges:
            first = int(wanted.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        self._begin(206 if first else 200, len(data) - first, headers)
        if self.command == "HEAD":
            return
        cuts = self.server.cut_after.get(path, [])
        body = data[first : first + cuts.pop(0)] if cuts else data[first:]
        for start in range(0, len(body), 8192):
            self.wfile.write(body[start : start + 8192])
            if self.server.bytes_per_second:
                time.sleep(8192 / self.server.bytes_per_second)
        if len(body) < len(data) - first:
            self.close_connection = True

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._begin(status, len(body), headers or {})
        if self.command == "GET":
            self.wfile.write(body)

    def _begin(self, status: int, num_bytes: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(num_bytes))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
