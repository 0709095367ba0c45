"""The table of flags against what LMDeploy itself prints, and every flag through every builder."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shuowen.engines.pytorch.options import EngineOptions
from shuowen.errors import UsageError
from shuowen.launch.flag import Flag
from shuowen.launch.flags import ALIASES, FLAGS, OWN_FLAGS, REMOVED
from shuowen.launch.lmdeploy import lmdeploy_command
from shuowen.launch.parse import parse
from shuowen.launch.treat import treat
from shuowen.launch.version import OLDEST_LMDEPLOY, version_of
from shuowen.launch.vllm import vllm_command
from tests.launch.flag_cases import CASES, MODEL, Case, Error, Expected, Told
from tests.launch.plans import has_in_a_row, plan

DATA = Path(__file__).parent / "data"
OWN_NAMES = {flag.name for flag in OWN_FLAGS}
RELEASES = json.loads((DATA / "lmdeploy-flags-by-release.json").read_text())["releases"]
BACKENDS = ("vllm", "shuowen")
"""Values of --backend that LMDeploy does not have."""


@dataclass(frozen=True)
class Printed:
    """A flag as LMDeploy's help has it."""

    many: str
    choices: tuple[str, ...]
    is_switch: bool
    kind: str


def printed_flags() -> dict[str, Printed]:
    text = (DATA / "lmdeploy-0.18.0-help.txt").read_text()
    body = text[text.index("options:") :]
    found = {}
    for head, rest in re.findall(r"^  (--[^\n]*)((?:\n {20,}[^\n]*)*)", body, re.MULTILINE):
        name, _, usage = head.strip().partition(" ")
        usage = re.sub(r"\s{2,}.*", "", usage)  # where the sentence begins on the same line
        if usage and not re.match(r"[A-Z\[{]+[A-Z_]*", usage):
            usage = ""
        kind = re.search(r"Type:\s+(\w+)", head + re.sub(r"\s+", " ", rest))
        choices = re.search(r"\{([^}]*)\}", usage)
        many = "*" if usage.startswith("[") else "+" if "[" in usage else ""
        found[name] = Printed(
            many=many,
            choices=tuple(choices[1].split(",")) if choices else (),
            is_switch=not usage,
            kind=kind[1] if kind else "",
        )
    return found


PRINTED = printed_flags()


def test_every_flag_of_lmdeploy_is_known_and_no_other() -> None:
    assert len(PRINTED) == 77
    assert set(PRINTED) == set(FLAGS) - OWN_NAMES


@pytest.mark.parametrize("name", PRINTED)
def test_a_flag_takes_what_lmdeploy_says(name: str) -> None:
    flag, printed = FLAGS[name], PRINTED[name]
    assert (flag.takes == "nothing") == printed.is_switch
    assert flag.many == printed.many
    assert tuple(each for each in flag.choices if each not in BACKENDS) == printed.choices
    kinds = {"int": "whole number", "float": "number", "loads": "JSON"}
    if printed.kind in kinds:
        assert flag.takes == kinds[printed.kind]
    elif not printed.is_switch:
        assert flag.takes == "text"


def test_own_flags_are_not_lmdeploys() -> None:
    assert not OWN_NAMES & set(PRINTED)
    assert not set(ALIASES) & set(FLAGS)
    assert set(ALIASES.values()) <= set(FLAGS)


@pytest.mark.parametrize("flag", FLAGS.values(), ids=lambda flag: flag.name)
def test_sentences_are_for_people(flag: Flag) -> None:
    notes = [each.note for each in (flag.lmdeploy, flag.vllm, flag.here)]
    for text in (flag.says, *filter(None, notes)):
        assert not text.endswith("."), text
    assert flag.says[:1].isupper()


def releases() -> list[tuple[str, set[str]]]:
    flags: set[str] = set()
    found = []
    for release, change in RELEASES.items():
        flags = (flags | set(change.get("flags", ())) | set(change.get("added", ()))) - set(
            change.get("removed", ())
        )
        found.append((release, set(flags)))
    return found


def test_since_is_the_release_that_brought_a_flag() -> None:
    known = releases()
    first_release, first_flags = known[0]
    assert first_release == OLDEST_LMDEPLOY
    for name in PRINTED:
        since = next(release for release, flags in known if name in flags)
        assert FLAGS[name].since == ("" if name in first_flags else since)


def test_flags_that_went_have_advice() -> None:
    gone = {name for change in RELEASES.values() for name in change.get("removed", ())}
    assert gone == set(REMOVED)
    for name in gone:
        with pytest.raises(UsageError) as caught:
            parse([MODEL, name])
        assert name in caught.value.message
        assert caught.value.hint == REMOVED[name]


def test_every_flag_has_a_case() -> None:
    assert set(CASES) == set(PRINTED)
    for name, case in CASES.items():
        assert case.given.startswith(name)


def check(expected: Expected, build: Any, base: tuple[str, ...]) -> None:
    if isinstance(expected, Error):
        with pytest.raises(UsageError, match=expected.text):
            build()
        return
    command = build()
    if isinstance(expected, Told):
        assert any(expected.text in sentence for sentence in command.told)
        assert command.words == base
    elif expected:
        assert has_in_a_row(command.words, expected), command.words
    else:
        assert command.words == base


@pytest.mark.parametrize("name", CASES)
def test_a_flag_on_lmdeploy(name: str) -> None:
    case = CASES[name]
    backend = "" if name == "--backend" else f"--backend {case.backend} "
    base = lmdeploy_command(plan(backend)).words
    check(case.lmdeploy, lambda: lmdeploy_command(plan(backend + case.given)), base)


@pytest.mark.parametrize("name", CASES)
def test_a_flag_on_vllm(name: str) -> None:
    case = CASES[name]
    given = "" if name == "--backend" else case.given
    base = vllm_command(plan("--backend vllm", "0.32.0")).words
    check(case.vllm, lambda: vllm_command(plan(f"--backend vllm {given}", "0.32.0")), base)


@pytest.mark.parametrize("name", CASES)
def test_a_flag_here(name: str) -> None:
    case: Case = CASES[name]
    request = parse([MODEL, *case.given.split()])
    if isinstance(case.here, Error):
        with pytest.raises(UsageError, match=case.here.text):
            treat(request, "here")
        return
    treated = treat(request, "here")
    if isinstance(case.here, Told):
        assert [case.here.text in sentence for sentence in treated.told] == [True]
        assert not treated.options
    else:
        assert treated.options == case.here
        EngineOptions(**{key: each for key, each in case.here.items() if key != "revision"})
    assert not treated.words


@pytest.mark.parametrize("release", [release for release, _ in releases()])
def test_no_release_gets_a_flag_that_it_does_not_have(release: str) -> None:
    known = dict(releases())[release]
    num_built = 0
    for case in CASES.values():
        words = f"{case.given} --backend {case.backend}"
        try:
            command = lmdeploy_command(plan(words, release))
        except UsageError:
            continue
        num_built += 1
        used = {word.partition("=")[0] for word in command.words if word.startswith("--")}
        assert used <= known, f"{case.given} on {release}"
    assert num_built > 20


def test_a_flag_that_is_too_new_names_the_release_that_has_it() -> None:
    with pytest.raises(UsageError, match=r"LMDeploy 0\.11\.0 has no --generation-config") as caught:
        lmdeploy_command(plan("--generation-config auto", "0.11.0"))
    assert "0.15.0" in caught.value.hint
    assert version_of(FLAGS["--generation-config"].since) == (0, 15, 0)
