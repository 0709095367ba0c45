"""One peer in a process of its own: a line of JSON in for each file, a line of JSON out.

Run by `process.py` with the Python in which the peer is installed, so this file imports nothing of
Shuowen, and nothing at all that a peer does not bring:

    python worker.py rapidocr
    {"file": "a.pdf", "pictures": ["p1.png", "p2.png"]}
    {"text": "…", "html": null, "lines": [["…", 0.98]], "seconds": 1.9}   or   {"failure": "why"}

The first line out is {"ready": …} or {"missing": "how to install it"}.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.metadata
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
"""`text`, and `html` and `lines` where the peer has them."""
Read = Callable[[str, list[str]], Answer]


class NotInstalledError(Exception):
    """A peer whose package or program is missing; the message is the command that gets it."""


class Peer:
    """A peer that is ready: how it reads, what it is, and whether it opens PDFs by itself."""

    def __init__(self, read: Read, version: str, opens_documents: bool = False) -> None:
        self.read, self.version, self.opens_documents = read, version, opens_documents


def rapidocr(use_cls: bool) -> Peer:
    """RapidOCR at its defaults, with or without its own classifier of turned lines."""
    module = _package("rapidocr", "pip install rapidocr onnxruntime")
    engine = module.RapidOCR(params={"Global.use_cls": use_cls, "Global.log_level": "critical"})

    def read(_file: str, pictures: list[str]) -> Answer:
        found = [engine(picture) for picture in pictures]
        texts = [text for each in found for text in each.txts or ()]
        scores = [float(score) for each in found for score in each.scores or ()]
        lines = [[text, scores[index]] for index, text in enumerate(texts)]
        return {"text": "\n".join(texts), "lines": lines}

    return Peer(read, _version("rapidocr"))


def tesseract() -> Peer:
    """Tesseract with its best mixed languages: simplified Chinese and English."""
    program = shutil.which("tesseract")
    how = "install tesseract with its eng and chi_sim data (apt install tesseract-ocr-chi-sim)"
    if program is None:
        raise NotInstalledError(how)
    languages = _output([program, "--list-langs"])
    if not {"chi_sim", "eng"} <= set(languages.split()):
        raise NotInstalledError(how)

    def read(_file: str, pictures: list[str]) -> Answer:
        command = [program, "", "stdout", "-l", "chi_sim+eng"]
        texts = [_output([command[0], picture, *command[2:]]) for picture in pictures]
        return {"text": "\n".join(texts)}

    return Peer(read, _output([program, "--version"]).split("\n")[0])


def docling() -> Peer:
    """Docling at its defaults."""
    module = _package("docling.document_converter", "pip install docling")
    converter = module.DocumentConverter()

    def read(file: str, _pictures: list[str]) -> Answer:
        document = converter.convert(file).document
        return {"text": document.export_to_markdown(), "html": document.export_to_html()}

    return Peer(read, _version("docling"), opens_documents=True)


def mineru() -> Peer:
    """MinerU's pipeline, which needs no GPU; its Markdown holds tables as HTML."""
    module = _package("mineru.cli.common", 'pip install "mineru[core]"')

    def read(file: str, _pictures: list[str]) -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            data = module.read_fn(Path(file))
            module.do_parse(folder, ["page"], [data], ["ch"], backend="pipeline")
            found = sorted(Path(folder).rglob("*.md"))
            text = "\n".join(path.read_text(encoding="utf-8") for path in found)
        return {"text": text, "html": text}

    return Peer(read, _version("mineru"), opens_documents=True)


def python_file(path: str) -> Peer:
    """A file with a function `read(path)` that gives text, or a dict of text and html."""
    sys.path.insert(0, str(Path(path).parent))  # what lies beside the file can be imported
    names = runpy.run_path(path, run_name="peer")
    function, opens_documents = names.get("read"), bool(names.get("OPENS_DOCUMENTS", False))
    if not callable(function):
        sys.exit(f"{path} has no function read(path).")

    def read(file: str, pictures: list[str]) -> Answer:
        answers = [_checked(function(each)) for each in ([file] if opens_documents else pictures)]
        with_html = [answer["html"] for answer in answers if answer.get("html") is not None]
        return {
            "text": "\n".join(answer["text"] for answer in answers),
            "html": "\n".join(with_html) if with_html else None,
        }

    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]
    return Peer(read, f"sha256 {digest}", opens_documents)


def _checked(given: Any) -> Answer:
    """What somebody's own function gave, as an answer."""
    answer = given if isinstance(given, dict) else {"text": given}
    text, html = answer.get("text"), answer.get("html")
    if not isinstance(text, str) or not isinstance(html, (str, type(None))):
        raise TypeError(f"read(path) gave no text, and no dict of text and html: {given!r:.80}")
    return answer


PEERS: dict[str, Callable[..., Peer]] = {
    "rapidocr": lambda: rapidocr(True),
    "rapidocr-no-cls": lambda: rapidocr(False),
    "tesseract": tesseract,
    "docling": docling,
    "mineru": mineru,
    "python": python_file,
}


def main() -> None:
    """Makes the peer that the command line names and answers until standard input ends."""
    # What peers and their libraries print must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # This file's own folder is first on the path; its neighbours must not pass for packages.
    sys.path.pop(0)

    def answer(record: Answer) -> None:
        print(json.dumps(record), file=answers, flush=True)

    try:
        peer = PEERS[sys.argv[1]](*sys.argv[2:])
    except NotInstalledError as error:
        answer({"missing": str(error)})
        return
    ready = {"version": peer.version, "opens_documents": peer.opens_documents}
    answer({"ready": ready})
    for line in sys.stdin:
        answer(_asked(peer, json.loads(line)))


def _asked(peer: Peer, request: Answer) -> Answer:
    start = time.perf_counter()
    try:
        record = peer.read(request["file"], request["pictures"])
    except Exception as error:
        return {"failure": f"{type(error).__name__}: {error}"}
    return {**record, "seconds": time.perf_counter() - start}


def _package(name: str, how: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise NotInstalledError(f"{how} ({error})") from error


def _version(distribution: str) -> str:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(distribution)
    return "unknown"


def _output(command: list[str]) -> str:
    ended = subprocess.run(command, capture_output=True, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr.decode("utf-8", "replace").strip()[-300:])
    return ended.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    main()
