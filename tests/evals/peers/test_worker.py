"""The worker's adapters, with packages of our own making in the place of the peers'."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shuowen.evals.peers.process import WORKER

NO_TEXT = "read(path) gave no text, and no dict of text and html"

RAPIDOCR = """
class _Found:
    def __init__(self, picture):
        is_blank = "blank" in picture
        self.txts = None if is_blank else (picture, "two")
        self.scores = None if is_blank else (0.9, 0.5)
class RapidOCR:
    def __init__(self, params):
        self.params = params
    def __call__(self, picture):
        print("chatter on stdout")
        return _Found(picture if self.params["Global.use_cls"] else "plain " + picture)
"""

DOCLING = """
class _Document:
    def export_to_markdown(self): return "# markdown"
    def export_to_html(self): return "<table></table>"
class _Result:
    document = _Document()
class DocumentConverter:
    def convert(self, file): return _Result()
"""

MINERU = """
from pathlib import Path
def read_fn(path): return Path(path).read_bytes()
def do_parse(folder, names, data, languages, backend):
    place = Path(folder) / names[0] / "auto"
    place.mkdir(parents=True)
    (place / (names[0] + ".md")).write_text(data[0].decode() + "|" + languages[0] + "|" + backend)
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder to import from, with packages that act like three peers."""
    folder = tmp_path / "packages"
    for name, text in {
        "rapidocr.py": RAPIDOCR,
        "docling/__init__.py": "",
        "docling/document_converter.py": DOCLING,
        "mineru/__init__.py": "",
        "mineru/cli/__init__.py": "",
        "mineru/cli/common.py": MINERU,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def ask(words: list[str], *requests: dict[str, Any], path: Path | str = "") -> list[Any]:
    ended = subprocess.run(
        [sys.executable, str(WORKER), *words],
        input="".join(json.dumps(each) + "\n" for each in requests),
        env={"PYTHONPATH": str(path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_rapidocr_tells_lines_and_how_sure_it_is(packages: Path) -> None:
    request = {"file": "d.pdf", "pictures": ["one.png", "blank.png"]}
    ready, answer = ask(["rapidocr"], request, path=packages)
    assert ready["ready"]["opens_documents"] is False
    assert answer.pop("seconds") >= 0
    assert answer == {"text": "one.png\ntwo", "lines": [["one.png", 0.9], ["two", 0.5]]}
    _, plain = ask(["rapidocr-no-cls"], request, path=packages)
    assert plain["text"].startswith("plain one.png\n")


def test_docling_opens_documents_and_gives_tables(packages: Path) -> None:
    ready, answer = ask(["docling"], {"file": "d.pdf", "pictures": []}, path=packages)
    assert ready["ready"]["opens_documents"] is True
    assert (answer["text"], answer["html"]) == ("# markdown", "<table></table>")


def test_mineru_opens_documents_and_gives_markdown(packages: Path, tmp_path: Path) -> None:
    file = tmp_path / "d.pdf"
    file.write_text("content")
    _, answer = ask(["mineru"], {"file": str(file), "pictures": []}, path=packages)
    assert answer["text"] == answer["html"] == "content|ch|pipeline"


def test_tesseract_is_run_page_by_page(tmp_path: Path) -> None:
    program = tmp_path / "tesseract"
    program.write_text(
        '#!/bin/sh\ncase "$1" in\n--list-langs) echo chi_sim; echo eng ;;\n'
        "--version) echo tesseract 5 ;;\nbroken*) echo torn >&2; exit 1 ;;\n"
        '*) echo "$@" ;;\nesac\n'
    )
    program.chmod(0o755)
    requests = [{"file": "", "pictures": names} for names in (["a.png", "b.png"], ["broken.png"])]
    ended = subprocess.run(
        [sys.executable, str(WORKER), "tesseract"],
        input="".join(json.dumps(each) + "\n" for each in requests),
        env={"PATH": f"{tmp_path}"},
        capture_output=True,
        text=True,
        check=True,
    )
    ready, answer, broken = map(json.loads, ended.stdout.splitlines())
    assert ready["ready"]["version"] == "tesseract 5"
    line = "{} stdout -l chi_sim+eng\n"
    assert answer["text"] == f"{line.format('a.png')}\n{line.format('b.png')}"
    assert broken == {"failure": "RuntimeError: torn"}


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("def read(path): return path", {"text": "1.png\n2.png", "html": None}),
        (
            "def read(path): return {'text': path, 'html': '<b>' + path}",
            {"text": "1.png\n2.png", "html": "<b>1.png\n<b>2.png"},
        ),
        ("OPENS_DOCUMENTS = True\ndef read(path): return path", {"text": "d.pdf", "html": None}),
        ("def read(path): raise ValueError('no')", {"failure": "ValueError: no"}),
        ("def read(path): pass", {"failure": f"TypeError: {NO_TEXT}: None"}),
        ("def read(path): return {'text': 5}", {"failure": f"TypeError: {NO_TEXT}: {{'text': 5}}"}),
        (
            "def read(path): return {'text': 'a', 'html': 5}",
            {"failure": f"TypeError: {NO_TEXT}: {{'text': 'a', 'html': 5}}"},
        ),
    ],
)
def test_a_file_of_ones_own(tmp_path: Path, source: str, answer: dict[str, Any]) -> None:
    file = tmp_path / "mine.py"
    file.write_text(source)
    request = {"file": "d.pdf", "pictures": ["1.png", "2.png"]}
    ready, told = ask(["python", str(file)], request)
    assert ready["ready"]["version"].startswith("sha256 ")
    told.pop("seconds", None)
    assert told == answer


def test_a_file_of_ones_own_imports_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("WORD = 'found'")
    file = tmp_path / "mine.py"
    file.write_text("from beside import WORD\ndef read(path): return WORD")
    _, told = ask(["python", str(file)], {"file": "", "pictures": ["1.png"]})
    assert told["text"] == "found"


def test_a_file_without_the_function_says_so(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("reed = 1")
    command = [sys.executable, str(WORKER), "python", str(file)]
    ended = subprocess.run(command, input="", capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert ended.stderr.strip() == f"{file} has no function read(path)."


def test_neighbours_of_the_worker_do_not_pass_for_packages(tmp_path: Path) -> None:
    assert WORKER.with_name("markdown_tables.py").exists()
    file = tmp_path / "mine.py"
    file.write_text("def read(path):\n    import markdown_tables")
    _, failed = ask(["python", str(file)], {"file": "", "pictures": ["1.png"]})
    assert failed["failure"].startswith("ModuleNotFoundError")
