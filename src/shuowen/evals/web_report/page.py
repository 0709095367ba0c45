"""Puts the page together and writes it.

Readings are strangers' text: everything is escaped, and should that ever fail, the page's own
content security policy runs no script but ours and loads nothing from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

from shuowen.evals.bench import EngineRun
from shuowen.evals.datasets import degradation_family
from shuowen.evals.web_report.samples import Sample, card, samples_of
from shuowen.evals.web_report.summary_tables import (
    comparison_table,
    confidence_section,
    definitions,
    not_judged_table,
    score_table,
    totals_table,
)
from shuowen.evals.web_report.words import said
from shuowen.version import __version__
from shuowen.writers.save import save

FILE_NAME = "report.html"
_FOLDER = Path(__file__).parent


def write_report(
    folder: Path, runs: Sequence[EngineRun], baseline: EngineRun | None = None, *, form: str = ""
) -> Path:
    """Writes `report.html` and small pictures beside it; gives the page's path.

    `form` is the data's (`loading.EvaluationData`), whose published totals are shown.

    Raises:
        OutputError: The folder cannot be written to.
        MissingExtraError: The extra `bench` is not installed.
    """
    path = folder / FILE_NAME
    save(path, _page(folder, runs, baseline, form).encode())
    return path


def _page(folder: Path, runs: Sequence[EngineRun], baseline: EngineRun | None, form: str) -> str:
    samples = samples_of(runs)
    engines = [run.engine for run in runs]
    style, script = _file("style.css"), _file("page.js")
    return Template(_file("frame.html")).substitute(
        policy=f"default-src 'none'; img-src 'self' file: data:; base-uri 'none';"
        f" form-action 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'",
        style=style,
        script=script,
        version=escape(__version__),
        engines="".join(_engine_line(run) for run in runs),
        summary=totals_table(runs, form) + not_judged_table(runs) + _summary(runs, baseline),
        filters=_filters(samples, engines),
        samples="".join(card(sample, engines, folder) for sample in samples),
    )


def _summary(runs: Sequence[EngineRun], baseline: EngineRun | None) -> str:
    by_damage = said("By kind of damage", "按损伤类型")
    return (
        f"{score_table(runs, 'set')}{definitions()}"
        f"<details><summary>{by_damage}</summary>{score_table(runs, 'degradation')}</details>"
        f"{comparison_table(runs, baseline, 'set') if baseline is not None else ''}"
        f"{confidence_section(runs)}"
    )


def _engine_line(run: EngineRun) -> str:
    note = ""
    if run.num_not_asked:
        note = said(
            f" Cannot answer questions: {run.num_not_asked} files are left out.",
            f" 不能回答问题：略去 {run.num_not_asked} 个文件。",
        )
    return f"<li><b>{escape(run.engine)}</b> <code>{escape(run.identity)}</code>{note}</li>"


def _filters(samples: Sequence[Sample], engines: Sequence[str]) -> str:
    sets = [sample.item.set_name for sample in samples]
    damages = [degradation_family(sample.item.degradation) for sample in samples]
    everything = ("", "all", "全部")
    worst = [("-1", "any engine", "任一引擎")]
    worst += [(str(number), engine, engine) for number, engine in enumerate(engines)]
    views = [("difference", "differences", "差异"), ("read", "what was read", "读出")]
    views.append(("truth", "what is true", "真值"))
    return "".join(
        [
            _choice("set", said("Set", "数据集"), [everything, *_plain(sets)]),
            _choice("damage", said("Damage", "损伤"), [everything, *_plain(damages)]),
            _choice("order", said("Worst first of", "按最差排序"), worst),
            _choice("view", said("Show", "显示"), views),
        ]
    )


_Option = tuple[str, str, str]  # value, and what is shown in English and in Chinese


def _plain(names: Iterable[str]) -> list[_Option]:
    return [(name, name, name) for name in dict.fromkeys(names)]


def _choice(name: str, label: str, options: Sequence[_Option]) -> str:
    """A list to choose from; the script shows its words in the page's language."""
    shown = "".join(
        f'<option value="{escape(value)}" data-en="{escape(english)}"'
        f' data-zh="{escape(chinese)}">{escape(english)}</option>'
        for value, english, chinese in options
    )
    return f'<label>{label} <select id="{name}">{shown}</select></label>'


def _digest(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
