import pytest

from shuowen.evals.formats import FORMATS
from shuowen.evals.formats.totals import TOTALS, Mean, SetMeans, Total


def means(name: str, **values: tuple[float, float]) -> SetMeans:
    found = {
        judge.replace("_", " "): Mean(value=value, weight=weight)
        for judge, (value, weight) in values.items()
    }
    return SetMeans(name=name, means=found)


def values(form: str, *sets: SetMeans) -> dict[str, float]:
    return {total.name: pytest.approx(total.value) for total in TOTALS[form](sets)}


def test_every_format_has_its_totals() -> None:
    assert list(TOTALS) == list(FORMATS)
    assert all(totals([]) == [] for totals in TOTALS.values())


def test_ocrbench_counts_right_answers() -> None:
    sets = [means("Text Recognition", right=(0.9, 300)), means("Doc", right=(0.5, 200))]
    (total,) = TOTALS["ocrbench"](sets)
    assert (total.value, total.out_of) == (pytest.approx(370), 500)


def test_pages_of_all_languages_count_alike() -> None:
    english = means("english", text=(0.9, 300), reading_order=(0.8, 300))
    chinese = means("simplified_chinese", text=(0.7, 100), table_TEDS=(0.6, 50))
    assert values("omnidocbench", english, chinese) == {
        "text edit": 0.15,
        "order edit": 0.2,
        "table TEDS": 0.6,
    }
    assert TOTALS["omnidocbench"]([english])[0].is_loss


def test_cc_ocr_means_over_data_sets_then_tracks() -> None:
    sets = [
        means("multi_scene_ocr/IC15", F1=(0.8, 500)),
        means("multi_scene_ocr/CORD", F1=(0.6, 100)),
        means("multi_lan_ocr/French", F1=(0.5, 150)),
        means("doc_parsing/x", likeness=(0.4, 75)),
    ]
    assert values("cc-ocr", *sets) == {
        "multi_scene_ocr": 0.7,
        "multi_lan_ocr": 0.5,
        "doc_parsing": 0.4,
    }
    sets.append(means("kie/CORD", field_F1=(0.8, 100)))
    totals = {total.name: total for total in TOTALS["cc-ocr"](sets)}
    assert totals["CC-OCR"].value == pytest.approx(0.6)
    assert totals["kie"].note == "1 of 6 data sets"
    assert totals["CC-OCR"].note == "of tracks in part"


def test_olmocr_bench_means_over_lists_with_baseline_as_one() -> None:
    sets = [
        means("multi_column", tests=(0.8, 10), baseline=(1, 5)),
        means("tables", tests=(0.4, 90), baseline=(0.5, 5)),
        means("arxiv_math"),
    ]
    assert TOTALS["olmocr-bench"](sets) == [
        Total(
            name="olmOCR-bench",
            value=pytest.approx((0.8 + 0.4 + 0.75) / 3),
            note="without arxiv_math (not judged)",
        )
    ]


def test_docvqa_and_pubtabnet_are_means_over_everything() -> None:
    assert values("docvqa", means("val", ANLS=(0.9, 7))) == {"ANLS": 0.9}
    tables = means("simple", published_TEDS=(1, 1)), means("complex", published_TEDS=(0, 3))
    assert values("pubtabnet", *tables) == {"published TEDS": 0.25}
