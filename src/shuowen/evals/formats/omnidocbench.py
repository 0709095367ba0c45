"""OmniDocBench: whole pages, scored block by block.

::

    omnidocbench/
      OmniDocBench.json    [{"layout_dets": [{"category_type": "text_block", "anno_id": 1,
                             "order": 1, "text": "…" or "latex": "…" or "html": "…"}, …],
                             "page_info": {"image_path": "a.jpg", "page_attribute":
                                           {"language": "english", …}},
                             "extra": {"relation": [{"source_anno_id": 1, "target_anno_id": 2,
                                                     "relation_type": "truncated"}, …]}}, …]
      images/a.jpg

Source: Ouyang et al., "OmniDocBench: benchmarking diverse PDF document parsing with comprehensive
annotations", CVPR 2025; opendatalab/OmniDocBench, v1.0 and v1.5, which have this form in common.
Measures are those of v1.5; v1.0 is published by language, which the sets here are. A paragraph cut
in three or more pieces is put together once here, while the published code repeats the inner ones.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import msgspec

from shuowen.errors import InputError
from shuowen.evals.datasets import EvaluationSet, Item
from shuowen.evals.formats.pictures import Pictures
from shuowen.evals.formats.records import read_json
from shuowen.evals.judges.page import PageTruth, TruthBlock, TruthKind, page_judges

_FILE = "OmniDocBench.json"
_PLACES = ("images", ".")
_KINDS: dict[str, TruthKind] = {
    **dict.fromkeys(("text_block", "title", "code_txt", "code_txt_caption", "reference"), "text"),
    "equation_isolated": "formula",
    **dict.fromkeys(("figure_caption", "figure_footnote", "table_caption"), "ignored"),
    **dict.fromkeys(("table_footnote", "code_algorithm", "code_algorithm_caption"), "ignored"),
    **dict.fromkeys(("header", "footer", "page_footnote", "page_number"), "ignored"),
    "equation_caption": "ignored",
}
"""What becomes of each category; those that are absent here, such as figures, are not read."""


class _Block(msgspec.Struct):
    category_type: str
    anno_id: int | str | None = None
    order: float | None = None
    text: str | None = None
    latex: str | None = None
    html: str | None = None


class _PageInfo(msgspec.Struct):
    image_path: str
    page_attribute: dict[str, object] = {}


class _Relation(msgspec.Struct):
    source_anno_id: int | str | None = None
    target_anno_id: int | str | None = None
    relation_type: str = ""


class _Extra(msgspec.Struct):
    relation: list[_Relation] = []


class _Page(msgspec.Struct):
    layout_dets: list[_Block]
    page_info: _PageInfo
    extra: _Extra = msgspec.field(default_factory=_Extra)


def is_here(folder: Path) -> bool:
    """Whether OmniDocBench.json is in `folder`."""
    return (folder / _FILE).is_file()


def load(folder: Path) -> list[EvaluationSet]:
    """One set a language of pages: english, simplified_chinese, en_ch_mixed and what there is.

    Raises:
        InputError: OmniDocBench.json is absent or cannot be read, or pictures are absent.
    """
    path = folder / _FILE
    pictures = Pictures(folder, _PLACES)
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for row, page in enumerate(read_json(path, list[_Page])):
        language = str(page.page_info.page_attribute.get("language", "other"))
        groups[language].append(_item(language, page, f"{path}: row {row}", pictures))
    pictures.require_all()
    if not groups:
        raise InputError(f"{path} lists no page.")
    return [EvaluationSet(name=name, items=tuple(items)) for name, items in groups.items()]


def _item(set_name: str, page: _Page, place: str, pictures: Pictures) -> Item:
    blocks = _joined(page)
    truth = PageTruth(
        blocks=tuple(
            # The published code takes an order of 0 for none, too.
            TruthBlock(kind=_KINDS[block.category_type], content=content, order=block.order or None)
            for block in sorted(blocks, key=lambda block: block.order or 0)
            if block.category_type in _KINDS and (content := _content(block))
        ),
        tables=tuple(
            block.html for block in blocks if block.category_type == "table" and block.html
        ),
    )
    return Item(
        set_name=set_name,
        path=pictures.find(page.page_info.image_path, place),
        kind="page",
        text=None,
        html=None,
        subkind=str(page.page_info.page_attribute.get("data_source", "")),
        judges=page_judges(truth),
    )


def _content(block: _Block) -> str:
    is_formula = _KINDS.get(block.category_type) == "formula"
    return (block.latex if is_formula else block.text) or ""


def _joined(page: _Page) -> list[_Block]:
    """The blocks, with paragraphs that a column or a picture cuts in pieces as one."""
    leader: dict[object, object] = {}

    def first(anno_id: object) -> object:
        while anno_id in leader and leader[anno_id] != anno_id:
            anno_id = leader[anno_id]
        return anno_id

    for relation in page.extra.relation:
        if relation.relation_type == "truncated":
            leader[first(relation.target_anno_id)] = first(relation.source_anno_id)
    pieces: defaultdict[object, list[_Block]] = defaultdict(list)
    for index, block in enumerate(page.layout_dets):
        key = first(block.anno_id)
        pieces[key if block.anno_id is not None else ("unnamed", index)].append(block)
    return [_join(group) for group in pieces.values()]


def _join(pieces: list[_Block]) -> _Block:
    if len(pieces) == 1:
        return pieces[0]
    ordered = sorted(pieces, key=lambda piece: piece.order or 0)
    text = "".join(piece.text or "" for piece in ordered)
    return msgspec.structs.replace(ordered[0], text=text)
