"""`shuowen train`: what needs no training run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from shuowen.cli.train import command
from shuowen.train.recipes import RECIPES
from tests.cli.conftest import Run, Start

WITHOUT_TORCH = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "safetensors", "peft", "matplotlib"}:
            raise ModuleNotFoundError(f"no {name}", name=name)

sys.meta_path.insert(0, Blocked())
sys.argv = ["shuowen", *sys.argv[1:]]
from shuowen.cli.app import main
main()
"""


def test_help_shows_every_command_with_examples(run: Run) -> None:
    shown = run("train")
    assert shown.exit_code == 0
    assert "Examples:" in shown.output
    for name in command.commands:
        assert name in shown.output
        assert "Examples:" in run("train", name, "--help").output


def test_recipes_are_listed_and_shown(run: Run) -> None:
    listed = run("train", "recipes").output.splitlines()
    assert [line.split()[0] for line in listed] == list(RECIPES)
    shown = run("train", "recipes", "internvl3-8b-mpo").output
    for part in ("Command: ", "Hours: ", "optimiser.lr", "2e-07", "mpo.beta"):
        assert part in shown
    missing = run("train", "recipes", "internvl3-8b-mop")
    assert missing.exit_code == 2
    assert "Did you mean internvl3-8b-mpo?" in missing.stderr


def test_a_dry_run_prints_the_changed_recipe_and_does_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{}")
    done = run(
        *("train", "sft", "internvl3-1b-sft", "--dry-run", "--data", "meta.json"),
        *("--set", "packs_per_step=8", "--set", "trainable=lora", "--init", "models/mine"),
    )
    assert done.exit_code == 0
    settings = dict(
        line.split(maxsplit=1) for line in done.output.splitlines() if len(line.split()) == 2
    )
    assert settings["packs_per_step"] == "8"
    assert settings["trainable.rank"] == "128"
    assert settings["init"] == "models/mine"
    assert settings["data.meta_files"] == "meta.json"
    assert [each.name for each in tmp_path.iterdir()] == ["meta.json"]
    corrected = run(
        *("train", "mpo", "internvl3-1b-mpo", "--dry-run", "--corrections", "meta.json"),
        *("--replay", "3"),
    )
    words = [line.split() for line in corrected.output.splitlines()]
    assert ["data.corrections", "meta.json"] in words
    assert ["data.replay", "3.0"] in words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sft", "internvl3-1b-sft"), "has no data of its own"),
        (("sft", "internvl3-1b-sftt"), "Did you mean internvl3-1b-sft?"),
        (("sft", "internvl3-1b-mpo"), "Run: shuowen train mpo internvl3-1b-mpo"),
        (("sft", "debug-sft", "--set", "pack_per_step=1"), "Did you mean packs_per_step?"),
        (("sft", "debug-sft", "--dtype", "fp16"), "bf16, fp32"),
        (("mpo", "debug-mpo", "--held-out", "."), "Add --gate-margin"),
        (("pretrian", "debug-pretrain"), "Did you mean 'pretrain'?"),
        (("plan", "internvl3-8b-sft", "--gpus", "7"), "Use --set packs_per_step=518."),
        (("plan", "internvl3-8b-sft", "--init", "some/model"), "The sizes of some/model"),
        (("curves", "nowhere"), "is no folder of a run"),
        (("make", "tables", "-n", "1", "-o", "x"), "Did you mean 'table'?"),
        (("make", "table"), "Missing option"),
    ],
)
def test_mistakes_are_named_with_what_to_do(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    done = run("train", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_plan_says_what_fits_and_what_to_change(run: Run) -> None:
    fits = run("train", "plan", "internvl3-2b-sft", "--gpus", "8")
    assert fits.exit_code == 0
    assert "80.00 GB: fits" in fits.output
    assert "hours at 35% of the peak" in fits.output
    small = run("train", "plan", "internvl3-8b-sft", "--gpus", "8", "--gpu-memory-gb", "24")
    assert small.exit_code == 10
    assert "does not fit" in small.output
    assert "To change: --set" in small.output


def test_documents_are_made_and_looked_at(run: Run, tmp_path: Path) -> None:
    made = run("train", "make", "line", "-n", "3", "-o", "made", "--seed", "5", "--workers", "1")
    assert made.exit_code == 0, made.output
    assert made.stdout == "made\n"
    meta = json.loads((tmp_path / "made" / "meta.json").read_text())
    assert [each["length"] for each in meta.values()] == [3]
    again = run("train", "make", "line", "-n", "3", "-o", "made", "--seed", "5", "--workers", "1")
    assert "0 made, 3 were there" in again.stderr
    shown = run("train", "preview", "line", "-n", "2", "-o", "look", "--degradation", "0")
    assert shown.exit_code == 0, shown.output
    assert {each.name for each in (tmp_path / "look").iterdir()} == {"contact.png", "preview.html"}


def test_without_torch_the_extra_is_named_and_the_rest_works(start_python: Start) -> None:
    started = {
        arguments: start_python("-c", WITHOUT_TORCH, "train", *arguments)
        for arguments in (
            ("recipes", "debug-sft"),
            ("preview", "line", "-n", "1"),
            ("pretrain", "debug-pretrain"),
            ("plan", "debug-sft"),
            ("sft", "debug-sft", "--dry-run"),
        )
    }
    codes = {}
    for arguments, process in started.items():
        _, errors = process.communicate(timeout=120)
        codes[arguments[0]] = process.returncode
        if process.returncode:
            assert b'pip install "shuowen[train]"' in errors
            assert b"Traceback" not in errors
    assert codes == {"recipes": 0, "preview": 0, "pretrain": 4, "plan": 4, "sft": 0}


def test_help_needs_no_torch_and_comes_at_once() -> None:
    assert command.get_short_help_str()
    assert "shuowen.train.run" not in sys.modules or "torch" in sys.modules
