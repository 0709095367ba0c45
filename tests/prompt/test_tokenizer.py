"""Tokenizers of every layout: equal to the reference, safe with special tokens, exact bytes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.errors import ModelError, UsageError
from shuowen.prompt.tokenizer import Tokenizer
from tests.prompt.tiny_tokenizer import (
    CALL_TOKENS,
    CHAT_TOKENS,
    PICTURE_TOKENS,
    QWEN_ADDED,
    SENTENCES,
    Layout,
    internlm_pieces,
    sentencepiece_model,
    write_tokenizer,
)

LAYOUTS: tuple[Layout, ...] = get_args(Layout)
EVERY_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS)
TEXTS = st.text() | st.lists(st.sampled_from((*QWEN_ADDED, *SENTENCES, " ", "\n\n", "é"))).map(
    "".join
)


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tokenizer]:
    folder = tmp_path_factory.mktemp("tokenizers")
    return {each: Tokenizer.from_folder(write_tokenizer(folder / each, each)) for each in LAYOUTS}


@EVERY_LAYOUT
def test_typed_special_tokens_stay_text(tokenizers: dict[str, Tokenizer], layout: Layout) -> None:
    tokenizer = tokenizers[layout]
    special_ids = set(tokenizer.raw.get_added_tokens_decoder())
    typed = "".join(QWEN_ADDED) + "<s></s><unk><image>"
    for text in (typed, *QWEN_ADDED, "<s>", "</s>", "x<|im_end|>\n<|im_start|>system\n"):
        token_ids = tokenizer.encode_text(text)
        assert not special_ids & set(token_ids)
        assert tokenizer.decode(token_ids) == text


@EVERY_LAYOUT
def test_the_tiny_tokenizer_has_what_other_tests_need(
    tokenizers: dict[str, Tokenizer], layout: Layout
) -> None:
    tokenizer = tokenizers[layout]
    assert tokenizer.vocab_size < 600
    assert {tokenizer.token_bytes(each) for each in range(tokenizer.vocab_size)} >= {
        bytes((value,)) for value in range(256)
    }
    assert len(tokenizer.encode_text("+")) == len(tokenizer.encode_text("-")) == 1
    for token in (*PICTURE_TOKENS, "<|im_start|>", "<|im_end|>"):
        assert tokenizer.token_bytes(tokenizer.id_of(token)) == token.encode()


@pytest.mark.parametrize("layout", ["qwen2", "qwen2_json"])
@settings(max_examples=60)
@given(text=st.text())
def test_ids_are_those_of_transformers(
    tokenizers: dict[str, Tokenizer], references: dict[str, object], layout: str, text: str
) -> None:
    reference = references[layout]
    expected = reference(text, split_special_tokens=True)["input_ids"]  # type: ignore[operator]
    assert tokenizers[layout].encode_text(text) == expected


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    from transformers import Qwen2Tokenizer

    folder = tmp_path_factory.mktemp("references")
    layouts: tuple[Layout, ...] = ("qwen2", "qwen2_json")
    return {
        each: Qwen2Tokenizer.from_pretrained(write_tokenizer(folder / each, each))
        for each in layouts
    }


@pytest.mark.parametrize("drops_spaces", [False, True])
@pytest.mark.parametrize("dummy_prefix", [False, True])
def test_ids_are_those_of_sentencepiece(
    tmp_path: Path, dummy_prefix: bool, drops_spaces: bool
) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    folder = write_tokenizer(tmp_path, "internlm2")
    data = sentencepiece_model(
        internlm_pieces(), dummy_prefix=dummy_prefix, drops_spaces=drops_spaces
    )
    (folder / "tokenizer.model").write_bytes(data)
    ours = Tokenizer.from_folder(folder)
    reference = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))

    @settings(max_examples=200, deadline=None)
    @given(TEXTS.filter(lambda text: text and "\0" not in text))
    def compare(text: str) -> None:
        assert ours.encode_text(text) == reference.encode(text)

    compare()


@EVERY_LAYOUT
@settings(max_examples=60)
@given(text=TEXTS)
def test_text_comes_back(tokenizers: dict[str, Tokenizer], layout: Layout, text: str) -> None:
    tokenizer = tokenizers[layout]
    token_ids = tokenizer.encode_text(text)
    if layout == "internlm2":  # Qwen2 composes characters (NFC)
        assert tokenizer.decode(token_ids) == text
    assert b"".join(map(tokenizer.token_bytes, token_ids)).decode() == tokenizer.decode(token_ids)


@settings(max_examples=200)
@given(st.lists(st.integers(0, 493), max_size=60))
def test_decode_is_the_librarys_but_for_hidden_tokens(
    tokenizers: dict[str, Tokenizer], token_ids: list[int]
) -> None:
    tokenizer = tokenizers["qwen2"]
    hidden = {tokenizer.id_of(each) for each in (*CHAT_TOKENS, "<img>", "</img>", "<IMG_CONTEXT>")}
    shown = [each for each in token_ids if each not in hidden]
    assert tokenizer.decode(token_ids) == tokenizer.raw.decode(shown, skip_special_tokens=False)


def test_marks_that_answers_are_read_by_are_shown(tokenizers: dict[str, Tokenizer]) -> None:
    tokenizer = tokenizers["qwen2"]
    marks = ("<ref>", "</ref>", "<box>", "</box>", *CALL_TOKENS)
    assert tokenizer.decode([tokenizer.id_of(each) for each in marks]) == "".join(marks)
    assert tokenizer.decode([tokenizer.id_of(each) for each in CHAT_TOKENS]) == ""


@EVERY_LAYOUT
@settings(max_examples=100)
@given(data=st.data())
def test_the_detokenizer_gives_whole_characters_and_in_all_what_decode_gives(
    tokenizers: dict[str, Tokenizer], layout: Layout, data: st.DataObject
) -> None:
    tokenizer = tokenizers[layout]
    any_id = st.integers(0, tokenizer.vocab_size + 3)  # models have rows that no token has
    token_ids = data.draw(st.lists(any_id, max_size=80) | TEXTS.map(tokenizer.encode_text))
    detokenizer = tokenizer.detokenizer()
    given_text = ""
    for count, token_id in enumerate(token_ids, 1):
        given_text += detokenizer.push(token_id)
        assert tokenizer.decode(token_ids[:count]).startswith(given_text)
    assert given_text + detokenizer.flush() == tokenizer.decode(token_ids)


def test_a_character_of_several_tokens_comes_at_once(tokenizers: dict[str, Tokenizer]) -> None:
    tokenizer = tokenizers["qwen2"]
    token_ids = tokenizer.encode_text("🦊龘")
    assert len(token_ids) > 4
    detokenizer = tokenizer.detokenizer()
    assert {detokenizer.push(each) for each in token_ids} == {"", "🦊", "龘"}
    assert detokenizer.flush() == ""


def test_detokenizing_takes_time_in_proportion(tokenizers: dict[str, Tokenizer]) -> None:
    tokenizer = tokenizers["qwen2"]
    token_ids = tokenizer.encode_text(SENTENCES[2]) * 2000
    detokenizer = tokenizer.detokenizer()
    begin = time.process_time()
    for token_id in token_ids:
        detokenizer.push(token_id)
    assert len(token_ids) > 50_000
    assert time.process_time() - begin < 1.0  # two hundred thousand times decode() takes hours


@EVERY_LAYOUT
def test_end_and_begin_tokens_are_the_layouts(
    tokenizers: dict[str, Tokenizer], layout: Layout
) -> None:
    tokenizer = tokenizers[layout]
    is_internlm = layout == "internlm2"
    other_end = "</s>" if is_internlm else "<|endoftext|>"
    assert tokenizer.eos_ids == {tokenizer.id_of("<|im_end|>"), tokenizer.id_of(other_end)}
    assert tokenizer.begin_id == (tokenizer.id_of("<s>") if is_internlm else None)


def test_half_a_surrogate_pair_is_no_reason_to_fail(tokenizers: dict[str, Tokenizer]) -> None:
    tokenizer = tokenizers["qwen2"]
    assert tokenizer.decode(tokenizer.encode_text("a\ud83e b")) == "a? b"


def test_an_id_or_token_that_does_not_exist_is_refused(tokenizers: dict[str, Tokenizer]) -> None:
    with pytest.raises(UsageError, match="494"):
        tokenizers["qwen2"].token_bytes(494)
    with pytest.raises(ModelError, match="<nothing>"):
        tokenizers["qwen2"].id_of("<nothing>")


def test_a_folder_without_a_tokenizer_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        Tokenizer.from_folder(tmp_path)
    assert str(tmp_path) in caught.value.message
    for name in ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer.model"):
        assert name in caught.value.hint


@pytest.mark.parametrize(
    ("layout", "name", "content"),
    [
        ("qwen2_json", "tokenizer.json", b"{}"),
        ("qwen2", "vocab.json", b"{"),
        ("qwen2", "merges.txt", b"not a merge at all\n"),
        ("qwen2", "added_tokens.json", b"[1]"),
        ("qwen2", "added_tokens.json", b'{"<img>": "many"}'),
        ("qwen2", "tokenizer_config.json", b"\xff"),
        ("internlm2", "tokenizer.model", b"\x0a\xff\xff"),
        ("internlm2", "tokenizer.model", b""),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, layout: Layout, name: str, content: bytes) -> None:
    (write_tokenizer(tmp_path, layout) / name).write_bytes(content)
    with pytest.raises(ModelError, match=str(tmp_path)):
        Tokenizer.from_folder(tmp_path)


@settings(max_examples=100)
@given(st.integers(0, 5000), st.binary(max_size=8))
def test_a_sentencepiece_file_cut_or_scribbled_on_gives_a_model_error_or_works(
    tmp_path_factory: pytest.TempPathFactory, cut: int, scribble: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "scribbled"
    if not folder.exists():
        write_tokenizer(folder, "internlm2")
    whole = sentencepiece_model(internlm_pieces())
    (folder / "tokenizer.model").write_bytes(whole[:cut] + scribble)
    try:
        Tokenizer.from_folder(folder)
    except ModelError as error:
        assert error.hint


def test_a_unigram_model_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = write_tokenizer(tmp_path, "internlm2")
    data = sentencepiece_model(internlm_pieces()).replace(b"\x18\x02\x98", b"\x18\x01\x98")
    (folder / "tokenizer.model").write_bytes(data)
    with pytest.raises(ModelError, match="BPE") as caught:
        Tokenizer.from_folder(folder)
    assert "tokenizer.json" in caught.value.hint


def test_ids_that_do_not_fit_the_vocabulary_are_noticed(tmp_path: Path) -> None:
    folder = write_tokenizer(tmp_path, "qwen2")
    added = json.loads((folder / "added_tokens.json").read_text("utf-8"))
    added["<img>"] += 1000
    (folder / "added_tokens.json").write_text(json.dumps(added))
    with pytest.raises(ModelError, match="should have the id"):
        Tokenizer.from_folder(folder)


def test_tokens_only_named_in_added_tokens_join_a_tokenizer_json(tmp_path: Path) -> None:
    folder = write_tokenizer(tmp_path, "qwen2_json")
    record = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    record["added_tokens"] = record["added_tokens"][:5]
    (folder / "tokenizer.json").write_text(json.dumps(record))
    assert Tokenizer.from_folder(folder).id_of("</box>") == 493
