from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from shuowen.errors import UsageError
from shuowen.launch.webui_environment import (
    NO_KEY,
    WebuiOptions,
    as_env_file,
    as_shell,
    webui_environment,
    webui_settings,
)

SERVER = "http://127.0.0.1:23333"


def environment(**options: object) -> dict[str, str]:
    return webui_environment(WebuiOptions(**{"server_url": SERVER, **options}))  # type: ignore[arg-type]


@pytest.mark.parametrize("written", [SERVER, f"{SERVER}/", f"{SERVER}/v1", f"{SERVER}/v1/"])
def test_chats_and_documents_go_to_the_server_however_it_is_written(written: str) -> None:
    found = environment(server_url=written)
    for name in ("OPENAI_API_BASE_URL", "OPENAI_API_BASE_URLS", "RAG_OPENAI_API_BASE_URL"):
        assert found[name] == f"{SERVER}/v1"
    assert found["EXTERNAL_DOCUMENT_LOADER_URL"] == SERVER
    assert found["CONTENT_EXTRACTION_ENGINE"] == "external"


def test_every_address_is_the_server_s_own() -> None:
    addresses = [value for value in environment().values() if "://" in value]
    assert addresses and all(value.startswith(SERVER) for value in addresses)


def test_the_loader_has_a_key_even_where_the_server_needs_none() -> None:
    names = ("OPENAI_API_KEY", "OPENAI_API_KEYS", "EXTERNAL_DOCUMENT_LOADER_API_KEY")
    assert {environment()[name] for name in names} == {NO_KEY}
    assert {environment(key="sw-1")[name] for name in names} == {"sw-1"}


def test_nothing_is_sent_elsewhere() -> None:
    found = environment()
    for name in (
        "ENABLE_OLLAMA_API",
        "ENABLE_VERSION_UPDATE_CHECK",
        "ENABLE_COMMUNITY_SHARING",
        "ENABLE_WEB_SEARCH",
        "ENABLE_PERSISTENT_CONFIG",
        "ANONYMIZED_TELEMETRY",
    ):
        assert found[name] == "False", name
    for name in ("OFFLINE_MODE", "DO_NOT_TRACK", "SCARF_NO_ANALYTICS"):
        assert found[name] == "True", name


def test_no_tools_flood_and_no_embeddings() -> None:
    found = environment()
    capabilities = json.loads(found["DEFAULT_MODEL_METADATA"])["capabilities"]
    assert capabilities["builtin_tools"] is False
    assert capabilities["vision"] is capabilities["usage"] is True
    assert found["BYPASS_EMBEDDING_AND_RETRIEVAL"] == "True"
    assert found["RAG_EMBEDDING_ENGINE"] == "openai"  # "" would load a model at the start
    suggestions = json.loads(found["DEFAULT_PROMPT_SUGGESTIONS"])
    assert all(len(each["title"]) == 2 and each["content"] for each in suggestions)
    proposed = {each["content"] for each in suggestions}
    assert {"What is the total?", "合计是多少？"} <= proposed


def test_what_is_not_asked_for_is_left_to_open_webui() -> None:
    assert not {"WEBUI_AUTH", "DATA_DIR", "WEBUI_SECRET_KEY", "CORS_ALLOW_ORIGIN"} & set(
        environment()
    )
    found = environment(
        login=False,
        data_dir=Path("/data"),
        secret_key="hush",
        origins=("http://127.0.0.1:8080", "http://localhost:8080"),
    )
    assert found["WEBUI_AUTH"] == "False"
    assert found["DATA_DIR"] == "/data"
    assert found["WEBUI_SECRET_KEY"] == "hush"
    assert found["CORS_ALLOW_ORIGIN"] == "http://127.0.0.1:8080;http://localhost:8080"
    assert environment(login=True)["WEBUI_AUTH"] == "True"


def test_names_are_set_once_and_reasons_are_sentences() -> None:
    settings = webui_settings(WebuiOptions(server_url=SERVER, login=True))
    names = [each.name for each in settings]
    assert len(names) == len(set(names))
    assert all(each.why.endswith((".", "?")) and "\n" not in each.why for each in settings)


@pytest.mark.parametrize("key", ["a'b\"c", "$HOME`x`", "a b\\c", "!#&*"])
def test_the_shell_reads_back_what_was_written(key: str) -> None:
    settings = webui_settings(WebuiOptions(server_url=SERVER, key=key, data_dir=Path("/a b/'c'")))
    script = as_shell(settings) + "env -0"
    shell = subprocess.run(["sh", "-c", script], env={}, capture_output=True, check=True)
    found = dict(line.split("=", 1) for line in shell.stdout.decode().split("\0") if line)
    for each in settings:
        assert found[each.name] == each.value, each.name


def test_docker_reads_back_what_was_written() -> None:
    settings = webui_settings(WebuiOptions(server_url=SERVER, key="a'b\"c $x"))
    # docker's rule: a line is a comment or NAME=VALUE, and VALUE is taken as it stands
    lines = [line for line in as_env_file(settings).splitlines() if not line.startswith("#")]
    assert dict(line.split("=", 1) for line in lines) == {
        each.name: each.value for each in settings
    }


@pytest.mark.parametrize(
    "options", [{"key": "a;b"}, {"key": "a\nb"}, {"server_url": "127.0.0.1:80"}, {"server_url": ""}]
)
def test_what_open_webui_would_misread_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        environment(**options)


def test_a_key_is_not_shown_by_mistake() -> None:
    assert "sw-1" not in repr(WebuiOptions(server_url=SERVER, key="sw-1", secret_key="sw-1"))
