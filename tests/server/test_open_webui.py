"""What Open WebUI 0.12.4 sends, recorded from a real one, asked of a real server again.

`make test-webui` with `--update-golden` records anew; see data/openwebui/README.md.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.made_files import pdf_with_text, png
from tests.server.conftest import RunningServer

RECORDED = Path(__file__).parent / "data" / "openwebui"
PICTURE_MARK = "data:image/png;base64,PICTURE"
CHATS = sorted(path.stem for path in RECORDED.glob("*.json") if path.stem != "upload")
BACKGROUND = {"title": str, "tags": list, "follow_ups": list, "queries": list}
SECONDS = 60


def recorded(name: str) -> dict[str, Any]:
    """A request, with a small picture where the recorded one had a large one."""
    text = (RECORDED / f"{name}.json").read_text(encoding="utf-8")
    picture = base64.b64encode(png("Hello 2026")).decode()
    body = json.loads(text.replace(PICTURE_MARK, f"data:image/png;base64,{picture}"))
    assert isinstance(body, dict)
    return body


def ask(server: RunningServer, name: str) -> httpx.Response:
    url = f"{server.url}/v1/chat/completions"
    answer = httpx.post(url, json=recorded(name), timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    return answer


def streamed_text(answer: httpx.Response) -> str:
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    events = [json.loads(line) for line in lines[:-1]]
    assert all(event["object"] == "chat.completion.chunk" for event in events)
    deltas = [event["choices"][0]["delta"] for event in events if event["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


def test_everything_that_was_recorded_is_asked_here() -> None:
    flooded = ["document_with_tools", "picture_with_tools"]
    assert sorted([*BACKGROUND, "picture", "document", *flooded]) == CHATS


@pytest.mark.parametrize("name", ["picture", "picture_with_tools"])
def test_a_picture_is_read_into_a_stream(server: RunningServer, name: str) -> None:
    assert streamed_text(ask(server, name)).strip() == "Hello 2026"


@pytest.mark.parametrize("name", ["document", "document_with_tools"])
def test_a_question_about_a_document_is_answered_from_its_text(
    server: RunningServer, name: str
) -> None:
    text = streamed_text(ask(server, name))
    assert "802册" in text
    assert "[1]" in text  # Open WebUI makes a link to the source of it


def test_usage_comes_where_it_was_asked_for(server: RunningServer) -> None:
    events = ask(server, "picture").text.splitlines()
    counted = [line for line in events if '"usage":{' in line]
    assert len(counted) == 1
    assert json.loads(counted[0][6:])["usage"]["completion_tokens"] > 0


def test_the_flood_of_tools_is_that_of_a_default_setup() -> None:
    tools = recorded("picture_with_tools")["tools"]
    assert len(tools) > 30
    assert {tool["type"] for tool in tools} == {"function"}


@pytest.mark.parametrize(("name", "kind"), BACKGROUND.items())
def test_background_calls_get_the_json_that_they_want(
    server: RunningServer, name: str, kind: type
) -> None:
    choice = ask(server, name).json()["choices"][0]
    # Open WebUI takes what stands from the first brace to the last.
    content = choice["message"]["content"]
    answer = json.loads(content[content.index("{") : content.rindex("}") + 1])
    assert isinstance(answer[name], kind)
    assert choice["finish_reason"] == "stop"
    if kind is list:
        assert all(isinstance(each, str) for each in answer[name])


def test_models_are_listed_as_it_looks_them_up(server: RunningServer) -> None:
    listed = httpx.get(f"{server.url}/v1/models", headers={"Authorization": "Bearer no-key-needed"})
    assert "shuowen-embedded" in [model["id"] for model in listed.json()["data"]]


def test_an_upload_is_read_page_by_page(server: RunningServer) -> None:
    call = recorded("upload")
    content = pdf_with_text("First page 101", "Second page 202")
    answer = httpx.request(
        call["method"],
        server.url + call["path"],
        content=content,
        headers={**call["headers"], "Authorization": "Bearer no-key-needed"},
        timeout=SECONDS,
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    parts = found if isinstance(found, list) else [found]
    texts = [part["page_content"] for part in parts]
    assert "First page 101" in texts[0]
    assert "Second page 202" in texts[-1]
    assert all(isinstance(part["metadata"], dict) for part in parts)
