"""Names of the tokens that mean something; their ids are the tokenizer's to tell.

The published InternVL3 folders: added_tokens.json, tokenizer_config.json.
"""

from __future__ import annotations

TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
IMAGE_START = "<img>"
IMAGE_END = "</img>"
PLACEHOLDER = "<IMG_CONTEXT>"
"""Stands for one visual token."""

NEEDED = (TURN_START, TURN_END, IMAGE_START, IMAGE_END, PLACEHOLDER)
"""Without these a folder's tokenizer is not InternVL's."""

TOOL_CALL_START = "<tool_call>"
TOOL_CALL_END = "</tool_call>"

ENDS = (TURN_END, "<|endoftext|>", "</s>")
"""Tokens that end an answer; a folder has two of them, Qwen's or InternLM's."""

BEGIN = "<s>"
"""InternLM's first token; Qwen has none."""

SHOWN = frozenset(
    ("<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>", TOOL_CALL_START, TOOL_CALL_END)
)
"""Tokens that are part of an answer's text; all other added tokens are left out of it."""
