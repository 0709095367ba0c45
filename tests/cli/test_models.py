"""`shuowen models`: every subcommand, on a tiny model and against hubs of our own."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shuowen.cli import app
from tests.cli.conftest import Run, Start
from tests.hub.fake_hub import REPO, FakeHub, serving

torch = pytest.importorskip("torch")

WEIGHTS = "model.safetensors"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.COMMANDS, "models", ("shuowen.cli.models", "Models."))
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", "http://127.0.0.1:1")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model of 50,000 parameters in the original layout, with what else a folder has."""
    from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
    from shuowen.model.internvl import InternVL
    from shuowen.model.parameters import init_weights
    from shuowen.model.weights.save import save_model

    language = LanguageConfig(
        width=32,
        num_layers=2,
        num_heads=4,
        num_kv_heads=2,
        head_width=8,
        mlp_width=64,
        vocab_size=320,
        window=512,
    )
    vision = VisionConfig(
        width=16, depth=2, num_heads=2, mlp_width=32, tile_side_px=28, patch_side_px=7
    )
    model = InternVL(ModelConfig(vision=vision, language=language, image_token_id=319))
    init_weights(model, seed=1)
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(model.to(torch.bfloat16), folder, "original")
    (folder / "README.md").write_text("---\nlicense: other\nlicense_name: qwen\n---\n# Tiny\n")
    (folder / "tokenizer.json").write_text(
        '{"added_tokens": [{"content": "<IMG_CONTEXT>", "id": 319}]}'
    )
    return folder


@pytest.fixture
def hub(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    server = FakeHub()
    server.files = {path.name: path.read_bytes() for path in tiny_model.iterdir()}
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
    with serving(server):
        yield server


@pytest.fixture
def copied(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copied"))


def no_network(*arguments: object, **options: object) -> None:
    raise AssertionError("something used the network")


def test_the_group_explains_itself(run: Run) -> None:
    result = run("models")
    assert result.exit_code == 0
    for word in ("list", "info", "download", "verify", "convert", "quantize", "HF_ENDPOINT"):
        assert word in result.stdout
    assert run("models", "dwonload").exit_code == 2


@pytest.mark.parametrize("name", ["list", "info", "download", "verify", "convert", "quantize"])
def test_every_command_has_examples(run: Run, name: str) -> None:
    result = run("models", name, "--help")
    assert result.exit_code == 0
    assert f"shuowen models {name}" in result.stdout.partition("Examples:")[2]


def test_list_needs_no_network(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, no_network)
    result = run("models", "list")
    assert result.exit_code == 0
    row = next(line for line in result.stdout.splitlines() if "InternVL3-8B-Instruct" in line)
    assert row.split() == [
        "OpenGVLab/InternVL3-8B-Instruct", "7.9", "B", "15.9", "15.9", "9.4", "6.5", "apache-2.0",
    ]  # fmt: skip


def test_list_shows_what_is_here(run: Run, hub: FakeHub) -> None:
    def here() -> dict[str, str | None]:
        shown = json.loads(run("models", "list", "--json").stdout)["models"]
        ours, *others = shown
        assert (ours["name"], ours["download_bytes"]) == ("shuowen-nano", 0)
        return {each["name"]: each["folder"] for each in others}

    assert len(here()) == 30
    assert set(here().values()) == {None}
    folder = run("models", "download", f"modelscope:{REPO}").stdout.strip()
    assert here()[REPO] == folder
    assert folder in run("models", "list").stdout


def test_info_tells_what_a_folder_holds(run: Run, tiny_model: Path) -> None:
    facts = json.loads(run("models", "info", tiny_model, "--json").stdout)
    assert facts["layout"] == "original"
    assert (facts["window"], facts["visual_tokens_per_tile"]) == (512, 4)
    assert facts["licence"] == "qwen"
    assert facts["missing"] == []
    assert facts["has_tokenizer"]
    assert set(facts["num_parameters"]) == {"vision", "projector", "language"}
    assert facts["dtypes"] == {"BF16": sum(facts["num_parameters"].values())}
    assert facts["files"][WEIGHTS] == (tiny_model / WEIGHTS).stat().st_size
    text = run("models", "info", tiny_model)
    assert text.exit_code == 0
    assert f"{sum(facts['num_parameters'].values()):,}" in text.stdout


def test_info_needs_no_torch(tiny_model: Path, start_python: Start) -> None:
    script = (
        "import sys; sys.modules['torch'] = sys.modules['safetensors'] = None\n"
        "from click.testing import CliRunner\n"
        "from shuowen.cli.models import command\n"
        "result = CliRunner().invoke(command, ['info', sys.argv[1]])\n"
        "print(result.exit_code, 'parameters' in result.output)\n"
    )
    ended = start_python("-c", script, str(tiny_model)).communicate()
    assert ended == (b"0 True\n", b"")


def test_info_of_a_folder_with_gaps_names_them(run: Run, copied: Path) -> None:
    (copied / "tokenizer.json").unlink()
    result = run("models", "info", copied)
    assert result.exit_code == 5
    assert (
        "tokenizer   missing" in " ".join(result.stdout.split("  ")) or "missing" in result.stdout
    )
    assert "lacks tokenizer.json" in result.stderr


def test_info_of_a_model_that_is_not_here_says_how_to_get_it(run: Run) -> None:
    result = run("models", "info", REPO)
    assert result.exit_code == 5
    assert f"Run `shuowen models download {REPO}` (1.9 GB)" in result.stderr


def test_download_prints_the_folder_and_the_next_command(run: Run, hub: FakeHub) -> None:
    result = run("models", "download", REPO)
    assert result.exit_code == 0
    folder = Path(result.stdout.strip())
    assert (folder / WEIGHTS).read_bytes() == hub.files[WEIGHTS]
    assert "Licence: apache-2.0." in result.stderr.splitlines()[0]
    assert "Complete and checked. Licence: apache-2.0." in result.stderr
    assert f"Next: shuowen chat {REPO}" in result.stderr
    again = run("models", "download", REPO)
    assert (again.exit_code, again.stdout) == (0, result.stdout)
    assert "All files are here already." in again.stderr


def test_download_to_a_folder(run: Run, hub: FakeHub, tmp_path: Path) -> None:
    to = tmp_path / "my models" / "1b"
    result = run("models", "download", f"modelscope:{REPO}", "--to", to)
    assert (result.exit_code, result.stdout) == (0, f"{to}\n")
    assert f"shuowen chat '{to}'" in result.stderr
    assert run("models", "verify", to).exit_code == 0


@pytest.mark.parametrize("setting", ["--offline", "HF_HUB_OFFLINE"])
def test_offline_says_what_is_missing(
    run: Run, hub: FakeHub, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    run("models", "download", f"modelscope:{REPO}")
    hub.requests.clear()
    flags = ["--offline"] if setting == "--offline" else []
    if not flags:
        monkeypatch.setenv(setting, "1")
    refused = run("models", "download", REPO, *flags)
    assert refused.exit_code == 5
    assert f"shuowen models download {REPO} --to DIR" in refused.stderr
    assert run("models", "download", f"modelscope:{REPO}", *flags).exit_code == 0
    assert run("models", "verify", f"modelscope:{REPO}", *flags).exit_code == 0
    assert hub.requests == []


@pytest.mark.parametrize(
    ("name", "exit_code", "said"),
    [
        ("OpenGVLab/Nothing", 5, "has no model OpenGVLab/Nothing"),
        ("InternVL3-1B", 2, "Did you mean OpenGVLab/InternVL3-1B?"),
        ("./nowhere", 5, "There is no folder ./nowhere"),
        (".", 2, "is a folder that is here already"),
    ],
)
def test_download_of_what_there_is_not(
    run: Run, hub: FakeHub, name: str, exit_code: int, said: str
) -> None:
    result = run("models", "download", name)
    assert result.exit_code == exit_code
    assert said in result.stderr


def test_a_gated_model_asks_for_the_token_and_never_shows_it(
    run: Run, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.is_gated = True
    result = run("models", "download", REPO)
    assert result.exit_code == 5
    assert "HF_TOKEN" in result.stderr
    assert "hf_secret" not in result.output


def test_without_a_network_the_mirrors_are_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    result = run("models", "download", REPO)
    assert result.exit_code == 9
    assert "HF_ENDPOINT" in result.stderr


def test_a_killed_download_goes_on_where_it_stopped(
    run: Run, hub: FakeHub, start_python: Start, tmp_path: Path
) -> None:
    hub.files[WEIGHTS] += b"\0" * 1_000_000
    hub.bytes_per_second = 400_000
    script = "import sys; from shuowen.cli.models import command; command(sys.argv[1:])"
    process = start_python("-c", script, "download", f"modelscope:{REPO}", "--to", "m")
    part = tmp_path / "m" / f"{WEIGHTS}.part"
    deadline = time.monotonic() + 30
    while not (part.is_file() and part.stat().st_size > 100_000):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    size, hub.bytes_per_second = part.stat().st_size, 0
    result = run("models", "download", f"modelscope:{REPO}", "--to", "m")
    assert result.exit_code == 0
    assert (tmp_path / "m" / WEIGHTS).read_bytes() == hub.files[WEIGHTS]
    assert f"{WEIGHTS}bytes={size}-" in hub.sent_files()


@pytest.mark.parametrize("prefix", ["hf", "modelscope"])
def test_verify_finds_a_changed_byte_and_a_download_mends_it(
    run: Run, hub: FakeHub, prefix: str
) -> None:
    name = f"{prefix}:{REPO}"
    weights = Path(run("models", "download", name).stdout.strip()) / WEIGHTS
    whole = run("models", "verify", name)
    assert whole.exit_code == 0
    assert f"ok       {WEIGHTS}: checksum right" in whole.stdout
    assert "config.json and weights: fit together" in whole.stdout
    with weights.resolve().open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"\x7f")
    for flags in ([], ["--offline"]):
        damaged = run("models", "verify", name, *flags)
        assert damaged.exit_code == 5
        assert f"DAMAGED  {WEIGHTS}: its checksum is wrong" in damaged.stdout
        assert "1 file is missing or damaged" in damaged.stderr
    assert run("models", "verify", name, "--delete").exit_code == 5
    assert not weights.exists()
    assert run("models", "download", name).exit_code == 0
    assert run("models", "verify", name).exit_code == 0


def test_verify_without_checksums_looks_at_the_form(run: Run, copied: Path) -> None:
    whole = run("models", "verify", copied)
    assert whole.exit_code == 0
    assert "No checksums are known" in whole.stderr
    weights = copied / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-10])
    cut = run("models", "verify", copied)
    assert cut.exit_code == 5
    assert f"DAMAGED  {WEIGHTS}" in cut.stdout


def test_verify_misses_tensors_and_files(run: Run, copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    config["llm_config"]["num_hidden_layers"] = 3
    (copied / "config.json").write_text(json.dumps(config))
    result = run("models", "verify", copied)
    assert result.exit_code == 5
    assert "DAMAGED  config.json and weights" in result.stdout
    assert "missing" in result.stdout
    (copied / "config.json").unlink()
    assert "MISSING  config.json" in run("models", "verify", copied).stdout


def test_verify_of_a_model_that_is_not_here(run: Run) -> None:
    result = run("models", "verify", REPO)
    assert result.exit_code == 5
    assert "is not on this machine" in result.stderr


def test_a_model_goes_to_the_other_layout_and_back(
    run: Run, tiny_model: Path, tmp_path: Path
) -> None:
    there = run("models", "convert", tiny_model, "hf", "--layout", "hf")
    assert (there.exit_code, there.stdout) == (0, "hf\n"), there.stderr
    assert json.loads(run("models", "info", "hf", "--json").stdout)["layout"] == "hf"
    assert run("models", "verify", "hf").exit_code == 0
    back = run("models", "convert", "hf", "back", "--layout", "original")
    assert back.exit_code == 0, back.stderr
    assert (tmp_path / "back" / WEIGHTS).read_bytes() == (tiny_model / WEIGHTS).read_bytes()
    assert run("models", "verify", "back").exit_code == 0


def test_converting_does_not_write_over_a_folder(run: Run, tiny_model: Path, copied: Path) -> None:
    result = run("models", "convert", tiny_model, copied, "--layout", "hf")
    assert result.exit_code == 8
    assert "nothing was written" in result.stderr


def test_quantised_weights_are_smaller_and_listed(
    run: Run, tiny_model: Path, tmp_path: Path
) -> None:
    result = run("models", "quantize", tiny_model, "small", "--weights", "int8")
    assert (result.exit_code, result.stdout) == (0, "small\n"), result.stderr
    small = sum(path.stat().st_size for path in (tmp_path / "small").glob("*.safetensors"))
    assert small < (tiny_model / WEIGHTS).stat().st_size
    assert run("models", "verify", "small").exit_code == 0


@pytest.mark.parametrize(
    "arguments", [("convert", "--layout", "hf"), ("quantize", "--weights", "int8")]
)
def test_without_torch_the_extra_is_named(
    run: Run, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    for name in [each for each in sys.modules if each.startswith("shuowen.model.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    name, *flags = arguments
    result = run("models", name, tiny_model, "out", *flags)
    assert result.exit_code == 4
    assert 'pip install "shuowen[torch]"' in result.stderr


def test_a_bar_shows_only_on_a_terminal(run: Run, hub: FakeHub) -> None:
    result = run("models", "download", REPO)
    assert "%" not in result.stderr
    assert "\r" not in result.stderr
