"""The language model knows its languages, and has no say where it must not."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.embedded.language.model import LanguageModel, shared_language_model
from shuowen.engines.embedded.language.protected import may_be_chosen
from shuowen.errors import ModelError

CONTEXTS = ("", "合", "合同", "请带", "上合", "没有", "人天", "好合", "身份证", "the not")


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return shared_language_model()


def test_an_unknown_character_is_unlikely(model: LanguageModel) -> None:
    assert model.score("合", "龘") < model.score("合", "同") - 5


def test_what_the_picture_alone_decides_is_neutral(model: LanguageModel) -> None:
    assert [model.score("合同", one) for one in "3A三 $."] == [0.0] * 6


@given(st.text(max_size=24), st.characters(exclude_categories=["Cs"]))
def test_any_text_has_a_finite_score(context: str, character: str) -> None:
    score = shared_language_model().score(context, character)
    assert -60 < score <= 0


def test_threads_get_the_same_scores(model: LanguageModel) -> None:
    asked = [(context, one) for context in CONTEXTS for one in "同原件带上证天气book"]
    expected = [model.score(*each) for each in asked]
    fresh = LanguageModel(model.chinese, model.english)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda each: fresh.score(*each), asked)) == expected


def test_a_folder_without_the_files(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="missing"):
        LanguageModel.open(tmp_path)


@pytest.mark.parametrize(
    ("context", "right", "wrong"),
    [
        ("请带上合同原", "件", "仵"),
        ("这个问题我还没有想", "明", "朋"),
        ("不需要在客户端本地安装", "软", "饮"),
        ("請確認您的電子郵", "件", "仵"),
        ("春眠不觉", "晓", "烧"),
        ("see the documen", "t", "l"),
    ],
)
def test_it_knows_its_languages(context: str, right: str, wrong: str) -> None:
    model = shared_language_model()
    assert model.score(context, right) > model.score(context, wrong) + 2


def test_the_shared_model_keeps_to_the_texts_script() -> None:
    model = shared_language_model()
    assert model.score("服务器软件的", "实") > model.score("服务器软件的", "實") + 2
    assert model.score("伺服器軟體的", "實") > model.score("伺服器軟體的", "实") + 2


def test_the_shared_model_sums_to_no_more_than_one_over_all_characters() -> None:
    model = shared_language_model()
    everything = {one for symbol in model.chinese.header.symbols for one in symbol}
    for context in ("", "客户端和服务", "請妥善保", "龘龘"):
        chosen = [one for one in everything if may_be_chosen(one, chinese=True)]
        assert 0.3 < sum(math.exp(model.score(context, one)) for one in chosen) <= 1 + 1e-9


def test_its_sources_and_licences_are_in_the_file() -> None:
    free = {"MIT", "BSD-3-Clause", "Apache-2.0", "MPL-2.0", "PSF-2.0", "PostgreSQL"}
    for ngrams in (shared_language_model().chinese, shared_language_model().english):
        sources = ngrams.header.sources
        assert all(len(each.sha256) == 64 and each.num_characters > 0 for each in sources)
        assert {each.licence for each in sources} <= free | {"public domain"}
