"""The weights that come with the package: they read, in the engine, in chat and on the server."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openai import OpenAI
from PIL import Image

from shuowen.cli.app import cli
from shuowen.engines.load import load_model
from shuowen.evals.crops.crop import LINE_PROMPT, EvalCrop, made_crops
from shuowen.evals.crops.reading import read_crops
from shuowen.evals.crops.scores import score_readings, summarise
from shuowen.generation.engine import Engine
from shuowen.hub.folder import missing_in
from shuowen.hub.packaged import PACKAGED
from shuowen.model.config_json import read_config
from shuowen.prompt.tokenizer import Tokenizer
from shuowen.server.chat.engine_model import EngineModel
from shuowen.server.options import ServerOptions
from shuowen.train.nano.model import NANO, with_vocabulary
from shuowen.train.nano.tokenizer import write_tokenizer
from shuowen.train.synthesize.alphabet import alphabet
from tests.server.conftest import running

FOLDER = PACKAGED["shuowen-nano"]
MAX_BYTES = 20_000_000
"""Of the whole folder: the package must stay small."""
MAX_CER = 0.35
"""On clean print of unseen fonts; what it reaches is in docs/recipe.md."""

pytestmark = pytest.mark.skipif(bool(missing_in(FOLDER)), reason="the weights are not there")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    found = load_model("shuowen-nano", threads=1, kv_cache_bytes=50_000_000, vision_batch_tiles=64)
    yield found
    found.close()


@pytest.fixture(scope="module")
def crops() -> list[EvalCrop]:
    """Clean print, long enough that a good reading is no luck."""
    some = (crop for crop in made_crops(120) if {"printed", "clean"} <= set(crop.labels))
    return [crop for crop in some if len(crop.text) >= 3][:16]


def data_url(crop: EvalCrop) -> str:
    file = io.BytesIO()
    Image.fromarray(crop.pixels).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def test_it_is_small_and_has_the_sizes_and_the_tokenizer_of_this_package(tmp_path: Path) -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MAX_BYTES
    fresh = write_tokenizer(tmp_path, alphabet())
    shipped = Tokenizer.from_folder(FOLDER)
    text = "".join(alphabet()) + LINE_PROMPT
    assert shipped.encode_text(text) == fresh.encode_text(text)
    assert read_config(FOLDER).language == with_vocabulary(NANO, fresh.vocab_size).language


def test_it_reads_clean_print_that_it_has_not_seen(engine: Engine, crops: list[EvalCrop]) -> None:
    scores = score_readings(crops, read_crops(engine, crops))
    assert summarise(scores)["all"].cer.value < MAX_CER


def test_chat_reads_a_picture(engine: Engine, crops: list[EvalCrop], tmp_path: Path) -> None:
    picture = tmp_path / "line.png"
    Image.fromarray(crops[0].pixels).save(picture)
    arguments = ["chat", "shuowen-nano", LINE_PROMPT, "--image", str(picture), "--temperature", "0"]
    ended = CliRunner().invoke(cli, arguments)
    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout.strip() == read_crops(engine, crops[:1])[0].strip()


def test_the_server_reads_a_picture(engine: Engine, crops: list[EvalCrop], tmp_path: Path) -> None:
    options = ServerOptions(port=0, data_dir=tmp_path)
    content: Any = [
        {"type": "image_url", "image_url": {"url": data_url(crops[0])}},
        {"type": "text", "text": LINE_PROMPT},
    ]
    served = load_model("shuowen-nano", threads=1, kv_cache_bytes=20_000_000)
    with (
        running(options, lambda options, desk: [EngineModel(served, limits=options.limits)]) as s,
        OpenAI(api_key="k", base_url=f"{s.url}/v1", max_retries=0) as client,
    ):
        answer = client.chat.completions.create(
            model="shuowen-nano", messages=[{"role": "user", "content": content}], temperature=0
        )
    assert answer.choices[0].message.content == read_crops(engine, crops[:1])[0]


def test_it_is_listed_with_its_folder() -> None:
    ended = CliRunner().invoke(cli, ["models", "list"])
    row = next(line for line in ended.stdout.splitlines() if line.startswith("shuowen-nano"))
    assert row.endswith(str(FOLDER))
