"""The environment that wires Open WebUI to a Shuowen server and keeps it at home.

Open WebUI takes its settings from environment variables. Names and meanings were checked in its
source, release 0.12.4 (`open_webui/env.py`, `config.py`, `retrieval/loaders/main.py`):

* Plural names win over singular ones, so both are set; `;` parts several values.
* The loader of documents is left aside, without a word, unless URL and key are both set.
* Embeddings fall back to api.openai.com unless their URL is named, whatever the chat's URL is.
* Without persistent configuration the environment counts at every start; with it, only at the
  first: from then on the database wins.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from shuowen.errors import UsageError

NO_KEY = "no-key-needed"
"""Sent as the key where the server asks for none; Open WebUI wants one all the same."""

DEFAULT_MODEL = "shuowen-embedded"

_CAPABILITIES = {
    "builtin_tools": False,
    "vision": True,
    "usage": True,
    "web_search": False,
    "image_generation": False,
    "code_interpreter": False,
}
_SUGGESTIONS = (
    (("Transcribe a page", "as Markdown, with its tables"), "Transcribe this page as Markdown."),
    (("抄录一页", "含表格，输出 Markdown"), "把这一页转写成 Markdown。"),
    (("Ask for a value", "that stands at a label"), "What is the total?"),
    (("查一个数值", "按页面上的标签"), "合计是多少？"),
    (("Find a passage", "in a document"), "Find the opening hours in the document."),
    (("查找原文", "在文档中"), "在文档中查找开放时间。"),
)
"""What the embedded reader does, in both languages: Open WebUI has one list for all people."""


@dataclass(frozen=True, kw_only=True)
class WebuiOptions:
    """What an Open WebUI is to be wired to, and for whom.

    Attributes:
        server_url: The Shuowen server as Open WebUI reaches it: "http://127.0.0.1:23333".
        key: The server's API key; "" where it asks for none.
        model: The model that new chats start with.
        login: Whether people log in; None leaves it to Open WebUI, where they do.
        data_dir: Where Open WebUI keeps chats and files; None leaves it to Open WebUI.
        secret_key: What it signs sessions with; "" leaves it to Open WebUI.
        origins: The addresses under which browsers may use it; none lets it answer any.
    """

    server_url: str
    key: str = field(default="", repr=False)
    model: str = DEFAULT_MODEL
    login: bool | None = None
    data_dir: Path | None = None
    secret_key: str = field(default="", repr=False)
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value in (("key", self.key), ("server", self.server_url)):
            # Open WebUI splits lists at ";"; a line break would end the line of a file.
            if ";" in value or not value.isprintable():
                raise UsageError(f"The {name} holds a character that Open WebUI cannot take.")
        if not self.server_url.startswith(("http://", "https://")):
            raise UsageError(
                f"{self.server_url} is not the address of a server.",
                "Write it like http://127.0.0.1:23333.",
            )


@dataclass(frozen=True)
class Setting:
    """One variable of Open WebUI's environment, and why it is set."""

    name: str
    value: str
    why: str


def webui_environment(options: WebuiOptions) -> dict[str, str]:
    """The variables by name; see `webui_settings`."""
    return {setting.name: setting.value for setting in webui_settings(options)}


def webui_settings(options: WebuiOptions) -> tuple[Setting, ...]:
    """Everything that is set, in an order for people to read."""
    return (*_chat(options), *_documents(options), *_at_home(), *_people(options))


def as_shell(settings: Iterable[Setting]) -> str:
    """Lines for a POSIX shell: an `export` for each setting, with comments."""
    return _with_comments(settings, lambda each: f"export {each.name}={shlex.quote(each.value)}")


def as_env_file(settings: Iterable[Setting]) -> str:
    """A file for `docker run --env-file`, which takes a value as it stands, quotes included."""
    return _with_comments(settings, lambda each: f"{each.name}={each.value}")


def _with_comments(settings: Iterable[Setting], line: Callable[[Setting], str]) -> str:
    """A line for each setting, below its reason; settings that share one stand together."""
    lines: list[str] = []
    for why, group in groupby(settings, lambda each: each.why):
        lines += [f"# {why}", *map(line, group)]
    return "\n".join(lines) + "\n"


def _chat(options: WebuiOptions) -> Iterable[Setting]:
    address, key = f"{_base(options)}/v1", options.key or NO_KEY
    where = "Chats go to the Shuowen server."
    yield Setting("ENABLE_OPENAI_API", "True", where)
    for name in ("OPENAI_API_BASE_URL", "OPENAI_API_BASE_URLS"):  # the plural would win
        yield Setting(name, address, where)
    for name in ("OPENAI_API_KEY", "OPENAI_API_KEYS"):
        yield Setting(name, key, where)
    yield Setting("ENABLE_OLLAMA_API", "False", "There is no Ollama to look for.")
    yield Setting("DEFAULT_MODELS", options.model, "New chats start with this model.")
    why = "No 36 tools with every message; pictures and token counts; no buttons without effect."
    yield Setting("DEFAULT_MODEL_METADATA", _json({"capabilities": _CAPABILITIES}), why)
    shown = [{"title": list(title), "content": content} for title, content in _SUGGESTIONS]
    yield Setting("DEFAULT_PROMPT_SUGGESTIONS", _json(shown), "What an empty chat proposes.")
    yield Setting("ENABLE_MEMORIES", "False", "They would need embeddings.")
    yield Setting("ENABLE_EVALUATION_ARENA_MODELS", "False", "There is one model to choose.")


def _documents(options: WebuiOptions) -> Iterable[Setting]:
    key = options.key or NO_KEY
    where = "Uploaded files are read by Shuowen, by PUT /process."
    yield Setting("CONTENT_EXTRACTION_ENGINE", "external", where)
    yield Setting("EXTERNAL_DOCUMENT_LOADER_URL", _base(options), where)
    yield Setting("EXTERNAL_DOCUMENT_LOADER_API_KEY", key, "Without a key the loader is skipped.")
    whole = "Documents go into the question whole: the server has no embeddings."
    yield Setting("BYPASS_EMBEDDING_AND_RETRIEVAL", "True", whole)
    yield Setting("ENABLE_RETRIEVAL_QUERY_GENERATION", "False", whole)
    yield Setting("RAG_EMBEDDING_ENGINE", "openai", "No embedding model is loaded at the start.")
    yield Setting("RAG_OPENAI_API_BASE_URL", f"{_base(options)}/v1", "It would be api.openai.com.")
    yield Setting("RAG_OPENAI_API_KEY", key, "The server's key.")


def _at_home() -> Iterable[Setting]:
    yield Setting("ENABLE_PERSISTENT_CONFIG", "False", "This environment counts at every start.")
    yield Setting("OFFLINE_MODE", "True", "No models and no plug-ins are downloaded.")
    yield Setting("ENABLE_VERSION_UPDATE_CHECK", "False", "GitHub is not asked for new versions.")
    yield Setting("ENABLE_COMMUNITY_SHARING", "False", "No button sends a chat to openwebui.com.")
    yield Setting("ENABLE_WEB_SEARCH", "False", "Questions are not sent to search engines.")
    packages = "The browser fetches no Python packages."
    yield Setting("ENABLE_CODE_EXECUTION", "False", packages)
    yield Setting("ENABLE_CODE_INTERPRETER", "False", packages)
    silent = "No telemetry."
    yield Setting("ANONYMIZED_TELEMETRY", "False", silent)
    yield Setting("DO_NOT_TRACK", "True", silent)
    yield Setting("SCARF_NO_ANALYTICS", "True", silent)


def _people(options: WebuiOptions) -> Iterable[Setting]:
    if options.login is not None:
        why = "People log in." if options.login else "One person on one machine: no login."
        yield Setting("WEBUI_AUTH", str(options.login), why)
    if options.data_dir is not None:
        yield Setting("DATA_DIR", str(options.data_dir), "Chats and uploaded files are kept here.")
    if options.secret_key:
        yield Setting("WEBUI_SECRET_KEY", options.secret_key, "Signs sessions; keep it secret.")
    if options.origins:
        why = "Other web sites that the browser visits cannot use it."
        yield Setting("CORS_ALLOW_ORIGIN", ";".join(options.origins), why)


def _base(options: WebuiOptions) -> str:
    """The server's address without a final slash and without "/v1", which people may write."""
    return options.server_url.rstrip("/").removesuffix("/v1")


def _json(value: Sequence[object] | dict[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"))
