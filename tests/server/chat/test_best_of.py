"""`best_of` and `critic` through the real route, OpenAI's client and a real tiny model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from shuowen.engines.load import load_model
from shuowen.server.chat.engine_model import EngineModel
from shuowen.server.options import ServerOptions
from tests.engines.tiny_model_folder import write_tiny_model
from tests.server.chat.benches import PICTURE, TEXT, benches, image_part, user
from tests.server.conftest import running

MESSAGES: Any = user({"type": "text", "text": "Read."}, image_part(PICTURE))
FIELDS: Any = {"model": "tiny", "messages": MESSAGES, "max_tokens": 6, "seed": 1}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    folder = tmp_path_factory.mktemp("models")
    model, critic = write_tiny_model(folder / "m"), write_tiny_model(folder / "c", seed=7)
    engine = load_model(model, critic=str(critic), threads=1, kv_cache_bytes=2_000_000)
    options = ServerOptions(port=0, data_dir=tmp_path_factory.mktemp("data"))
    served = EngineModel(engine, limits=options.limits, name="tiny")
    with (
        running(options, lambda options, desk: [served]) as server,
        OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0) as found,
    ):
        yield found


def best_of(answer: Any) -> dict[str, Any]:
    found = (answer.model_extra or {}).get("shuowen", {}).get("best_of", {})
    assert isinstance(found, dict)
    return found


def test_the_best_of_several_answers_is_given(client: OpenAI) -> None:
    one = client.chat.completions.create(**FIELDS)
    best = client.chat.completions.create(**FIELDS, extra_body={"best_of": 4})
    assert len(best.choices) == 1 and best.choices[0].index == 0
    told = best_of(best)
    assert told["critic"] == "prm" and len(told["totals"]) == 4
    assert told["totals"][told["winner"]] == max(told["totals"])
    assert told["scores"]["prm"] == told["totals"]
    assert one.usage and best.usage and best_of(one) == {}
    assert best.usage.prompt_tokens == one.usage.prompt_tokens
    assert best.usage.completion_tokens > 2 * one.usage.completion_tokens


def test_a_critic_is_chosen_by_name(client: OpenAI) -> None:
    for critic in ("vote", "orm", "random", "likelihood", "agreement"):
        fields: Any = {"best_of": 3, "critic": critic}
        found = client.chat.completions.create(**FIELDS, extra_body=fields)
        assert best_of(found)["critic"] == critic


def test_a_stream_brings_the_winner(client: OpenAI) -> None:
    extra: Any = {"best_of": 3, "critic": "vote"}
    whole = client.chat.completions.create(**FIELDS, extra_body=extra)
    chunks = list(client.chat.completions.create(**FIELDS, extra_body=extra, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.choices[0].message.content
    assert best_of(chunks[-1])["totals"] == pytest.approx(best_of(whole)["totals"], abs=1e-3)


def test_what_makes_no_sense_is_refused_by_name(client: OpenAI) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"best_of": 0}, "best_of is 0"),
        ({"best_of": 1000}, "best_of is 1000"),
        ({"best_of": 2, "n": 2}, "best_of is 2 and n 2"),
        ({"critic": "vote"}, "critic chooses among several"),
        ({"best_of": 2, "critic": "nobody"}, "no critic 'nobody'"),
        ({"best_of": 2, "critic": 5}, "critic"),
    ]
    for fields, said in wrong:
        with pytest.raises(BadRequestError, match=said):
            client.chat.completions.create(**FIELDS, extra_body=fields)


def test_who_else_answers(tmp_path: Path) -> None:
    """The reader refuses it, other servers write several answers, another Shuowen chooses."""
    with benches(tmp_path) as bench:
        body = {"messages": user("Hi"), "best_of": 3, "critic": "vote"}
        refused = bench.ask({**body, "model": "reader"})
        assert refused.status_code == 400 and refused.json()["error"]["param"] == "best_of"
        assert bench.ask({"messages": user("Hi"), "model": "reader", "best_of": 1}).is_success
        for dialect in ("openai", "vllm", "lmdeploy"):
            found = bench.ask({**body, "model": dialect})
            assert found.json()["choices"][0]["message"]["content"] == TEXT
            assert found.json()["shuowen"]["best_of"]["scores"]["vote"] == [3.0] * 3
            first, second = bench.upstream.bodies[-2:]
            assert (first.get("n"), second["n"]) == (None, 2)
            assert "best_of" not in first and "best_of" not in second
        assert bench.ask({**body, "model": "shuowen"}).is_success
        sent = bench.upstream.bodies[-1]
        assert (sent["best_of"], sent["critic"], "n" in sent) == (3, "vote", False)
        prm = bench.ask({**body, "model": "vllm", "critic": "prm"})
        assert prm.status_code == 400 and "was given none" in prm.json()["error"]["message"]
        assert "--critic" not in prm.text
