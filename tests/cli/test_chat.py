"""`shuowen chat` from the command line to the engine, and a real chat on a pseudo-terminal."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shuowen.cli import chat_request
from shuowen.engines.best_of import BestOfEngine
from shuowen.errors import (
    CapacityError,
    EngineError,
    FetchError,
    InputError,
    UsageError,
)
from shuowen.generation.params import JsonSchema, Regex
from shuowen.prompt.messages import ImagePart, TextPart, VideoPart
from tests import made_files
from tests.cli.conftest import Run, Start
from tests.engines.model_server import ModelServer, choice, endless, running, streamed, words
from tests.generation.fake_engine import Answer, FakeEngine
from tests.made_video import write_clip


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Stands for any model; keeps what it was opened with in `opened`."""
    found = FakeEngine(answers=["An answer."])
    monkeypatch.setattr(chat_request, "load_model", lambda name, **options: found)
    return found


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with running() as found:
        yield found


@pytest.fixture
def page(tmp_path: Path) -> str:
    (tmp_path / "page.png").write_bytes(made_files.png("Hello"))
    return "page.png"


def test_one_answer_goes_to_standard_output(run: Run, engine: FakeEngine, page: str) -> None:
    ended = run("chat", "model", "What is this?", "--image", page, "--system", "Be brief.")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "An answer.\n", "")
    system, user = engine.requests[0].messages
    assert system.parts == (TextPart("Be brief."),)
    picture, text = user.parts
    assert isinstance(picture, ImagePart) and picture.picture.shape == (120, 640, 3)
    assert text == TextPart("What is this?")
    assert engine.is_closed


def test_a_question_may_come_through_a_pipe(run: Run, engine: FakeEngine) -> None:
    for arguments in (["chat", "model"], ["chat", "model", "-"]):
        ended = run(*arguments, stdin="你好\n".encode())
        assert ended.stdout == "An answer.\n"
        assert engine.requests[-1].messages[0].parts == (TextPart("你好"),)


def test_options_become_parameters(run: Run, engine: FakeEngine, tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text('{"type": "object"}')
    tool = {"name": "click", "description": "Clicks.", "parameters": {"type": "object"}}
    (tmp_path / "tools.json").write_text(json.dumps([{"type": "function", "function": tool}]))
    ended = run(
        *("chat", "model", "Hi", "--max-tokens", "50", "--temperature", "0.5", "--top-p", "0.9"),
        *("--top-k", "20", "--seed", "7", "--repetition-penalty", "1.1", "--stop", "A"),
        *("--stop", "B", "--n", "2", "--max-tiles", "3", "--position-step", "1/4"),
        *("--json-schema", "schema.json", "--tools", "tools.json"),
    )
    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout == "==> 1 <==\nAn answer.\n==> 2 <==\nAn answer.\n"
    (request,) = engine.requests
    params, encode = request.params, request.encode
    assert (params.max_tokens, params.temperature, params.top_p, params.top_k) == (50, 0.5, 0.9, 20)
    assert (params.seed, params.repetition_penalty, params.stop) == (7, 1.1, ("A", "B"))
    assert params.constraint == JsonSchema({"type": "object"})
    assert (encode.max_tiles, encode.position_step) == (3, 0.25)
    assert [tool.name for tool in request.tools] == ["click"]


def test_a_task_stands_for_tiles_and_a_regex_for_a_form(run: Run, engine: FakeEngine) -> None:
    run("chat", "model", "Hi", "--task", "document", "--regex", "[0-9]+", "--position-step", "auto")
    (request,) = engine.requests
    assert request.encode.max_tiles == 18
    assert request.encode.position_step == "auto"
    assert request.params.constraint == Regex("[0-9]+")


def test_engine_options_are_handed_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, Any]] = []

    def load_model(name: str, **options: Any) -> FakeEngine:
        opened.append({"name": name, **options})
        return FakeEngine()

    monkeypatch.setattr(chat_request, "load_model", load_model)
    run("chat", "model", "Hi", "--weights", "int8", "--device", "cpu", "--threads", "2")
    run("chat", "http://h", "Hi", "--model-name", "m", "--extra", "top_k=5", "--extra", "a=b")
    assert opened == [
        {"name": "model", "weights": "int8", "device": "cpu", "threads": 2},
        {"name": "http://h", "model": "m", "extra_fields": {"top_k": 5, "a": "b"}},
    ]


def test_the_best_of_several_answers_is_written_and_the_choice_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeEngine([Answer(texts=("five",)), Answer(texts=("four", "four"))])
    monkeypatch.setattr(chat_request, "load_model", lambda name: BestOfEngine(fake))
    ended = run("chat", "model", "2 + 2?", "--best-of", "3")
    assert (ended.exit_code, ended.stdout) == (0, "four\n")
    assert ended.stderr == (
        "Answer 2 of 3 was chosen by vote, before answer 3: first among equals.\n"
    )


def test_a_critic_is_a_name_or_a_model(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[dict[str, Any]] = []
    fake = FakeEngine()

    def load_model(name: str, **options: Any) -> FakeEngine:
        opened.append(options)
        return fake

    monkeypatch.setattr(chat_request, "load_model", load_model)
    (tmp_path / "VisualPRM").mkdir()
    for critic in ("agreement", "./VisualPRM"):
        run("chat", "model", "Hi", "--best-of", "4", "--critic", critic)
    assert opened == [{}, {"critic": "./VisualPRM"}]
    asked = [(each.params.best_of, each.params.critic) for each in fake.requests]
    assert asked == [(4, "agreement"), (4, "auto")]


def test_chosen_pages_of_a_pdf_are_shown(run: Run, engine: FakeEngine, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(made_files.pdf_with_text("One", "Two", "Three"))
    ended = run("chat", "model", "Hi", "--image", "a.pdf", "--pages", "2-", "--dpi", "72")
    assert ended.exit_code == 0, ended.stderr
    shapes = [
        part.picture.shape
        for part in engine.requests[0].messages[0].parts
        if isinstance(part, ImagePart)
    ]
    assert shapes == [(100, 400, 3)] * 2


def test_a_video_is_shown_as_frames(run: Run, engine: FakeEngine, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4")
    ended = run("chat", "model", "What happens?", "--video", "clip.mp4", "--frames", "3")
    assert ended.exit_code == 0, ended.stderr
    (part, _) = engine.requests[0].messages[0].parts
    assert isinstance(part, VideoPart)
    assert [frame.shape for frame in part.frames] == [(48, 64, 3)] * 3
    refused = run("chat", "model", "What happens?", "--video", "clip.mp4", "--video", ".")
    assert refused.exit_code == InputError.exit_code


def test_too_many_pages_are_refused(
    run: Run, engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shuowen.cli import chat_attachments

    monkeypatch.setattr(chat_attachments, "MAX_PAGES", 2)
    (tmp_path / "a.pdf").write_bytes(made_files.pdf_with_text("One", "Two", "Three"))
    ended = run("chat", "model", "Hi", "--image", "a.pdf")
    assert ended.exit_code == UsageError.exit_code
    assert "more than 2 pages" in ended.stderr
    assert run("chat", "model", "Hi", "--image", "a.pdf", "--pages", "1-2").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words_in_it"),
    [
        (["Hi", "--image", "none.png"], InputError.exit_code, "does not exist"),
        (["Hi", "--image", "http://127.0.0.1/a.png"], FetchError.exit_code, "public internet"),
        (["Hi", "--video", "none.mp4"], InputError.exit_code, "does not exist"),
        (["Hi", "--pages", "x"], UsageError.exit_code, "malformed"),
        (["Hi", "--temperature", "5"], UsageError.exit_code, "temperature is 5"),
        (["Hi", "--position-step", "1/3"], UsageError.exit_code, "1/256 or auto"),
        (["Hi", "--task", "documents"], UsageError.exit_code, "Did you mean 'document'"),
        (["Hi", "--task", "ocr", "--max-tiles", "3"], UsageError.exit_code, "exclude"),
        (["Hi", "--json-schema", "no.json"], InputError.exit_code, "does not exist"),
        (["Hi", "--json-schema", "bad.json"], InputError.exit_code, "no JSON"),
        (["Hi", "--json-schema", "list.json"], UsageError.exit_code, "no JSON Schema"),
        (["Hi", "--tools", "list.json"], UsageError.exit_code, "no tool"),
        (["Hi", "--tools", "twice.json"], UsageError.exit_code, "two tools"),
        (["Hi", "--regex", "a", "--json-schema", "bad.json"], UsageError.exit_code, "exclude"),
        (["Hi", "--critic", "vote"], UsageError.exit_code, "Add --best-of 8"),
        (["Hi", "--best-of", "2", "--n", "2"], UsageError.exit_code, "num_candidates 2"),
        (["Hi", "--overlay", "o.png"], UsageError.exit_code, "--overlay needs one picture, not 0"),
        (["Hi", "--show", "boxes"], UsageError.exit_code, "--show boxes needs one picture"),
        (["Hi", "--extra", "top_k"], UsageError.exit_code, "top_k=50"),
        ([" "], UsageError.exit_code, "PROMPT is empty"),
        ([], UsageError.exit_code, "Standard input is empty"),
        (["--image", "-"], UsageError.exit_code, "cannot be both"),
    ],
)
def test_mistakes_are_told_before_a_model_is_loaded(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    exit_code: int,
    words_in_it: str,
) -> None:
    def load_model(name: str, **options: Any) -> FakeEngine:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(chat_request, "load_model", load_model)
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "twice.json").write_text('[{"name": "a"}, {"name": "a"}]')
    ended = run("chat", "model", *arguments)
    assert words_in_it in ended.stderr
    assert (ended.exit_code, ended.stdout) == (exit_code, "")


def test_a_model_that_is_not_there_is_told(run: Run) -> None:
    ended = run("chat", "./no/such/folder", "Hi")
    assert ended.exit_code not in (0, 1, 70)
    assert ended.stderr.startswith("Error: ")
    ended = run("chat", "http://127.0.0.1:9", "Hi", "--weights", "int8")
    assert "no option 'weights'" in ended.stderr
    assert "--task" in run("chat", "http://127.0.0.1:9", "Hi", "--task", "ocr").stderr
    ended = run("chat", "http://127.0.0.1:9", "Hi", "--best-of", "2", "--critic", "./prm")
    assert "one that runs here" in ended.stderr


def test_only_what_stands_is_piped_and_the_rest_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Answer(texts=("abcdef",), detour="xyxy", notices=("Odd \x1btemplate.",))
    monkeypatch.setattr(chat_request, "load_model", lambda name: FakeEngine(answers=[answer]))
    ended = run("chat", "model", "Hi", "--max-tokens", "5", "--stats")
    assert ended.stdout == "abcde\n"
    assert "Odd \\x1btemplate." in ended.stderr
    assert "--max-tokens 5 is reached" in ended.stderr
    assert "A loop was cut out" in ended.stderr
    assert "10 tokens in, 5 out in 0.50 s: first after 0.10 s, then 10.0 tokens/s." in ended.stderr


def test_an_error_of_the_engine_gives_its_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (CapacityError("Full."), EngineError("Dead.")):
        found = FakeEngine(answers=[Answer(texts=("abcdef",), error=error)])
        monkeypatch.setattr(chat_request, "load_model", lambda name, found=found: found)
        ended = run("chat", "model", "Hi")
        assert (ended.exit_code, ended.stdout) == (error.exit_code, "")
        assert found.is_closed


BOXES = "Here: <ref>the stamp</ref><box>[[100, 200, 500, 900]]</box>"


def test_boxes_are_written_in_pixels_and_drawn(
    run: Run, engine: FakeEngine, page: str, tmp_path: Path
) -> None:
    engine.answers = [BOXES]
    arguments = ["chat", "model", "Where?", "--image", page]
    ended = run(*arguments, "--show", "boxes", "--overlay", "o.png")
    assert json.loads(ended.stdout) == {
        "boxes": [{"label": "the stamp", "box": [64.0, 24.0, 320.0, 108.0]}],
        "points": [],
    }
    assert ended.stderr == "Wrote o.png.\n"
    with Image.open(tmp_path / "o.png") as drawn, Image.open(tmp_path / page) as plain:
        changed = np.any(np.asarray(drawn) != np.asarray(plain), axis=2)
    assert changed[24:109, 64].all() and changed[108, 64:320].all()
    assert not changed[:20].any() and not changed[:, 330:].any()
    text = run(*arguments, "--overlay", "p.png")
    assert text.stdout == f"{BOXES}\n"


def test_an_answer_without_a_box_draws_nothing(
    run: Run, engine: FakeEngine, page: str, tmp_path: Path
) -> None:
    ended = run("chat", "model", "Where?", "--image", page, "--overlay", "o.png")
    assert (ended.exit_code, ended.stdout) == (0, "An answer.\n")
    assert "holds no box" in ended.stderr
    assert not (tmp_path / "o.png").exists()


def test_tool_calls_and_boxed_results_are_json(run: Run, engine: FakeEngine) -> None:
    call = '<tool_call>\n{"name": "click", "arguments": {"x": 1}}\n</tool_call>'
    engine.answers = [f"I click.\n{call}", r"So \boxed{42}.", "Nothing."]
    found = json.loads(run("chat", "model", "Hi", "--show", "tool-calls").stdout)
    assert found == {
        "text": "I click.",
        "tool_calls": [{"name": "click", "arguments": {"x": 1}}],
    }
    ended = run("chat", "model", "Hi", "--show", "boxed", "--n", "2")
    assert json.loads(ended.stdout) == ["42", "42"]
    missing = run("chat", "model", "Hi", "--show", "boxed")
    assert missing.stdout == "null\n"
    assert "holds no" in missing.stderr


def test_a_server_answers_over_the_network(
    run: Run, server: ModelServer, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUOWEN_API_KEY", "sk-1")
    server.chat = streamed(*words("From ", "afar."))
    ended = run("chat", server.url, "Hi", "--image", page, "--stats")
    assert (ended.exit_code, ended.stdout) == (0, "From afar.\n")
    assert ended.stderr.startswith("300 tokens in, 2 out in ")
    assert server.headers[-1]["Authorization"] == "Bearer sk-1"
    refused = run("chat", server.url, "Hi", "--top-k", "5")
    assert refused.exit_code == UsageError.exit_code
    assert "top_k" in refused.stderr


def test_a_model_in_a_folder_answers(run: Run, tmp_path: Path, page: str) -> None:
    pytest.importorskip("torch")
    from tests.engines.tiny_model_folder import write_tiny_model

    folder = write_tiny_model(tmp_path / "tiny")
    ended = run(
        *("chat", folder, "What?", "--image", page, "--image", page, "--stats"),
        *("--weights", "float32", "--device", "cpu", "--threads", "1", "--max-tokens", "6"),
        *("--max-tiles", "2", "--position-step", "1/4", "--n", "2", "--temperature", "1"),
    )
    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout.startswith("==> 1 <==\n")
    assert "24 for pictures" in ended.stderr  # 2 pictures, 2 tiles and a thumbnail, 4 tokens each
    assert "position step 1/4" in ended.stderr


def test_help_teaches_without_loading_decoders(start_python: Start) -> None:
    code = (
        "import sys; from shuowen.cli.chat import command\n"
        "try: command(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'cv2', 'PIL', 'av', 'urllib3', 'tokenizers'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))"
    )
    shown = start_python("-c", code).communicate()[0].decode()
    assert "shuowen chat ./InternVL3-1B" in shown
    assert shown.endswith("heavy: []\n")


# What a process of its own runs: the command line, with this command among the others.
PROGRAM = "from shuowen.cli.app import main; main()"


class Person:
    """Sits at a pseudo-terminal."""

    def __init__(self, start_python: Start, *arguments: str) -> None:
        import pty

        self._ours, theirs = pty.openpty()
        ends = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "start_new_session": True}
        program = f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); {PROGRAM}"
        self.process = start_python("-c", program, *arguments, **ends)
        os.close(theirs)
        self.shown = ""

    def wait_for(self, words: str) -> None:
        """Read on until the terminal has shown these words after those waited for before."""
        deadline = time.monotonic() + 30
        while words not in self.shown:
            assert time.monotonic() < deadline, self.shown
            self.shown += os.read(self._ours, 4096).decode(errors="replace")
        self.shown = self.shown.partition(words)[2]

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        self.press("\x04")
        try:
            while os.read(self._ours, 4096):
                pass
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(self._ours)
        return self.process.wait(30)


Sit = Callable[..., Person]


@pytest.fixture
def sit(start_python: Start, monkeypatch: pytest.MonkeyPatch) -> Sit:
    monkeypatch.setenv("TERM", "dumb")
    return lambda *arguments: Person(start_python, *arguments)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_chat_on_a_terminal(sit: Sit, server: ModelServer, page: str) -> None:
    person = sit("chat", server.url, "--image", page)
    person.wait_for("With the next question: page.png")
    person.wait_for("> ")
    server.chat = streamed(*words("A \x1b[2J", "page."))
    person.press("What is it?\r")
    person.wait_for("A \\x1b[2Jpage.")
    person.wait_for("> ")
    server.chat = endless("Begun")
    person.press("Go on\r")
    person.wait_for("Begun")
    person.press("\x03")
    person.wait_for("Stopped. What is shown stays in the chat.")
    assert server.hung_up.wait(10)
    person.wait_for("> ")
    server.chat = streamed(choice("Last."), choice(end="stop"))
    person.press("And now?\r")
    person.wait_for("Last.")
    person.wait_for("> ")
    assert person.end() == 0
    contents = [message["content"] for message in server.bodies[-1]["messages"]]
    assert contents[1:] == ["A \x1b[2Jpage.", "Go on", "Begun", "And now?"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_ctrl_c_ends_a_single_question(sit: Sit, server: ModelServer) -> None:
    server.chat = endless("Begun")
    person = sit("chat", server.url, "Hi")
    person.wait_for("Begun")
    person.press("\x03")
    person.wait_for("Stopped.")
    assert person.end() == 130
    assert server.hung_up.wait(10)


def test_a_picture_may_come_through_a_pipe(run: Run, engine: FakeEngine) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (8, 4)).save(stream, "PNG")
    ended = run("chat", "model", "Hi", "--image", "-", stdin=stream.getvalue())
    assert ended.exit_code == 0, ended.stderr
    (part, _) = engine.requests[0].messages[0].parts
    assert isinstance(part, ImagePart) and part.picture.shape == (4, 8, 3)
