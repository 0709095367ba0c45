"""Every field that a chat request may hold, and what becomes of it; docs/server.md shows it.

Sources: OpenAI's API reference (chat/create), LMDeploy 0.18 (serve/openai/protocol.py), vLLM
(entrypoints/openai/chat_completion/protocol.py). What is not here is refused as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from shuowen.engines.remote_options import Dialect
from shuowen.engines.remote_request import EXTENDED, TILING
from shuowen.server.chat.field_rules import (
    HONOURED,
    NO_EFFECT,
    PASSED_ON,
    REFUSED,
    Field,
    FieldTable,
    Origin,
    Rule,
    field_of,
    same,
)

MESSAGE, STREAM_OPTIONS, RESPONSE_FORMAT, JSON_SCHEMA = (
    "messages[]",
    "stream_options",
    "response_format",
    "response_format.json_schema",
)
TEXT, IMAGE, IMAGE_URL, FILE, FILE_OBJECT = "text", "image_url", "image_url{}", "file", "file{}"
INPUT_TEXT, INPUT_IMAGE, INPUT_FILE = "input_text", "input_image", "input_file"
VIDEO, VIDEO_URL, REFUSAL, OUTPUT_TEXT = "video_url", "video_url{}", "refusal", "output_text"
TOOL, FUNCTION, TOOL_CALL, CALL_FUNCTION = (
    "tools[]",
    "tools[].function",
    "messages[].tool_calls[]",
    "messages[].tool_calls[].function",
)

_STEADY = NO_EFFECT("It reads a page the same way every time")
_NO_TOKENS = REFUSED("The reader has no tokens; documents hold a confidence for every word")
_NO_MODEL = REFUSED("The reader is no language model")
_TEXT_ONLY = REFUSED("Answers are text")
_TOOLS = Rule("honoured", "By the server's policy for tools")
_NOT_STORED = NO_EFFECT("No answer is kept")
_NOT_TOLD = NO_EFFECT("Nobody is told who asks; requests are told apart by their keys")
_CACHED = NO_EFFECT("What was computed for a prompt is found again without it")
_NO_REASONING = NO_EFFECT("The model answers without reasoning first")
_NO_SUCH = REFUSED("The engine has nothing like it")
_NO_TEMPLATE = REFUSED("The chat template has no options")
_NO_PLACE = REFUSED("Answers have no place for it")
_MESSAGES = REFUSED("Ask with messages")
_DEPRECATED = REFUSED("It is deprecated; use tools")


def _openai() -> Iterator[Field]:
    for name in ("messages", "model", "stream", "stream_options", "stop", "response_format"):
        yield same("", name, HONOURED)
    for name in ("max_tokens", "max_completion_tokens"):
        yield field_of("", name, Rule("honoured", "Tokens are estimated"), HONOURED, HONOURED)
    for name in ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty"):
        yield field_of("", name, _STEADY, HONOURED, HONOURED)
    yield _neutral("n", REFUSED("It reads a page the same way every time"), HONOURED, HONOURED, 1)
    yield _neutral("logprobs", _NO_TOKENS, HONOURED, HONOURED, False)
    yield _neutral("top_logprobs", _NO_TOKENS, HONOURED, HONOURED, 0)
    yield _neutral("logit_bias", _NO_TOKENS, HONOURED, HONOURED, {})
    for name in ("tools", "tool_choice"):
        yield same("", name, _TOOLS)
    idle = NO_EFFECT("The reader calls no tools")
    yield field_of("", "parallel_tool_calls", idle, HONOURED, PASSED_ON)
    yield same("", "functions", _DEPRECATED, neutral=([],))
    yield same("", "function_call", _DEPRECATED, neutral=("none", "auto"))
    yield same("", "modalities", _TEXT_ONLY, neutral=(["text"],))
    yield same("", "audio", _TEXT_ONLY)
    yield same("", "web_search_options", REFUSED("Nothing is looked up on the web"))
    yield same("", "moderation", REFUSED("Nothing is moderated"))
    yield same("", "store", REFUSED("No answer is kept"), neutral=(False,))
    yield same("", "metadata", _NOT_STORED)
    for name in ("user", "safety_identifier"):
        yield same("", name, _NOT_TOLD)
    for name in ("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"):
        yield same("", name, _CACHED)
    yield same("", "prediction", NO_EFFECT("It would only make the answer come sooner"))
    yield same("", "service_tier", NO_EFFECT("There is one tier"))
    yield field_of("", "reasoning_effort", _NO_REASONING, _NO_REASONING, PASSED_ON)
    yield _neutral("verbosity", _STEADY, _NO_SUCH, PASSED_ON, "medium")


def _beyond_openai() -> Iterator[Field]:
    """What LMDeploy has, and vLLM mostly too."""
    yield from _sampling_beyond_openai()
    lmdeploy: tuple[Dialect, ...] = ("lmdeploy",)
    own = REFUSED("Loops are noticed without it")
    for name in ("repetition_ngram_size", "repetition_ngram_threshold"):
        yield _other("LMDeploy", name, own, own, lmdeploy, 0)
    yield _other("LMDeploy", "min_new_tokens", _NO_MODEL, _NO_SUCH, lmdeploy, 0)
    yield _other("LMDeploy", "enable_thinking", _NO_TEMPLATE, _NO_TEMPLATE, lmdeploy, False)
    shown = REFUSED("Special tokens are never shown")
    for name in ("skip_special_tokens", "spaces_between_special_tokens"):
        yield _other("LMDeploy", name, shown, shown, _TWO, True)
    yield _other("LMDeploy", "include_stop_str_in_output", _NO_SUCH, _NO_SUCH, _TWO, False)
    yield _other("LMDeploy", "chat_template_kwargs", _NO_TEMPLATE, _NO_TEMPLATE, _TWO, {})
    tiles = REFUSED("Say max_dynamic_patch or detail with the picture")
    for name in ("mm_processor_kwargs", "media_io_kwargs"):
        yield _other("LMDeploy", name, tiles, tiles, _TWO, {})
    session = NO_EFFECT("Every request brings its whole chat")
    yield same("", "session_id", session, origin="LMDeploy")
    yield same("", "do_preprocess", _MESSAGES, origin="LMDeploy", neutral=(True,))
    for name in ("input_ids", "image_data"):
        yield same("", name, _MESSAGES, origin="LMDeploy")
    for name in ("return_token_ids", "return_logprob", "return_routed_experts"):
        yield same("", name, _NO_PLACE, origin="LMDeploy", neutral=(False,))


def _sampling_beyond_openai() -> Iterator[Field]:
    for name in ("top_k", "min_p", "repetition_penalty"):
        yield _other("LMDeploy", name, _STEADY, HONOURED, EXTENDED, upstream=HONOURED)
    yield _other("LMDeploy", "ignore_eos", _NO_MODEL, HONOURED, EXTENDED, False, upstream=HONOURED)


def _vllm() -> Iterator[Field]:
    only: tuple[Dialect, ...] = ("vllm",)
    yield _other("vLLM", "min_tokens", _NO_MODEL, _NO_SUCH, only, 0)
    for name in ("stop_token_ids", "bad_words"):
        yield _other("vLLM", name, _NO_MODEL, _NO_SUCH, only, [])
    for name in ("allowed_token_ids", "repetition_detection", "thinking_token_budget"):
        yield _other("vLLM", name, _NO_MODEL, _NO_SUCH, only)
    yield _other("vLLM", "priority", NO_EFFECT("There is one queue"), _NO_SUCH, only, 0)
    yield _other("vLLM", "cache_salt", _CACHED, _NO_SUCH, only)
    yield _other("vLLM", "include_reasoning", _NO_REASONING, _NO_REASONING, only)
    form = REFUSED("Say it with response_format")
    for name in ("guided_json", "guided_regex", "guided_choice", "guided_grammar"):
        yield same("", name, form, origin="vLLM")
    yield _other("vLLM", "structured_outputs", form, form, only)
    for name, usual in (("add_generation_prompt", True), ("continue_final_message", False)):
        yield _other("vLLM", name, _NO_TEMPLATE, _NO_TEMPLATE, only, usual)
    yield same("", "echo", _NO_PLACE, origin="vLLM", neutral=(False,))
    yield _other("vLLM", "use_beam_search", _NO_MODEL, _NO_SUCH, only, False)


def _own() -> Iterator[Field]:
    """What no other server has, in the way of vLLM's and the older OpenAI's `best_of`."""
    again = REFUSED("It reads a page the same way every time")
    several = Rule(
        "honoured", "The other server writes, this one chooses; another Shuowen does both"
    )
    judges = Rule("honoured", "Those without a model; another Shuowen has its own")
    for name, upstream, neutral in (("best_of", several, 1), ("critic", judges, "auto")):
        yield replace(_neutral(name, again, HONOURED, upstream, neutral), origin="Shuowen")


def _objects() -> Iterator[Field]:
    for name in ("role", "content", "tool_calls", "tool_call_id"):
        yield same(MESSAGE, name, HONOURED)
    yield same(MESSAGE, "name", NO_EFFECT("The model knows roles, not names"))
    yield same(MESSAGE, "refusal", Rule("honoured", "Counts as text"))
    yield same(MESSAGE, "audio", _TEXT_ONLY)
    yield same(MESSAGE, "function_call", _DEPRECATED)
    unplaced = NO_EFFECT("The chat template has no place for it")
    yield same(MESSAGE, "annotations", unplaced)
    yield same(MESSAGE, "reasoning_content", unplaced, origin="LMDeploy")
    yield same(MESSAGE, "reasoning", unplaced, origin="vLLM")
    for name in ("id", "type", "function"):
        yield same(TOOL_CALL, name, HONOURED)
    yield same(TOOL_CALL, "index", NO_EFFECT("Calls come in order"))
    for place, names in (
        (CALL_FUNCTION, ("name", "arguments")),
        (TOOL, ("type", "function")),
        (FUNCTION, ("name", "description", "parameters")),
    ):
        for name in names:
            yield same(place, name, HONOURED)
    yield same(FUNCTION, "strict", NO_EFFECT("Arguments are as the model writes them"))
    yield same(STREAM_OPTIONS, "include_usage", HONOURED)
    padding = NO_EFFECT("Chunks are not padded")
    yield same(STREAM_OPTIONS, "include_obfuscation", padding)
    pattern = REFUSED("The reader fills in JSON schemas, not patterns")
    yield same(RESPONSE_FORMAT, "type", HONOURED)
    yield same(RESPONSE_FORMAT, "json_schema", HONOURED)
    yield replace(
        field_of(RESPONSE_FORMAT, "regex_schema", pattern, HONOURED, HONOURED),
        origin="LMDeploy",
        dialects=EXTENDED,
    )
    yield same(JSON_SCHEMA, "schema", HONOURED)
    for name in ("name", "description"):
        yield same(JSON_SCHEMA, name, NO_EFFECT("The schema says it all"))
    yield same(JSON_SCHEMA, "strict", NO_EFFECT("Answers follow the schema in either case"))


_PARTS = {
    TEXT: ("type", "text"),
    INPUT_TEXT: ("type", "text"),
    OUTPUT_TEXT: ("type", "text"),
    REFUSAL: ("type", "refusal"),
    IMAGE: ("type", "image_url"),
    IMAGE_URL: ("url",),
    INPUT_IMAGE: ("type", "image_url"),
    FILE: ("type", "file"),
    FILE_OBJECT: ("file_data", "filename"),
    INPUT_FILE: ("type", "file_data", "file_url", "filename"),
}


def _parts() -> Iterator[Field]:
    for place, names in _PARTS.items():
        for name in names:
            yield same(place, name, HONOURED)
    for place, name in ((VIDEO, "type"), (VIDEO_URL, "url")):
        yield same(place, name, HONOURED, origin="vLLM")
    whole = NO_EFFECT("The reader looks at whole pages")
    tiles = field_of(IMAGE_URL, "max_dynamic_patch", whole, HONOURED, HONOURED)
    yield replace(tiles, origin="LMDeploy", dialects=TILING)
    effort = Rule("honoured", "How hard a page is looked at")
    told = Rule("honoured", "Where the other server can be told, else the answer says so")
    for place in (IMAGE_URL, INPUT_IMAGE):
        yield field_of(place, "detail", effort, Rule("honoured", "6, 12 or 24 tiles"), told)
    pages = REFUSED("The reader reads pages, not videos")
    frames = Rule("honoured", "Frames as pictures")
    yield replace(field_of(VIDEO, "video_url", pages, HONOURED, frames), origin="vLLM")
    for place in (FILE_OBJECT, INPUT_FILE, INPUT_IMAGE):
        yield same(place, "file_id", REFUSED("A chat takes no ids; send the file itself"))
    yield same(INPUT_FILE, "detail", NO_EFFECT("Pages are drawn at one resolution"))
    yield same(OUTPUT_TEXT, "annotations", NO_EFFECT("The chat template has no place for it"))
    for place in (TEXT, INPUT_TEXT, IMAGE, INPUT_IMAGE, FILE, INPUT_FILE, VIDEO):
        yield same(place, "prompt_cache_breakpoint", _CACHED)
        yield same(place, "cache_control", _CACHED, origin="Anthropic")


_TWO: tuple[Dialect, ...] = ("lmdeploy", "vllm")


def _neutral(name: str, reader: Rule, engine: Rule, upstream: Rule, *neutral: Any) -> Field:
    return replace(field_of("", name, reader, engine, upstream), neutral=neutral)


def _other(
    origin: Origin,
    name: str,
    reader: Rule,
    engine: Rule,
    dialects: tuple[Dialect, ...],
    *neutral: Any,
    upstream: Rule = PASSED_ON,
) -> Field:
    field = field_of("", name, reader, engine, upstream)
    return replace(field, origin=origin, dialects=dialects, neutral=neutral)


FIELDS = FieldTable((*_openai(), *_beyond_openai(), *_vllm(), *_own(), *_objects(), *_parts()))
