"""`shuowen doctor`: what is installed, what is missing, and the command that puts it right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby

import click

from shuowen.cli.checks import Check, run_checks
from shuowen.cli.console import printable

_HEADINGS = {
    "system": "This machine",
    "package": "Packages that every install has",
    "weights": "Weights of the embedded networks, and the language model",
    "extra": "Extras: nothing needs them, each adds something",
    "self-test": "Self-test",
}
_MARKS = {"ok": "ok     ", "missing": "missing", "broken": "BROKEN "}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON, for programs.")
def command(as_json: bool) -> None:
    """Say what is installed, what each missing extra would add, and how to get it.

    Checks every package and the SHA-256 of every network and of the language model, then reads a
    small picture. Nothing is downloaded and nothing is changed.

    \b
    Exit codes: 0 all that is needed works; 5 weights missing or damaged; 7 something else
    that reading needs does not work. A missing extra is no error.

    \b
    Examples:
      shuowen doctor
      shuowen doctor --json > doctor.json
    """
    checks = list(run_checks())
    click.echo(_as_json(checks) if as_json else _as_text(checks))
    exit_code = next((check.exit_code for check in checks if check.exit_code), 0)
    click.get_current_context().exit(exit_code)


def _as_json(checks: Sequence[Check]) -> str:
    shown = [asdict(check) for check in checks]
    return json.dumps({"checks": shown}, indent=2, ensure_ascii=False)


def _as_text(checks: Sequence[Check]) -> str:
    width = max(len(check.name) for check in checks)
    lines: list[str] = []
    for group, members in groupby(checks, key=lambda check: check.group):
        lines += ["", _HEADINGS[group]]
        for check in members:
            name = check.name.ljust(width)
            lines.append(f"  {_MARKS[check.state]}  {name}  {printable(check.detail)}")
            lines += [f"           → {check.remedy}"] if check.remedy else []
    return "\n".join([*lines[1:], "", _verdict(checks)])


def _verdict(checks: Sequence[Check]) -> str:
    broken = [check.name for check in checks if check.state == "broken"]
    if broken:
        return f"Reading does not work here: see {', '.join(broken)} above."
    return "Reading works here."
