import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw, ImageFont

from shuowen.cli.app import cli
from shuowen.errors import EXIT_PARTIAL
from shuowen.evals import loading
from shuowen.evals.datasets import EvaluationSet, Item
from shuowen.evals.reading import Reading


def draw(path: Path, text: str) -> None:
    picture = Image.new("RGB", (420, 120), "white")
    font = ImageFont.load_default(size=48)
    ImageDraw.Draw(picture).text((40, 30), text, fill="black", font=font)
    picture.save(path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two sets: `slips` with two pictures, of which the truth of one differs, and `broken`."""
    folder = tmp_path / "data"
    slips, broken = folder / "slips", folder / "broken"
    slips.mkdir(parents=True)
    broken.mkdir()
    draw(slips / "right.png", "Total 128.50")
    draw(slips / "other.png", "Total 128.50")
    rows = [
        {"file": "right.png", "kind": "page", "text": "Total 128.50"},
        {"file": "other.png", "kind": "page", "text": "Total 128.59"},
    ]
    (slips / "truth.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (broken / "torn.png").write_bytes((slips / "right.png").read_bytes()[:60])
    (broken / "truth.jsonl").write_text('{"file": "torn.png", "kind": "page", "text": "abcd"}')
    return folder


@pytest.fixture
def peer(tmp_path: Path) -> str:
    """An engine that always reads the same, and notes in a file how often it was asked."""
    file = tmp_path / "peer.py"
    file.write_text(
        "from pathlib import Path\n"
        "def read(path):\n"
        f"    with Path({str(tmp_path / 'asked')!r}).open('a') as file: file.write('x')\n"
        "    return 'Total'\n"
    )
    return f"python:{file}"


def bench(*words: object) -> Result:
    return CliRunner().invoke(cli, ["bench", *map(str, words)])


def test_scores_are_printed_and_written(data: Path, tmp_path: Path) -> None:
    report = tmp_path / "out" / "scores.json"
    ended = bench(data, "--set", "slips", "--effort", "fast", "--json", report)
    assert ended.exit_code == 0, ended.output
    heading, slips, total, gap, *_ = ended.stdout.splitlines()
    assert heading.split()[:4] == ["set", "items", "pages", "CER"]
    # 1 of the 2 * 11 characters that are no white space differs.
    assert slips.split()[:4] == ["slips", "2", "2", "0.0455"]
    assert total.split()[:4] == ["total", "2", "2", "0.0455"]
    assert gap == ""
    (told,) = json.loads(report.read_text(encoding="utf-8"))["engines"]
    assert sum(item["num_errors"] for item in told["items"]) == 1
    assert told["name"] == "shuowen"
    assert "effort=fast" in told["identity"]


def test_confidences_are_printed(data: Path) -> None:
    ended = bench(data, "--set", "slips", "--effort", "fast")
    lines = ended.stdout.split("\n\n")[1].splitlines()
    assert lines[0].split()[:4] == ["confidence", "of", "number", "wrong"]
    assert lines[1].split()[:4] == ["shuowen", "lines", "2", "1"]


def test_a_file_that_cannot_be_read_is_listed_and_the_rest_is_scored(data: Path) -> None:
    ended = bench(data, "--effort", "fast", "--limit", "1", "--by", "degradation")
    assert ended.exit_code == EXIT_PARTIAL
    heading, undamaged, *_ = ended.stdout.splitlines()
    assert heading.split()[0] == "degradation"
    assert undamaged.split()[:2] == ["none", "2"]
    assert undamaged.split()[-1] == "1"
    assert "broken/torn.png" in ended.stderr


def test_engines_stand_beside_a_baseline(data: Path, peer: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("--set", "slips", "--engine", "shuowen-fast", "--engine", peer, "--baseline", peer)
    ended = bench(data, *words, "-o", out)
    assert ended.exit_code == 0, ended.output
    scores, compared, *_ = ended.stdout.split("\n\n")
    assert [line.split()[1] for line in scores.splitlines()[1:]] == ["shuowen-fast", peer] * 2
    # Of 22 characters the one loses none but one, the other six of eleven twice.
    assert compared.splitlines()[1].split()[:4] == ["slips", "shuowen-fast", "2", "0.083"]
    assert "report.html" in ended.stderr
    assert "Beside" in (out / "report.html").read_text(encoding="utf-8")


def test_a_rerun_goes_on_where_it_stopped(data: Path, peer: str, tmp_path: Path) -> None:
    asked, out = tmp_path / "asked", tmp_path / "out"
    words = ("--set", "slips", "--engine", peer, "-o", out)
    bench(data, *words, "--limit", 1)
    assert asked.read_text() == "x"
    first = bench(data, *words)
    assert asked.read_text() == "xx"
    assert f"{peer}: 1 readings are from an earlier run." in first.stderr
    second = bench(data, *words, "--jobs", 2)
    assert asked.read_text() == "xx"
    assert second.stdout == first.stdout
    bench(data, *words, "--fresh")
    assert asked.read_text() == "xxxx"


def test_an_interrupt_keeps_what_was_read(
    data: Path, peer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shuowen.evals.peers.installed import InstalledPeer

    read = InstalledPeer.read

    def stop_at_the_other(engine: InstalledPeer, item: Item) -> Reading:
        if item.path.name == "other.png":
            raise KeyboardInterrupt
        return read(engine, item)

    words = ("--set", "slips", "--engine", peer, "-o", tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr(InstalledPeer, "read", stop_at_the_other)
        ended = bench(data, *words)
    assert ended.exit_code == 130
    assert "the same command goes on" in ended.stderr
    assert f"{peer}: 1 readings are from an earlier run." in bench(data, *words).stderr


def test_a_peer_that_is_missing_does_not_stop_the_others(data: Path, peer: str) -> None:
    words = ("--set", "slips", "--engine", "url:http://127.0.0.1:9/v1", "--engine", peer)
    ended = bench(data, *words)
    assert ended.exit_code == EXIT_PARTIAL
    assert "127.0.0.1" in ended.stderr
    assert ended.stdout.splitlines()[1].split()[0] == "slips"


def test_without_any_engine_there_is_only_the_error(data: Path) -> None:
    ended = bench(data, "--engine", "url:http://127.0.0.1:9/v1")
    assert ended.exit_code == 7
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "slip"], "slips"),
        (["--effort", "norml"], "Did you mean 'normal'?"),
        (["--engine", "shuowem"], "Did you mean 'shuowen'?"),
        (["--baseline", "rapidocr"], "Add --engine rapidocr"),
        (["--fresh"], "Add -o DIR"),
        (["--format", "odd"], "There is no format 'odd'"),
        (["--timeout", "0"], "--timeout"),
    ],
)
def test_a_wrong_option_is_told(data: Path, words: list[str], said: str) -> None:
    ended = bench(data, *words)
    assert ended.exit_code == 2
    assert said in ended.stderr


@pytest.mark.parametrize("option", ["--json", "-o"])
def test_a_report_that_cannot_be_written_is_told_before_reading(data: Path, option: str) -> None:
    place = data / "slips" / "right.png" / "scores.json"  # a folder that is a file
    ended = bench(data, option, place)
    assert ended.exit_code == 8
    assert ended.stdout == ""


def test_questions_are_left_out_for_readers(
    data: Path, peer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(folder: Path) -> list[EvaluationSet]:
        item = Item(set_name="q", path=folder, kind="page", text=None, html=None, question="why?")
        return [EvaluationSet(name="q", items=(item,))]

    monkeypatch.setattr(loading, "FORMATS", {"questions": load})
    ended = bench(data, "--engine", peer, "--format", "questions")
    assert ended.exit_code == 0
    assert "cannot answer questions: 1 items are left out" in ended.stderr


def test_the_help_teaches() -> None:
    told = bench("--help").stdout
    for word in ("truth.jsonl", "--engine", "rapidocr", "python:FILE.py", "--baseline", "Examples"):
        assert word in told
