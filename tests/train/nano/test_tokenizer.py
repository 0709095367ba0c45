"""nano's tokenizer: one token a character, short fixed texts, the same ids in transformers."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import UsageError
from shuowen.prompt.folder import template_notices
from shuowen.prompt.tasks import READING_PROMPTS
from shuowen.prompt.template import SYSTEM_PROMPT
from shuowen.prompt.tokenizer import Tokenizer
from shuowen.train.nano.tokenizer import ADDED_TOKENS, FIXED_WORDS, write_tokenizer
from shuowen.train.synthesize.alphabet import alphabet
from shuowen.train.synthesize.lexicon import CHINESE_PATH, PHRASES_PATH

FIXED = {
    SYSTEM_PROMPT: 6,
    "system\n": 7,
    "user\n": 5,
    "assistant\n": 10,
    READING_PROMPTS["text"]["zh"]: 5,
    READING_PROMPTS["handwriting"]["zh"]: 7,
}
"""Tokens of the fixed texts: a crop is asked about with fewer than 50, its tiles aside."""
SEEDS = {seed for _, seed in FIXED_WORDS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nano")
    write_tokenizer(path, alphabet())
    return path


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_folder(folder)


@pytest.mark.parametrize(("text", "num_tokens"), FIXED.items())
def test_fixed_texts_are_short(tokenizer: Tokenizer, text: str, num_tokens: int) -> None:
    ids = tokenizer.encode_text(text)
    assert len(ids) == num_tokens
    assert tokenizer.decode(ids) == text


def test_every_character_of_the_alphabet_is_one_token(tokenizer: Tokenizer) -> None:
    ids = [tokenizer.encode_text(character) for character in alphabet()]
    assert {len(each) for each in ids} == {1}
    assert len({each[0] for each in ids}) == len(alphabet())


@given(text=st.text(st.sampled_from(alphabet()), max_size=30))
def test_text_is_spelt_character_by_character(tokenizer: Tokenizer, text: str) -> None:
    if SEEDS.isdisjoint(map("".join, pairwise(text))):
        singles = [tokenizer.encode_text(character)[0] for character in text]
        assert tokenizer.encode_text(text) == singles
    assert tokenizer.decode(tokenizer.encode_text(text)) == text


@given(text=st.text(max_size=30))
def test_whatever_else_is_spelt_in_bytes(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode_text(text)
    normal = tokenizer.raw.normalizer.normalize_str(text.encode("utf-8", "replace").decode())
    assert tokenizer.decode(ids) == normal


def test_seeds_are_not_in_words_that_are_trained_on() -> None:
    texts = CHINESE_PATH.read_text("utf-8").split() + [PHRASES_PATH.read_text("utf-8")]
    found = [seed for seed in SEEDS if any(seed in text for text in texts)]
    assert found == ["原样"]  # a word itself, and a rare one: it is learnt as one token


def test_a_seed_in_a_text_only_shortens_it(tokenizer: Tokenizer) -> None:
    text = "这是书店，由上海到北京"
    ids = tokenizer.encode_text(text)
    assert tokenizer.decode(ids) == text
    assert len(ids) < len(text)


def test_special_tokens_are_those_of_internvl3_in_its_order(tokenizer: Tokenizer) -> None:
    ids = [tokenizer.id_of(token) for token in ADDED_TOKENS]
    assert ids == list(range(tokenizer.vocab_size - len(ADDED_TOKENS), tokenizer.vocab_size))
    assert tokenizer.eos_ids == {tokenizer.id_of("<|im_end|>"), tokenizer.id_of("<|endoftext|>")}
    assert tokenizer.encode_text("<img>") != [tokenizer.id_of("<img>")]
    assert tokenizer.begin_id is None


def test_each_form_of_the_files_gives_the_same_ids(
    folder: Path, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    for name in ("vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    other = Tokenizer.from_folder(tmp_path)
    for text in [*FIXED, "".join(alphabet()), "éß🙂 \n\n 你好"]:
        assert other.encode_text(text) == tokenizer.encode_text(text)
    assert other.vocab_size == tokenizer.vocab_size


def test_transformers_gives_the_same_ids(folder: Path, tokenizer: Tokenizer) -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    for text in [*FIXED, "".join(alphabet()), "¥1,280.00 是书 éß🙂  \n 鑫\t"]:
        assert theirs(text)["input_ids"] == tokenizer.encode_text(text)
    chat = [{"role": "user", "content": "你好"}]
    written = theirs.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert written == (
        f"<|im_start|>system\n{SYSTEM_PROMPT}<|im_end|>\n<|im_start|>user\n你好<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert [theirs.eos_token, theirs.pad_token] == ["<|im_end|>", "<|endoftext|>"]


def test_the_template_is_ours(folder: Path) -> None:
    assert template_notices(folder) == ()


def test_the_same_alphabet_gives_the_same_files(tmp_path: Path) -> None:
    write_tokenizer(tmp_path / "a", "一二三")
    write_tokenizer(tmp_path / "b", "一二三二一")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert len(json.loads((tmp_path / "a" / "vocab.json").read_text("utf-8"))) > 256


@pytest.mark.parametrize("wrong", ["ab", "", "e\u0301", "\u2126"])
def test_what_is_no_character_in_normal_form_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(UsageError, match="cannot be a token"):
        write_tokenizer(tmp_path, ["a", wrong])
