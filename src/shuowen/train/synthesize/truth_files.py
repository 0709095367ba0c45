"""What is written about made documents: rows to train on and rows to score on.

::

    folder/
      images/00000000.jpg   …
      annotations.jsonl     upstream's conversations: id, image, width, height, conversations
      truth.jsonl           the layout of evaluation data, so that `shuowen bench` scores on it
      meta.json             upstream's list of data sets, so that training takes the folder

Source of the first and the last: OpenGVLab/InternVL, docs: chat_data_format.
"""

from __future__ import annotations

import json
from typing import Any

from shuowen.train.records import PICTURE_MARK
from shuowen.train.synthesize.asked import field_values, questions
from shuowen.train.synthesize.made import MadeDocument, Polygon

ANNOTATIONS, TRUTH, META, IMAGES = "annotations.jsonl", "truth.jsonl", "meta.json", "images"
MAX_TILES = 12
"""What upstream's meta.json gives for documents."""


def annotation_rows(document: MadeDocument, number: int, image: str) -> list[dict[str, Any]]:
    """One conversation a question, as upstream's annotation files have them.

    Args:
        document: What is asked about.
        number: Of the document, from 0.
        image: Path of its picture below the data set's folder, with slashes.
    """
    height, width = document.pixels.shape[:2]
    return [
        {
            "id": f"{number}-{place}",
            "image": image,
            "width": width,
            "height": height,
            "conversations": [
                {"from": "human", "value": f"{PICTURE_MARK}\n{asked.question}"},
                {"from": "gpt", "value": asked.answer},
            ],
        }
        for place, asked in enumerate(questions(document))
    ]


def truth_row(document: MadeDocument, number: int, image: str) -> dict[str, Any]:
    """The truth in the layout of evaluation data; fields beyond that layout are of use to people.

    Boxes are the corners of each mark, x and y in turn, in pixels.
    """
    is_page = document.kind in ("page", "form", "receipt")
    row: dict[str, Any] = {
        "file": image,
        "kind": "page" if is_page else document.kind,
        "subkind": document.kind,
        "language": document.language,
        "degradation": ", ".join(document.degradations) or "none",
        "group": f"made-{number}",
    }
    if document.plain_html is not None:
        row["html"] = document.plain_html
    else:
        row["text"] = document.text
    if document.fields:
        row["fields"] = field_values(document)
        row["field_boxes"] = {each.key: _corners(each.polygon) for each in document.fields}
    row["boxes"] = [
        {"kind": mark.kind, "text": mark.text, "corners": _corners(mark.polygon)}
        for mark in document.marks
    ]
    row["fonts"] = list(document.fonts)
    return row


def meta(name: str, num_rows: int) -> dict[str, Any]:
    """Upstream's meta.json for one data set, its paths relative to the file's folder."""
    return {
        name: {
            "root": ".",
            "annotation": ANNOTATIONS,
            "data_augment": False,
            "max_dynamic_patch": MAX_TILES,
            "repeat_time": 1,
            "length": num_rows,
        }
    }


def json_line(row: dict[str, Any]) -> str:
    """A row as it stands in a file, with its line's end."""
    return json.dumps(row, ensure_ascii=False) + "\n"


def _corners(polygon: Polygon) -> list[float]:
    return [round(float(at), 1) for at in polygon.ravel()]
