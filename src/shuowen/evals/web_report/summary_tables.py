"""The page's upper part: scores with intervals, engines beside the baseline, confidences."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from shuowen.evals.bench import EngineRun
from shuowen.evals.confidence_check import Calibration
from shuowen.evals.formats.totals import Total
from shuowen.evals.intervals import Estimate
from shuowen.evals.measures import Measure
from shuowen.evals.published import not_judged_in, published_totals
from shuowen.evals.report import measures_of, verdict
from shuowen.evals.summary import (
    COMPARED,
    TOTAL,
    Comparison,
    GroupedBy,
    Summary,
    compare,
    summarise_run,
    summarise_total,
)
from shuowen.evals.web_report.reliability_plot import reliability_plot
from shuowen.evals.web_report.words import MEASURES, VERDICTS, measure_name, said


def score_table(runs: Sequence[EngineRun], by: GroupedBy) -> str:
    """A row for each set or kind of damage and engine, and one in all for each engine."""
    measures = measures_of(runs)
    groups = [summarise_run(run, by) for run in runs]
    names = dict.fromkeys(summary.name for each in groups for summary in each)
    bodies = [[each for group in groups for each in group if each.name == name] for name in names]
    bodies.append([summarise_total(run) for run in runs])
    first = said("Set", "数据集") if by == "set" else said("Damage", "损伤")
    numbers = [said("Files", "文件"), said("Failed", "失败")]
    numbers += [measure_name(each.key, each.heading) for each in measures]
    head = _head([first, said("Engine", "引擎")], numbers)
    rows = "".join(_body(body, measures) for body in bodies)
    return _wide(f"{head}{rows}")


def totals_table(runs: Sequence[EngineRun], form: str) -> str:
    """What the public benchmark `form` publishes; empty of other data."""
    rows = [_total_row(run.engine, each) for run in runs for each in published_totals(form, run)]
    if not rows:
        return ""
    numbers = [said("Value", "数值"), said("of", "满分")]
    head = _head([escape(form), said("Engine", "引擎")], numbers, said("Note", "说明"))
    return _wide(f"{head}<tbody>{''.join(rows)}</tbody>")


def not_judged_table(runs: Sequence[EngineRun]) -> str:
    """What the benchmark scores and this bench does not; empty when it scores all."""
    rows = [
        f"<tr><th>{escape(name)}</th><td>{escape(each.name)}</td>{_number(each.num_tests)}"
        f"<td>{escape(each.reason)}</td></tr>"
        for name, each in not_judged_in(runs)
    ]
    if not rows:
        return ""
    words = [said("Set", "数据集"), said("Not judged", "未评判")]
    head = _head(words, [said("Tests", "测试数")], said("Because", "原因"))
    return _wide(f"{head}<tbody>{''.join(rows)}</tbody>")


def definitions() -> str:
    """What each measure is, and what an interval is."""
    terms = "".join(
        f"<dt>{said(names[0], names[1])}</dt><dd>{said(names[2], names[3])}</dd>"
        for names in MEASURES.values()
    )
    intervals = said(
        "Small numbers are 95 % bootstrap intervals over groups of variants of one original.",
        "小字为 95% 自助法置信区间，按同一原件的各个变体成组抽样。",
    )
    title = said("What is measured", "指标说明")
    return f"<details><summary>{title}</summary><p>{intervals}</p><dl>{terms}</dl></details>"


def comparison_table(runs: Sequence[EngineRun], baseline: EngineRun, by: GroupedBy) -> str:
    """Every other engine beside the baseline; empty when there is no other."""
    found = [each for run in runs if run is not baseline for each in compare(run, baseline, by)]
    if not found:
        return ""
    names = {measure.key: measure_name(measure.key, measure.heading) for measure in COMPARED}
    words = [said("Set", "数据集"), said("Engine", "引擎"), said("Measure", "指标")]
    numbers = [escape(baseline.engine), said("here", "本引擎"), said("Ratio", "比值")]
    numbers.append(said("Difference", "差值"))
    rows = "".join(_comparison_row(each, names[each.measure]) for each in found)
    title = said(f"Beside {baseline.engine}", f"与 {baseline.engine} 对比")
    head = _head(words, numbers, said("Verdict", "结论"))
    return f"<h2>{title}</h2>{_wide(f'{head}<tbody>{rows}</tbody>')}"


def confidence_section(runs: Sequence[EngineRun]) -> str:
    """Each engine's confidences with their diagrams; empty when none gives any."""
    rows, plots = [], []
    for run in runs:
        check = run.confidences
        if check is None:
            continue
        kinds = [("lines", "行", check.lines), ("characters", "字符", check.characters)]
        for english, chinese, calibration in kinds:
            if calibration is not None:
                rows.append(_confidence_row(run.engine, said(english, chinese), calibration))
                titles = f"{run.engine}: {english}", f"{run.engine}：{chinese}"
                plots.append(reliability_plot(titles, calibration.bins))
    if not rows:
        return ""
    numbers = [said("Number", "数量"), said("Wrong", "错误")]
    numbers.append(said("Calibration error", "校准误差"))
    numbers.append(said("To look at for 80 % of the errors", "找出 80% 错误需复核"))
    numbers.append(said("of these wrong", "其中确为错误"))
    head = _head([said("Engine", "引擎"), said("Of", "对象")], numbers)
    body = f"<tbody>{''.join(rows)}</tbody>"
    return (
        f"<h2>{said('Confidences', '置信度')}</h2>{_wide(head + body)}"
        f'<div class="plots">{"".join(plots)}</div>'
    )


def _wide(rows: str) -> str:
    return f'<div class="wide"><table class="scores">{rows}</table></div>'


def _head(words: Sequence[str], numbers: Sequence[str], last: str = "") -> str:
    """Headings: of columns of words, of columns of numbers, and of one more of words."""
    cells = [f"<th>{each}</th>" for each in words]
    cells += [f'<th class="number">{each}</th>' for each in numbers]
    cells += [f"<th>{last}</th>"] if last else []
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _body(summaries: Sequence[Summary], measures: Sequence[Measure]) -> str:
    rows = []
    for summary in summaries:
        cells = [f"<th>{_name(summary.name)}</th>", f"<td>{escape(summary.engine)}</td>"]
        cells += [_number(summary.num_items), _number(summary.num_failures)]
        cells += [_score(summary.scores.get(measure.key)) for measure in measures]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<tbody>{''.join(rows)}</tbody>"


def _name(name: str) -> str:
    """A set's or kind of damage's name, or that of all together."""
    return said("total", "合计") if name == TOTAL else escape(name)


def _number(number: int) -> str:
    return f'<td class="number">{number}</td>'


def _total_row(engine: str, total: Total) -> str:
    loss = said("less is better", "越小越好") if total.is_loss else ""
    return (
        f"<tr><th>{escape(total.name)}</th><td>{escape(engine)}</td>"
        f'<td class="number">{total.value:.4f}</td>{_number(round(total.out_of))}'
        f"<td>{loss} {escape(total.note)}</td></tr>"
    )


def _score(estimate: Estimate | None, digits: int = 3) -> str:
    if estimate is None:
        return '<td class="number">-</td>'
    low, high = estimate.low, estimate.high
    bounds = "" if low is None or high is None else f"{low:.{digits}f} – {high:.{digits}f}"
    return f'<td class="number">{estimate.value:.{digits + 1}f}<small>{bounds}</small></td>'


def _comparison_row(comparison: Comparison, measure: str) -> str:
    word = verdict(comparison)
    cells = [
        f"<th>{_name(comparison.name)}</th><td>{escape(comparison.engine)}</td>",
        f"<td>{measure}</td>",
        _score(Estimate(value=comparison.baseline_value)),
        _score(Estimate(value=comparison.value)),
        _score(comparison.paired.ratio, 2),
        _score(comparison.paired.difference),
        f'<td class="{word.replace(" ", "-")}">{said(word, VERDICTS[word])}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _confidence_row(engine: str, kind: str, calibration: Calibration) -> str:
    found = calibration.detection
    looked = "-" if found is None else f"{found.flagged:.1%} (≤ {found.threshold:.3f})"
    precision = "-" if found is None else f"{found.precision:.1%}"
    cells = [f"<th>{escape(engine)}</th><td>{kind}</td>"]
    cells += [_number(calibration.num), _number(calibration.num_wrong)]
    told = (f"{calibration.expected_error:.4f}", looked, precision)
    cells += [f'<td class="number">{each}</td>' for each in told]
    return f"<tr>{''.join(cells)}</tr>"
