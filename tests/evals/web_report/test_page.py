import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from shuowen.evals.bench import EngineRun
from shuowen.evals.datasets import Item
from shuowen.evals.reading import Reading, ReadLine
from shuowen.evals.results import ItemResult, JudgeScore, score_item
from shuowen.evals.web_report.page import write_report
from shuowen.evals.web_report.samples import samples_of
from shuowen.evals.web_report.words import MEASURES, VERDICTS

NASTY = "</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'><b>"
TABLE = "<table><tr><td>a</td><td>b</td></tr></table>"
MakeItem = Callable[..., Item]
MakeRun = Callable[..., EngineRun]


class Elements(HTMLParser):
    """Collects all start tags with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def runs(tmp_path: Path, make_item: MakeItem, make_run: MakeRun) -> list[EngineRun]:
    """Two engines on a page, a table and a file that cannot be opened, of which one is nasty."""
    for name in ("page.png", "table.png"):
        Image.new("RGB", (30, 20), name[0] == "p" and "red" or "blue").save(tmp_path / name)
    page = make_item(str(tmp_path / "page.png"), text="good text", degradation="blur1 <i>")
    table = make_item(str(tmp_path / "table.png"), html=TABLE, set_name="tables")
    broken = make_item(str(tmp_path / "broken.png"), text="lost")

    def scored(item: Item, **reading: object) -> ItemResult:
        return score_item(item, Reading(**reading), seconds=1, is_kept=False)  # type: ignore[arg-type]

    sure = (ReadLine(text="good text", confidence=0.9),)
    good = make_run(
        scored(page, text="good text", lines=sure),
        scored(table, text="a b", html=TABLE),
        scored(broken, text="", failure="It is torn."),
    )
    bad = make_run(
        scored(page, text=NASTY),
        scored(table, text="a", html=f"<table><tr><td>{NASTY}</td></tr></table>"),
        scored(broken, text="", failure=NASTY),
        engine=f"peer {NASTY}",
        num_not_asked=2,
    )
    return [good, bad]


@pytest.fixture
def page(tmp_path: Path, runs: list[EngineRun]) -> str:
    path = write_report(tmp_path / "out", runs, runs[0])
    assert path == tmp_path / "out" / "report.html"
    return path.read_text(encoding="utf-8")


def test_nothing_of_a_reading_is_markup(page: str) -> None:
    elements = Elements(page)
    assert len(elements.of("script")) == 1
    assert all(not name.startswith("on") for _, attributes in elements.tags for name in attributes)
    assert all((image["src"] or "").startswith("pictures/") for image in elements.of("img"))
    assert "alert(1)" in elements.text  # it is shown, as what it is


def test_the_policy_allows_our_own_script_and_style_alone(page: str) -> None:
    (policy,) = [each["content"] for each in Elements(page).of("meta") if "http-equiv" in each]
    assert policy is not None
    for tag in ("script", "style"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert content is not None
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in page  # which the policy would not let work


def test_pictures_lie_beside_the_page_and_are_loaded_late(page: str, tmp_path: Path) -> None:
    images = Elements(page).of("img")
    assert len(images) == 2
    for image in images:
        assert (tmp_path / "out" / str(image["src"])).is_file()
        assert image["loading"] == "lazy"
        assert (image["width"], image["height"]) == ("30", "20")


def test_the_worst_come_first(runs: list[EngineRun], page: str) -> None:
    losses = [sample.loss for sample in samples_of(runs)]
    assert losses == sorted(losses, reverse=True)
    cards = Elements(page).of("article")
    assert [card["data-set"] for card in cards] == [each.item.set_name for each in samples_of(runs)]
    assert {card["data-damage"] for card in cards} == {"blur1 <i>", "none"}
    assert all(len(str(card["data-losses"]).split()) == 2 for card in cards)


def test_an_item_that_one_engine_was_not_asked(runs: list[EngineRun]) -> None:
    good, bad = runs
    samples = samples_of([good, replace(bad, results=bad.results[:1])])
    assert sorted(sum(each is None for each in sample.results) for sample in samples) == [0, 1, 1]


def test_both_tables_stand_side_by_side(page: str) -> None:
    assert page.count('<div class="tables">') == 2
    assert '<td class="differs">' in page


def test_every_sentence_is_there_in_both_languages(page: str) -> None:
    assert page.count('<span lang="en">') == page.count('<span lang="zh">') > 50
    options = Elements(page).of("option")
    assert options
    assert all(option["data-en"] and option["data-zh"] for option in options)


def test_words_have_no_gaps() -> None:
    assert all(all(words) and len(words) == 4 for words in MEASURES.values())
    assert set(VERDICTS) == {"better", "worse", "chance", "too few"}


def test_engines_confidences_and_comparison_are_told(page: str) -> None:
    text = Elements(page).text
    assert "Beside fake" in text
    assert "Cannot answer questions: 2 files" in text
    assert "<svg" in page
    assert "too few" in text


def test_a_question_is_shown_with_its_answers(
    tmp_path: Path, make_item: MakeItem, make_run: MakeRun
) -> None:
    item = make_item("gone.png", question="How <much>?", answers=("1", "one"))
    result = score_item(item, Reading(text="two <b>"), seconds=1, is_kept=False)
    run = make_run(replace(result, judged={"ANLS": JudgeScore(score=0.25)}))
    page = write_report(tmp_path, [run], form="docvqa").read_text(encoding="utf-8")
    text = Elements(page).text
    assert "How <much>?\n→ 1 | one" in text
    assert "two <b>" in text
    assert "ANLS" in text
    assert "0.2500" in text


def test_what_is_not_judged_is_told(
    tmp_path: Path, page: str, run_with_unjudged_tests: EngineRun
) -> None:
    assert "Not judged" not in Elements(page).text
    text = Elements(write_report(tmp_path, [run_with_unjudged_tests]).read_text("utf-8")).text
    assert "Not judged未评判" in text
    assert "<math>7It needs a browser & time." in text


def test_the_sum_of_all_has_a_name_in_both_languages(page: str) -> None:
    assert page.count('<span lang="en">total</span><span lang="zh">合计</span>') >= 3


def test_only_damage_that_there_is_stands_beside_a_name(page: str) -> None:
    assert "page.png <small>blur1 &lt;i&gt;</small></h3>" in page
    assert "table.png</h3>" in page
