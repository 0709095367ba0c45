"""What fits a task: how many tiles a picture is worth, and what to ask for by kind of region.

Tiles: the authors' own evaluation (open-compass/VLMEvalKit, vlmeval/vlm/internvl) and LMDeploy
(lmdeploy/vl/model/internvl.py, the `detail` of the OpenAI API).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from shuowen.errors import UsageError

Task = Literal["general", "document", "ocr", "infographic", "chart", "video"]
Detail = Literal["low", "medium", "high"]
Language = Literal["zh", "en"]
Reading = Literal["text", "table", "formula", "handwriting"]

TASK_TILES: Mapping[Task, int] = MappingProxyType(
    {"general": 6, "document": 18, "ocr": 24, "infographic": 24, "chart": 12, "video": 1}
)
"""Most tiles for a picture of each task, the thumbnail not counted."""

DETAIL_TILES: Mapping[Detail, int] = MappingProxyType({"low": 6, "medium": 12, "high": 24})
"""Most tiles for each `detail` of an `image_url`; "auto" leaves it to the model."""

READING_PROMPTS: Mapping[Reading, Mapping[Language, str]] = MappingProxyType(
    {
        "text": MappingProxyType(
            {
                "zh": "请识别图中的全部文字，按阅读顺序逐行输出，保持原样，不要解释或补充。",
                "en": "Please recognize all the text in the image. Output it line by line in"
                " reading order, exactly as written, without explanations or additions.",
            }
        ),
        "table": MappingProxyType(
            {
                "zh": "请识别图中的表格，以HTML格式输出，合并的单元格用rowspan和colspan表示，"
                "空单元格留空，不要解释。",
                "en": "Please recognize the table in the image and output it as HTML. Use rowspan"
                " and colspan for merged cells, leave empty cells empty, and add no explanations.",
            }
        ),
        "formula": MappingProxyType(
            {
                "zh": "请识别图中的公式，以LaTeX格式输出，不要解释。",
                "en": "Please recognize the formula in the image and output it as LaTeX, without"
                " explanations.",
            }
        ),
        "handwriting": MappingProxyType(
            {
                "zh": "请识别图中的手写文字，逐行输出，保持原样；无法辨认的字用□代替，不要猜测。",
                "en": "Please recognize the handwritten text in the image line by line, exactly as"
                " written. Write □ for each character that cannot be made out; do not guess.",
            }
        ),
    }
)
"""What to ask InternVL3 for a region, in the language of the document."""

_READING_OF_KIND: Mapping[str, Reading] = MappingProxyType({"table": "table", "formula": "formula"})


def tiles_for_detail(detail: str) -> int | None:
    """Most tiles for a `detail` of the OpenAI API; None for "auto", the model's own number.

    Raises:
        UsageError: There is no such `detail`.
    """
    if detail == "auto":
        return None
    for name, tiles in DETAIL_TILES.items():
        if detail == name:
            return tiles
    raise UsageError(f"detail is {detail!r}.", "Choose low, medium, high or auto.")


def reading_prompt(kind: str, language: Language, *, is_handwritten: bool = False) -> str:
    """What to ask for a region.

    Args:
        kind: The region's kind, one of `document.RegionKind`; all but tables and formulas are text.
        language: The document's.
        is_handwritten: Whether its text is written by hand.
    """
    reading = _READING_OF_KIND.get(kind, "handwriting" if is_handwritten else "text")
    return READING_PROMPTS[reading][language]
