import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shuowen.errors import EngineError, ShuowenError
from shuowen.evals.datasets import Item
from shuowen.evals.peers.server import TRANSCRIBE, ServerEngine
from tests import made_files
from tests.engines.model_server import Answer, Handler, ModelServer, running

MakeItem = Callable[..., Item]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with running() as server:
        yield server


@pytest.fixture
def picture(tmp_path: Path) -> str:
    Image.new("RGB", (8, 8), "white").save(tmp_path / "a.png")
    return str(tmp_path / "a.png")


def saying(*texts: str) -> Answer:
    """Answers with one text after another."""
    left = list(texts)

    def answer(handler: Handler) -> None:
        message = {"role": "assistant", "content": left.pop(0)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        handler.reply(json.dumps({"choices": [choice]}).encode())

    return answer


def parts(body: dict[str, Any]) -> list[dict[str, Any]]:
    (message,) = body["messages"]
    return list(message["content"])


def test_a_page_is_asked_for_its_text(
    server: ModelServer, picture: str, make_item: MakeItem
) -> None:
    server.chat = saying("# Sum\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    engine = ServerEngine("url:x", f"{server.url}/v1", "tiny", timeout=60)
    reading = engine.read(make_item(picture, text="Sum"))
    assert reading.text.startswith("# Sum")
    assert reading.html is not None
    assert "<td>a</td><td>b</td>" in reading.html
    image, words = parts(server.bodies[0])
    assert image["image_url"]["url"].startswith("data:image/png;base64,")
    assert words["text"] == TRANSCRIBE
    assert server.bodies[0]["model"] == "tiny"
    assert server.bodies[0]["temperature"] == 0
    engine.close()


def test_pages_of_a_pdf_are_asked_one_by_one(
    server: ModelServer, tmp_path: Path, make_item: MakeItem
) -> None:
    server.chat = saying("one", "```html\n<table><tr><td>two</td></tr></table>\n```")
    (tmp_path / "d.pdf").write_bytes(made_files.pdf_with_text("One", "Two"))
    engine = ServerEngine("url:x", server.url, "tiny", timeout=60)
    reading = engine.read(make_item(str(tmp_path / "d.pdf"), text="x"))
    assert reading.text == "one\n<table><tr><td>two</td></tr></table>"
    assert reading.num_pages == len(server.bodies) == 2
    engine.close()


def test_a_question_is_asked_of_all_pages_at_once(
    server: ModelServer, tmp_path: Path, make_item: MakeItem
) -> None:
    server.chat = saying("42")
    (tmp_path / "d.pdf").write_bytes(made_files.pdf_with_text("One", "Two"))
    engine = ServerEngine("url:x", server.url, "tiny", timeout=60)
    reading = engine.read(make_item(str(tmp_path / "d.pdf"), question="How much?"))
    assert (reading.text, reading.html, reading.num_pages) == ("42", None, 2)
    *images, words = parts(server.bodies[0])
    assert (len(images), words["text"]) == (2, "How much?")
    engine.close()


def test_the_only_model_of_a_server_needs_no_name(server: ModelServer) -> None:
    engine = ServerEngine("url:x", server.url, "", timeout=60)
    assert engine.identity.split()[1] == "tiny"
    engine.close()


def test_an_answer_that_takes_too_long_costs_the_item(
    server: ModelServer, picture: str, make_item: MakeItem
) -> None:
    is_over = threading.Event()
    server.chat = lambda handler: is_over.wait() and None
    engine = ServerEngine("url:x", server.url, "tiny", timeout=3.0)
    try:
        with pytest.raises(ShuowenError, match=r"\b3 s"):
            engine.read(make_item(picture, text="x"))
    finally:
        is_over.set()
        engine.close()


def test_a_server_that_refuses_or_is_gone_costs_the_item(
    server: ModelServer, picture: str, make_item: MakeItem
) -> None:
    def refuse(handler: Handler) -> None:
        message = {"role": "assistant", "content": None, "refusal": "I will not."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        handler.reply(json.dumps({"choices": [choice]}).encode())

    server.chat = refuse
    engine = ServerEngine("url:x", server.url, "tiny", timeout=60)
    with pytest.raises(EngineError, match="I will not"):
        engine.read(make_item(picture, text="x"))
    engine.close()
    with pytest.raises(ShuowenError):
        engine.read(make_item(picture, text="x"))
