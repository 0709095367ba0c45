import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw, ImageFont

from shuowen.cli.app import cli
from shuowen.errors import EXIT_PARTIAL


def draw(path: Path, text: str) -> None:
    picture = Image.new("RGB", (420, 120), "white")
    font = ImageFont.load_default(size=48)
    ImageDraw.Draw(picture).text((40, 30), text, fill="black", font=font)
    picture.save(path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two sets: `slips` with two pictures, of which the truth of one differs, and `broken`."""
    slips, broken = tmp_path / "slips", tmp_path / "broken"
    slips.mkdir()
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
    return tmp_path


def test_scores_are_printed_and_written(data: Path, tmp_path: Path) -> None:
    report = tmp_path / "out" / "scores.json"
    command = ["bench", str(data), "--set", "slips", "--effort", "fast", "--json", str(report)]
    ended = CliRunner().invoke(cli, command)
    assert ended.exit_code == 0, ended.output
    heading, slips, total = ended.stdout.splitlines()
    assert heading.split()[:4] == ["set", "items", "pages", "CER"]
    # 1 of the 2 * 11 characters that are no white space differs.
    assert slips.split()[:4] == ["slips", "2", "2", "0.0455"]
    assert total.split()[:4] == ["total", "2", "2", "0.0455"]
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["total"]["num_errors"] == 1
    assert "effort=fast" in told["options"]


def test_a_file_that_cannot_be_read_is_listed_and_the_rest_is_scored(data: Path) -> None:
    command = ["bench", str(data), "--effort", "fast", "--limit", "1", "--by", "degradation"]
    ended = CliRunner().invoke(cli, command)
    assert ended.exit_code == EXIT_PARTIAL
    heading, undamaged, _total = ended.stdout.splitlines()
    assert heading.split()[0] == "degradation"
    assert undamaged.split()[:2] == ["none", "2"]
    assert undamaged.split()[-1] == "1"
    assert "broken/torn.png" in ended.stderr


def test_an_unknown_set_is_a_wrong_option(data: Path) -> None:
    ended = CliRunner().invoke(cli, ["bench", str(data), "--set", "slip"])
    assert ended.exit_code == 2
    assert "slips" in ended.stderr


def test_a_misspelt_effort_gets_the_nearest_as_advice(data: Path) -> None:
    ended = CliRunner().invoke(cli, ["bench", str(data), "--effort", "norml"])
    assert ended.exit_code == 2
    assert "Did you mean 'normal'?" in ended.stderr


def test_a_report_that_cannot_be_written_is_told_before_reading(data: Path) -> None:
    report = data / "slips" / "right.png" / "scores.json"  # a folder that is a file
    ended = CliRunner().invoke(cli, ["bench", str(data), "--json", str(report)])
    assert ended.exit_code == 8
    assert ended.stdout == ""
