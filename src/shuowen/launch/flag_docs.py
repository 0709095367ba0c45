"""What becomes of every flag, in words: for help and for the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from shuowen.launch.flag import ENGINE_TITLES, EngineName, Flag
from shuowen.launch.flags import FLAGS
from shuowen.launch.treatment import Ours, Treatment

_ENGINES: tuple[EngineName, ...] = ("lmdeploy", "vllm", "here")


def effects(flag: Flag) -> str:
    """What becomes of a flag on each engine, in one or more short sentences."""
    treatments = [flag.treatment(engine) for engine in _ENGINES]
    if all(each == treatments[0] for each in treatments):
        return "" if flag.group == "Shuowen" else f"{_capital(_words(treatments[0]))}."
    return " ".join(
        f"{ENGINE_TITLES[engine]}: {_words(flag.treatment(engine))}." for engine in _ENGINES
    )


def groups() -> Iterator[tuple[str, list[Flag]]]:
    """The flags under their headings, in the order of the table."""
    for group, flags in groupby(FLAGS.values(), lambda flag: flag.group):
        yield GROUP_TITLES[group], list(flags)


def flag_table() -> str:
    """A table of all flags in Markdown, with a heading for every group."""
    parts = []
    for title, flags in groups():
        rows = [*_head(flags[0]), *(_row(flag) for flag in flags)]
        parts.append(f"### {title}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


GROUP_TITLES = {
    "Shuowen": "Shuowen's own",
    "Server": "The server",
    "Model": "The model",
    "Speculation": "Guessing ahead",
    "Engine": "Both engines of LMDeploy",
    "PyTorch engine": "LMDeploy's PyTorch engine alone",
    "TurboMind engine": "LMDeploy's TurboMind engine alone",
}


def _head(flag: Flag) -> tuple[str, str]:
    if flag.group == "Shuowen":
        return "| flag | what it does |", "|---|---|"
    titles = " | ".join(ENGINE_TITLES[engine] for engine in _ENGINES)
    return f"| flag | what it does | {titles} |", "|---|---|---|---|---|"


def _row(flag: Flag) -> str:
    usage = f"`{flag.usage}`".replace("|", "\\|")
    says = flag.says + (f". Default: {flag.default}" if flag.default else "")
    cells = [usage, says]
    if flag.group != "Shuowen":
        found = [_cell(flag.treatment(engine)) for engine in _ENGINES]
        is_same = len(set(found)) == 1
        cells += [found[0], "the same", "the same"] if is_same else found
    return f"| {' | '.join(cells)} |"


def _cell(treatment: Treatment) -> str:
    return treatment.label + (f": {treatment.note}" if treatment.note else "")


def _words(treatment: Treatment) -> str:
    label = "done by the server" if isinstance(treatment, Ours) else treatment.label
    note = f" ({treatment.note})" if treatment.note else ""
    return label.replace("`", "") + note


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
