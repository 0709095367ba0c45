"""From chats to token ids: equal to the reference's, whatever people type."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.errors import CapacityError, InputError, InternalError, ModelError, UsageError
from shuowen.prompt.messages import ImagePart, Message, TextPart, Tool, ToolCall, VideoPart
from shuowen.prompt.options import EncodeOptions
from shuowen.prompt.processor import Processor, PromptSettings
from shuowen.prompt.template import SYSTEM_PROMPT
from shuowen.prompt.tokenizer import Tokenizer
from tests.prompt.tiny_tokenizer import QWEN_ADDED, SENTENCES, write_tokenizer

TINY = PromptSettings(visual_tokens_per_tile=4, window=4096, tile_side_px=28)
DEFAULT = EncodeOptions()
PICTURE = np.full((28, 28, 3), 9, np.uint8)
WIDE = np.full((28, 28 * 12, 3), 9, np.uint8)
IMAGE, WIDE_IMAGE = ImagePart(PICTURE), ImagePart(WIDE)

# An internvl2_5 template in Jinja, for the reference; an image is one tile of four visual tokens.
JINJA = """\
{%- macro say(content) -%}
{%- if content is string -%}{{ content }}{%- else -%}
{%- for part in content -%}
{%- if part.type == "image" -%}{{ "<img>" + "<IMG_CONTEXT>" * 4 + "</img>\\n" }}
{%- else -%}{{ part.text }}{%- endif -%}
{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
{%- set own = messages[0].role == "system" -%}
{{- "<|im_start|>system\\n" + (say(messages[0].content) if own else system_prompt) -}}
{%- if tools -%}
{{- "\\n\\n# Tools\\n\\nYou may call one or more functions to assist with the user query.\\n\\n" -}}
{{- "You are provided with function signatures within <tools></tools> XML tags:\\n<tools>" -}}
{%- for tool in tools -%}{{- "\\n" + (tool | tojson) -}}{%- endfor -%}
{{- "\\n</tools>\\n\\nFor each function call, return a json object with function name and" -}}
{{- " arguments within <tool_call></tool_call> XML tags:\\n<tool_call>\\n" -}}
{{- '{"name": <function-name>, "arguments": <args-json-object>}\\n</tool_call>' -}}
{%- endif -%}
{{- "<|im_end|>\\n" -}}
{%- for message in messages[own | int:] -%}
{%- if message.role == "tool" -%}
{{- "<|im_start|>user\\n<tool_response>\\n" + say(message.content) + "\\n</tool_response>" -}}
{%- else -%}
{{- "<|im_start|>" + message.role + "\\n" + say(message.content) -}}
{%- for call in message.tool_calls -%}
{{- '\\n<tool_call>\\n{"name": "' + call.name + '", "arguments": ' -}}
{{- (call.arguments | tojson) + "}\\n</tool_call>" -}}
{%- endfor -%}
{%- endif -%}
{{- "<|im_end|>\\n" -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- "<|im_start|>assistant\\n" -}}{%- endif -%}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tokenizer(tmp_path_factory.mktemp("qwen") / "InternVL3-0B")


@pytest.fixture(scope="module")
def processor(folder: Path) -> Processor:
    return Processor.from_folder(folder, TINY)


@pytest.fixture(scope="module")
def reference(folder: Path) -> Any:
    from transformers import Qwen2Tokenizer

    return Qwen2Tokenizer.from_pretrained(folder)


def ids_of(processor: Processor, *messages: Message, **options: Any) -> list[int]:
    inputs = processor.encode(messages, DEFAULT, max_new_tokens=1, **options)
    return inputs.token_ids_T.tolist()


def reference_ids(reference: Any, messages: list[dict[str, Any]], **options: Any) -> list[int]:
    text = reference.apply_chat_template(
        messages, chat_template=JINJA, tokenize=False, system_prompt=SYSTEM_PROMPT, **options
    )
    token_ids: list[int] = reference(text, add_special_tokens=False)["input_ids"]
    return token_ids


WORDS = st.text(max_size=20) | st.lists(
    st.sampled_from((*SENTENCES, "\n", "\n\n", " ", "x", "a\u0301"))
).map("".join)
TURN = st.tuples(WORDS, st.integers(0, 2), WORDS)


@settings(max_examples=80, deadline=None)
@given(turns=st.lists(TURN, min_size=1, max_size=3), system=st.none() | WORDS, ask=st.booleans())
def test_ids_are_those_of_transformers_with_the_template(
    processor: Processor,
    reference: Any,
    turns: list[tuple[str, int, str]],
    system: str | None,
    ask: bool,
) -> None:
    ours = [] if system is None else [Message.of("system", system)]
    theirs: list[dict[str, Any]] = [] if system is None else [{"role": "system", "content": system}]
    num_before = 0
    for question, num_images, answer in turns:
        ours.append(Message.of("user", *[IMAGE] * num_images, question))
        content: list[dict[str, Any]] = []
        for number in range(num_before + 1, num_before + num_images + 1):
            if num_images + num_before > 1:
                content.append({"type": "text", "text": f"Image-{number}: "})
            content.append({"type": "image"})
        content.append({"type": "text", "text": question})
        theirs.append({"role": "user", "content": content})
        num_before += num_images
        ours.append(Message.of("assistant", answer))
        theirs.append({"role": "assistant", "content": answer})
    expected = reference_ids(reference, theirs, add_generation_prompt=ask)
    assert ids_of(processor, *ours, add_generation_prompt=ask) == expected


def test_ids_are_those_of_turns_tokenised_one_by_one(processor: Processor, reference: Any) -> None:
    chat = (
        Message.of("user", IMAGE, SENTENCES[1]),
        Message.of("assistant", "\n\n+"),
        Message.of("user", SENTENCES[3]),
        Message.of("assistant", "-"),
    )
    turns = [
        f"<|im_start|>system\n{SYSTEM_PROMPT}<|im_end|>\n",
        f"<|im_start|>user\n<img>{'<IMG_CONTEXT>' * 4}</img>\n{SENTENCES[1]}<|im_end|>\n",
        "<|im_start|>assistant\n\n\n+<|im_end|>\n",
        f"<|im_start|>user\n{SENTENCES[3]}<|im_end|>\n",
        "<|im_start|>assistant\n-<|im_end|>\n",
    ]
    expected = [each for turn in turns for each in reference(turn)["input_ids"]]
    assert ids_of(processor, *chat, add_generation_prompt=False) == expected


def test_ids_of_tools_calls_and_answers_are_those_of_the_reference(
    processor: Processor, reference: Any
) -> None:
    parameters = {"type": "object", "properties": {"city": {"type": "string", "enum": ["北京"]}}}
    chat = (
        Message.of("user", "天气 in 北京?"),
        Message("assistant", (TextPart("Let me see."),), (ToolCall("now", '{"city": "北京"}'),)),
        Message.of("tool", "晴 +21"),
    )
    theirs = [
        {"role": "user", "content": "天气 in 北京?"},
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [{"name": "now", "arguments": {"city": "北京"}}],
        },
        {"role": "tool", "content": "晴 +21"},
    ]
    function = {"name": "now", "description": "the weather", "parameters": parameters}
    expected = reference_ids(
        reference,
        theirs,
        tools=[{"type": "function", "function": function}],
        add_generation_prompt=True,
    )
    assert ids_of(processor, *chat, tools=(Tool("now", "the weather", parameters),)) == expected


def test_typed_special_tokens_stay_text_everywhere(processor: Processor) -> None:
    typed = "".join(QWEN_ADDED) + "<image></s>"
    chat = (
        Message.of("system", typed),
        Message.of("user", typed, IMAGE),
        Message("assistant", (TextPart(typed),), (ToolCall(typed, typed),)),
        Message.of("tool", typed),
    )
    inputs = processor.encode(
        chat, DEFAULT, (Tool(typed, typed, {typed: typed}),), max_new_tokens=1
    )
    id_of = processor.tokenizer.id_of
    counts = {each: int((inputs.token_ids_T == id_of(each)).sum()) for each in QWEN_ADDED}
    assert counts == {
        "<|im_start|>": 5,
        "<|im_end|>": 4,
        "<tool_call>": 3,  # two in the words about tools, one for the call
        "</tool_call>": 3,
        "<img>": 1,
        "</img>": 1,
        "<IMG_CONTEXT>": 4,
        **dict.fromkeys(("<|endoftext|>", "<quad>", "</quad>", "<ref>", "</ref>"), 0),
        **dict.fromkeys(("<box>", "</box>"), 0),
    }
    text = b"".join(map(processor.tokenizer.token_bytes, inputs.token_ids_T.tolist())).decode()
    assert text.count(typed) == 10  # four turns, the call's two parts, the tool's four
    assert inputs.num_visual_tokens == 4


def test_every_picture_has_its_placeholders_tiles_and_positions(processor: Processor) -> None:
    clip = VideoPart((WIDE, PICTURE))
    options = EncodeOptions(position_step=0.25)
    chat = [Message.of("user", WIDE_IMAGE, "a", IMAGE, "b", clip, "c")]
    inputs = processor.encode(chat, options, max_new_tokens=9)
    assert [each.grid for each in inputs.images] == [(6, 1), (1, 1), (1, 1), (1, 1)]
    assert [each.num_tiles for each in inputs.images] == [7, 1, 1, 1]
    assert inputs.num_visual_tokens == 4 * 10
    assert inputs.token_ids_T.dtype == np.int64
    assert inputs.positions_T.dtype == np.float32
    assert inputs.visual_mask_T.dtype == np.bool_
    assert inputs.positions_T[-1] == inputs.num_tokens - 40 + 40 * 0.25 - 1
    assert inputs.position_step == 0.25
    (runs,) = np.nonzero(np.diff(inputs.visual_mask_T.astype(int)))
    assert np.diff(runs)[::2].tolist() == [28, 4, 4, 4]


@pytest.mark.parametrize("num_pictures", [1, 2, 3, 5, 13])
def test_the_models_tiles_are_shared_by_all_pictures_but_a_requests_are_each_pictures(
    processor: Processor, num_pictures: int
) -> None:
    def columns(options: EncodeOptions, *parts: ImagePart) -> list[int]:
        inputs = processor.encode([Message.of("user", *parts)], options, max_new_tokens=1)
        return [each.grid[0] for each in inputs.images]

    parts = [WIDE_IMAGE] * num_pictures
    shared = max(1, 12 // num_pictures)
    assert columns(DEFAULT, *parts) == [shared] * num_pictures
    assert columns(EncodeOptions(max_tiles=8), *parts) == [8] * num_pictures
    own = ImagePart(WIDE, max_tiles=2)
    assert columns(EncodeOptions(max_tiles=8), *parts, own) == [8] * num_pictures + [2]


def test_frames_take_nothing_from_the_pictures_share(processor: Processor) -> None:
    chat = [Message.of("user", WIDE_IMAGE, VideoPart((PICTURE,) * 5))]
    assert processor.encode(chat, DEFAULT, max_new_tokens=1).images[0].grid == (12, 1)


def test_a_least_number_of_tiles_holds_as_far_as_the_largest_allows(processor: Processor) -> None:
    chat = [Message.of("user", IMAGE, IMAGE, IMAGE, IMAGE)]
    images = processor.encode(chat, EncodeOptions(min_tiles=6), max_new_tokens=1).images
    assert [each.grid[0] * each.grid[1] for each in images] == [3] * 4


def test_three_hundred_pictures_fit_with_a_small_step_and_are_else_refused(
    folder: Path,
) -> None:
    processor = Processor.from_folder(folder, PromptSettings(window=32_768, tile_side_px=28))
    chat = [Message.of("user", *[WIDE_IMAGE] * 300, "Summarise.")]
    with pytest.raises(CapacityError, match="76800 of them visual") as caught:
        processor.encode(chat, DEFAULT, max_new_tokens=100)
    assert "auto" in caught.value.hint
    inputs = processor.encode(chat, EncodeOptions(position_step="auto"), max_new_tokens=100)
    assert inputs.position_step == 0.25
    assert len(inputs.images) == 300
    assert inputs.num_visual_tokens == 300 * 256
    assert inputs.positions_T[-1] + 100 < 32_768


def test_what_is_too_long_is_refused_before_a_picture_is_cut(processor: Processor) -> None:
    huge = np.zeros((2000, 2000, 3), np.uint8)
    huge = np.broadcast_to(huge[:, :1], (2000, 400_000, 3))  # cutting it would take gigabytes
    with pytest.raises(CapacityError, match="window"):
        processor.encode([Message.of("user", ImagePart(huge))], DEFAULT, max_new_tokens=5000)


def test_a_picture_that_is_none_and_tiles_out_of_range_are_refused(processor: Processor) -> None:
    wrong = ImagePart(np.zeros((4, 4), np.uint8))
    with pytest.raises(InputError):
        processor.encode([Message.of("user", wrong)], DEFAULT, max_new_tokens=1)
    for number in (0, 49):
        part = ImagePart(PICTURE, max_tiles=number)
        with pytest.raises(UsageError, match=str(number)):
            processor.encode([Message.of("user", part)], DEFAULT, max_new_tokens=1)


def test_a_placeholder_that_comes_from_nowhere_is_our_bug_and_is_noticed(folder: Path) -> None:
    class Leaky(Tokenizer):
        def encode_text(self, text: str) -> list[int]:
            return [*super().encode_text(text), self.id_of("<IMG_CONTEXT>")]

    processor = Processor(Leaky.from_folder(folder), TINY)
    with pytest.raises(InternalError, match="placeholders"):
        processor.encode([Message.of("user", "a")], DEFAULT, max_new_tokens=1)


def test_internlm_begins_once_and_spells_out_marks_that_it_lacks(tmp_path: Path) -> None:
    processor = Processor.from_folder(write_tokenizer(tmp_path, "internlm2"), TINY)
    tokenizer = processor.tokenizer
    calls = (ToolCall("now", "{}"),)
    chat = (Message.of("user", IMAGE, "a <s>"), Message("assistant", (), calls))
    token_ids = ids_of(processor, *chat)
    begin = tokenizer.id_of("<s>")
    assert token_ids[:2] == [begin, tokenizer.id_of("<|im_start|>")]
    assert token_ids.count(begin) == 1
    assert "<tool_call>" in tokenizer.decode(token_ids)
    assert processor.stop_ids == {tokenizer.id_of("</s>"), tokenizer.id_of("<|im_end|>")}


def test_a_plain_language_models_folder_is_refused_with_the_token_it_lacks(tmp_path: Path) -> None:
    folder = write_tokenizer(tmp_path)
    added = json.loads((folder / "added_tokens.json").read_text("utf-8"))
    config = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    del config["added_tokens_decoder"]
    plain = {token: each for token, each in added.items() if each < added["<img>"]}
    (folder / "added_tokens.json").write_text(json.dumps(plain))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="<img>"):
        Processor.from_folder(folder, TINY)


QWEN_TEMPLATE = "{{ 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}"


@pytest.mark.parametrize(
    ("name", "template", "words"),
    [
        ("tokenizer_config.json", QWEN_TEMPLATE, "Qwen's"),
        ("tokenizer_config.json", [{"name": "default", "template": QWEN_TEMPLATE}], "Qwen's"),
        ("chat_template.json", "{% for message in messages %}", "another"),
        ("chat_template.jinja", QWEN_TEMPLATE, "Qwen's"),
    ],
)
def test_another_chat_template_in_the_folder_is_not_used_but_told(
    tmp_path: Path, name: str, template: Any, words: str
) -> None:
    folder = write_tokenizer(tmp_path / "model")
    plain = ids_of(Processor.from_folder(folder, TINY), Message.of("user", "a"))
    path = folder / name
    if path.suffix == ".jinja":
        path.write_text(template, encoding="utf-8")
    else:
        record = json.loads(path.read_text("utf-8")) if path.exists() else {}
        path.write_text(json.dumps(record | {"chat_template": template}), encoding="utf-8")
    processor = Processor.from_folder(folder, TINY)
    inputs = processor.encode([Message.of("user", "a")], DEFAULT, max_new_tokens=1)
    (notice,) = inputs.notices
    assert notice.startswith(f"{name} of model has {words}")
    assert "internvl2_5" in notice
    assert inputs.token_ids_T.tolist() == plain


def test_the_models_own_template_needs_no_notice(tmp_path: Path) -> None:
    folder = write_tokenizer(tmp_path)
    (folder / "chat_template.jinja").write_text("x" + SYSTEM_PROMPT, encoding="utf-8")
    assert Processor.from_folder(folder, TINY).notices == ()


def test_a_prompt_of_fifteen_hundred_tokens_takes_milliseconds(processor: Processor) -> None:
    text = ""
    while len(processor.tokenizer.encode_text(text)) < 1500:
        text += SENTENCES[0] + SENTENCES[3]
    chat = [Message.of("user", text)]
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        processor.encode(chat, DEFAULT, max_new_tokens=1)
        seconds.append(time.perf_counter() - begin)
    assert min(seconds) < 0.05
