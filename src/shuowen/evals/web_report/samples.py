"""The page's lower part: one card a file, with its picture and what every engine made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from shuowen.evals.bench import EngineRun
from shuowen.evals.datasets import Item, degradation_family
from shuowen.evals.results import ItemResult, truth_text
from shuowen.evals.web_report.difference import MAX_CHARACTERS, difference
from shuowen.evals.web_report.pictures import SmallPicture, small_picture
from shuowen.evals.web_report.tables import rendered_tables
from shuowen.evals.web_report.words import measure_name, said


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One item and its results, in the order of the engines; None where one was not asked."""

    item: Item
    results: tuple[ItemResult | None, ...]

    @property
    def loss(self) -> float:
        """The worst of its readings, to put the worst first."""
        return max((each.loss for each in self.results if each is not None), default=0.0)


def samples_of(runs: Sequence[EngineRun]) -> list[Sample]:
    """Every item that an engine read, the worst first."""
    found: dict[tuple[str, str, str], list[ItemResult | None]] = {}
    items: dict[tuple[str, str, str], Item] = {}
    for number, run in enumerate(runs):
        for result in run.results:
            items[result.identity] = result.item
            found.setdefault(result.identity, [None] * len(runs))[number] = result
    samples = [Sample(item=items[key], results=tuple(results)) for key, results in found.items()]
    return sorted(samples, key=lambda sample: -sample.loss)


def card(sample: Sample, engines: Sequence[str], folder: Path) -> str:
    """The card of one item; its picture goes under `folder`."""
    item = sample.item
    losses = [-1.0 if result is None else result.loss for result in sample.results]
    data = {
        "set": item.set_name,
        "damage": degradation_family(item.degradation),
        "losses": " ".join(f"{loss:.4f}" for loss in losses),
    }
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    readings = "".join(
        _reading(engine, result)
        for engine, result in zip(engines, sample.results, strict=True)
        if result is not None
    )
    return (
        f"<article{attributes}><h3>{escape(item.set_name)} / {escape(item.path.name)}"
        f"{_damage(item)}</h3>"
        f'<div class="sides"><div>{_picture(item, small_picture(item.path, folder))}</div>'
        f"<div>{_truth(item)}{readings}</div></div></article>"
    )


def _damage(item: Item) -> str:
    return "" if item.degradation == "none" else f" <small>{escape(item.degradation)}</small>"


def _picture(item: Item, picture: SmallPicture | None) -> str:
    if picture is None:
        return f"<p class='note'>{said('The file cannot be opened.', '文件无法打开。')}</p>"
    note = ""
    if item.path.suffix.lower() == ".pdf":
        note = f"<p class='note'>{said('First page of a PDF.', 'PDF 的第一页。')}</p>"
    return (
        f'<a href="{picture.place}" target="_blank"><img src="{picture.place}" loading="lazy"'
        f' width="{picture.width}" height="{picture.height}" alt=""></a>{note}'
    )


def _truth(item: Item) -> str:
    parts = []
    if item.question:
        asked = f"{item.question}\n→ {' | '.join(item.answers)}"
        parts.append(_section(said("Question", "问题"), f"<pre>{escape(asked)}</pre>"))
    truth = truth_text(item)
    if truth is not None and item.html is None:
        shown = f"<pre>{escape(truth[:MAX_CHARACTERS])}</pre>"
        parts.append(_section(said("Truth", "真值"), shown))
    return "".join(parts)


def _reading(engine: str, result: ItemResult) -> str:
    failure = f'<p class="failure">{escape(result.failure)}</p>' if result.failure else ""
    return (
        f'<section class="reading"><h4>{escape(engine)} {_chips(result)}</h4>{failure}'
        f"{_text(result)}{_tables(result)}</section>"
    )


def _section(title: str, content: str) -> str:
    return f'<section class="truth"><h4>{title}</h4>{content}</section>'


def _text(result: ItemResult) -> str:
    truth = truth_text(result.item)
    if truth is None:
        return f"<pre>{escape(result.reading.text[:MAX_CHARACTERS])}</pre>"
    marked = difference(result.reading.text, truth, fold_case=result.item.folds_case)
    return f'<pre class="marked">{marked}</pre>'


def _tables(result: ItemResult) -> str:
    """Truth and reading side by side, for an item that is a table."""
    truth, read = result.item.html, result.reading.html
    if truth is None:
        return ""
    if read is None:
        return f"<p class='note'>{said('This engine gives no tables.', '该引擎不输出表格。')}</p>"
    none = said("No table was read.", "没有读出表格。")
    shown = rendered_tables(read, truth) or f"<p class='note'>{none}</p>"
    return (
        f'<div class="tables"><div><h5>{said("Truth", "真值")}</h5>{rendered_tables(truth, read)}'
        f"</div><div><h5>{said('Read', '读出')}</h5>{shown}</div></div>"
    )


def _chips(result: ItemResult) -> str:
    """The item's scores, small."""
    scores: list[tuple[str, str, float]] = []
    if result.text is not None:
        scores += [("cer", "CER", result.text.cer), ("lost", "lost", result.text.lost)]
        scores.append(("edit", "edit", result.text.normalised_distance))
    if result.order is not None:
        scores.append(("order", "order", result.order.distance))
    if result.table is not None:
        scores.append(("teds", "TEDS", result.table.teds))
        scores.append(("teds_structure", "TEDS-S", result.table.teds_structure))
    scores += [(f"judge:{name}", name, each.score) for name, each in result.judged.items()]
    chips = [f"<b>{measure_name(key, name)}</b> {score:.3f}" for key, name, score in scores]
    chips.append(f"{result.seconds:.2f} s")
    return "".join(f'<span class="chip">{chip}</span>' for chip in chips)
