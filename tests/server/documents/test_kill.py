"""`shuowen serve` is killed in the middle: no finished page is lost, and none is read twice."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests import made_files

NUM_PAGES = 9
FAST = {"text_layer": "always", "effort": "fast", "dpi": "36"}
Server = subprocess.Popen[str]


def start(folder: Path) -> tuple[Server, str]:
    """A server in a process of its own, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "shuowen", "serve", "--port", "0", "--data-dir", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return process, found[0]
    raise AssertionError(f"no server: {process.wait()}")


def end(process: Server, how: Callable[[Server], None]) -> str:
    """Its last words."""
    how(process)
    words, _ = process.communicate(timeout=30)
    return words


def pages_in(journal: Path) -> list[int]:
    """Indices of the pages that are kept whole, in the order in which they came."""
    lines = journal.read_bytes().splitlines(keepends=True)
    records = [json.loads(line) for line in lines if line.endswith(b"}\n")]
    return [each["page_index"] for each in records if each["type"] == "page"]


def wait_for(url: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    with httpx.Client() as client:
        while time.monotonic() < deadline:
            record: dict[str, Any] = client.get(url).json()
            if is_so(record):
                return record
            time.sleep(0.02)
    raise AssertionError(f"still {record}")


def test_a_killed_server_goes_on_from_the_last_page_and_no_second_one_may_meddle(
    tmp_path: Path,
) -> None:
    texts = [f"Page {number}" for number in range(1, NUM_PAGES + 1)]
    files = {"file": ("scan.pdf", made_files.pdf_with_text(*texts))}
    process, url = start(tmp_path)
    path = httpx.post(f"{url}/v1/documents", files=files, data=FAST).json()["links"]["self"]
    wait_for(f"{url}{path}", lambda record: record["pages_done"] >= 3)
    end(process, subprocess.Popen.kill)  # SIGKILL: nothing can be put in order any more
    journal = tmp_path / "documents" / path.rpartition("/")[2] / "pages.jsonl"
    kept = pages_in(journal)
    assert 3 <= len(kept) < NUM_PAGES, "it was killed too late to tell anything"

    process, url = start(tmp_path)
    second = subprocess.run(
        [sys.executable, "-m", "shuowen", "serve", "--port", "0", "--data-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 6 and "Another server uses this data folder" in second.stderr
    record = wait_for(f"{url}{path}", lambda record: bool(record["finished_at"]))
    assert record["state"] == "completed"
    assert (record["pages_done"], record["pages_failed"]) == (NUM_PAGES, 0)
    result = httpx.get(f"{url}{path}/result", params={"format": "txt"}).text
    assert result == "\n\f".join(texts) + "\n"
    events = httpx.get(f"{url}{path}/events").text
    assert re.findall(r"^id: (\w+)$", events, re.MULTILINE) == [
        *(str(number) for number in range(1, NUM_PAGES + 1)),
        "done",
    ]
    assert "Traceback" not in end(process, subprocess.Popen.terminate)
    assert process.returncode == 0
    assert pages_in(journal)[: len(kept)] == kept
    assert sorted(pages_in(journal)) == list(range(NUM_PAGES))  # each once
