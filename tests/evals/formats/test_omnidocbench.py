import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.errors import InputError
from shuowen.evals.formats import omnidocbench
from shuowen.evals.judges.page import PageJudge
from shuowen.evals.reading import Reading

CopyOf = Callable[[str], Path]

READ = """# On signs

A paragraph that goes on at the top

$$a^{2} = b$$

of the second column.

|a|b|
|-|-|
"""


def test_one_set_a_language(data: Path) -> None:
    sets = omnidocbench.load(data / "omnidocbench")
    assert [each.name for each in sets] == ["english", "simplified_chinese"]
    (english,) = sets[0].items
    assert english.path == data / "omnidocbench" / "images" / "signs_3.png"
    assert (english.subkind, english.question) == ("academic_literature", "")


def test_what_is_known_of_a_page(data: Path) -> None:
    (item,) = omnidocbench.load(data / "omnidocbench")[0].items
    judge = item.judges[0]
    assert isinstance(judge, PageJudge)
    blocks = [(block.kind, block.content, block.order) for block in judge.page.blocks]
    # Cut paragraphs are joined; figures and what was abandoned are not read.
    assert blocks == [
        ("ignored", "Journal of Signs", None),
        ("text", "On signs", 1),
        ("text", "A paragraph that goes on at the top of the second column.", 2),
        ("formula", "$$ a^{2} = b $$", 3),
    ]
    assert judge.page.tables == ("<table><tr><td>a</td><td>b</td></tr></table>",)


def test_a_page_read_well(data: Path) -> None:
    (item,) = omnidocbench.load(data / "omnidocbench")[0].items
    scores = {judge.name: judge.score(Reading(text=READ)) for judge in item.judges}
    assert scores["formula CDM"] is None
    assert scores["formula edit"] == scores["table TEDS"] == 1
    # The formula between the two pieces keeps them from being joined: the second is left over.
    assert scores["text"] == pytest.approx((7 + 28) / (7 + 45))
    assert scores["reading order"] == 1


def test_chains_of_cut_paragraphs_are_one(copy_of: CopyOf) -> None:
    folder = copy_of("omnidocbench")
    path = folder / "OmniDocBench.json"
    pages = json.loads(path.read_text())
    relations = pages[0]["extra"]["relation"]
    relations += [
        {"source_anno_id": 3, "target_anno_id": 1, "relation_type": "truncated"},
        {"source_anno_id": 1, "target_anno_id": 2, "relation_type": "truncated"},
    ]
    path.write_text(json.dumps(pages))
    (item,) = omnidocbench.load(folder)[0].items
    judge = item.judges[0]
    assert isinstance(judge, PageJudge)
    texts = [block.content for block in judge.page.blocks if block.kind == "text"]
    assert texts == ["On signsA paragraph that goes on at the top of the second column."]


def test_a_page_without_extra_and_attributes(copy_of: CopyOf) -> None:
    folder = copy_of("omnidocbench")
    page = {"layout_dets": [], "page_info": {"image_path": "signs_3.png"}}
    (folder / "OmniDocBench.json").write_text(json.dumps([page]))
    assert [each.name for each in omnidocbench.load(folder)] == ["other"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('[{"layout_dets": []}]', r"page_info.*\$\[0\]"),
        ("[]", "lists no page"),
        ("{}", "Expected `array`"),
        (
            '[{"layout_dets": [], "page_info": {"image_path": "../a.png"}}]',
            r"row 0 names '\.\./a\.png'",
        ),
    ],
)
def test_bad_files_are_refused(copy_of: CopyOf, content: str, complaint: str) -> None:
    folder = copy_of("omnidocbench")
    (folder / "OmniDocBench.json").write_text(content)
    with pytest.raises(InputError, match=complaint):
        omnidocbench.load(folder)


def test_an_order_of_0_is_none(copy_of: CopyOf) -> None:
    folder = copy_of("omnidocbench")
    path = folder / "OmniDocBench.json"
    pages = json.loads(path.read_text())
    pages[1]["layout_dets"][0]["order"] = 0
    path.write_text(json.dumps(pages))
    (item,) = omnidocbench.load(folder)[1].items
    judge = item.judges[0]
    assert isinstance(judge, PageJudge)
    assert [block.order for block in judge.page.blocks] == [None]
