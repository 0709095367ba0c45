"""A Shuowen server and an Open WebUI in front of it, started in order and stopped together."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from shuowen.errors import AccessError, EngineError, ShuowenError
from shuowen.hub.writing import writing
from shuowen.launch.probe import is_well
from shuowen.launch.webui_environment import WebuiOptions, webui_environment
from shuowen.launch.webui_process import (
    Child,
    check_port_is_free,
    is_loopback,
    wait_until_well,
    without_proxy,
)

_SERVER_SECONDS = 900.0  # a large model may have to be loaded first
_WEBUI_SECONDS = 300.0  # 22 seconds on two cores; its first start makes a database besides
_POLL_SECONDS = 0.5
_LIST_SECONDS = 30.0
_SECRET_BYTES = 32

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class WebuiRun:
    """What is to run.

    Attributes:
        program: The command that starts Open WebUI, before "serve".
        home: Folder for logs, the secret and, below it, Open WebUI's data.
        host, port: Where Open WebUI listens.
        login: Whether people log in.
        server_url: A server that runs already; "" starts one.
        server_port: Where the server listens that is started, on 127.0.0.1.
        server_arguments: What `shuowen serve` is given besides.
        key: The server's API key; "" where it asks for none.
        model: The model that new chats start with; "" for the first that the server lists.
        data_dir: Open WebUI's data; None for a folder in `home`.
    """

    program: tuple[str, ...]
    home: Path
    host: str = "127.0.0.1"
    port: int = 8080
    login: bool = False
    server_url: str = ""
    server_port: int = 23333
    server_arguments: tuple[str, ...] = ()
    key: str = field(default="", repr=False)
    model: str = ""
    data_dir: Path | None = None

    def browser_url(self) -> str:
        """Where a browser on this machine finds it."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "localhost") else self.host
        return f"http://{_bracketed(host)}:{self.port}"


@contextmanager
def running(run: WebuiRun, tell: Tell) -> Iterator[Sequence[Child]]:
    """Start what is to run and wait until it is well; stop it when the block ends.

    Yields:
        The programs that were started.

    Raises:
        UsageError: A port is taken.
        AccessError: The server refuses the key.
        EngineError: A program ends or does not get well, or there is no server at the URL.
        OutputError: The folder cannot be written.
    """
    check_port_is_free(run.host, run.port, "--port")
    with ExitStack() as stack:
        children = []
        if not run.server_url:
            children.append(stack.enter_context(_start_server(run, tell)))
        elif not is_well(run.server_url):
            raise EngineError(
                f"No server answers at {run.server_url}.",
                "Start it with `shuowen serve`, or leave --server out to have one started.",
            )
        options = _options(run, run.model or _first_model(_server_url(run), run.key))
        children.append(stack.enter_context(_start_webui(run, options, tell)))
        yield children


def wait_for_end(children: Sequence[Child]) -> None:
    """Come back never, but raise `EngineError` as soon as one of the programs ends."""
    while True:
        for child in children:
            if child.exit_code() is not None:
                raise child.failure()
        time.sleep(_POLL_SECONDS)


def kept_secret(file: Path) -> str:
    """The secret in a file that its owner alone may read, made at the first call; `OutputError`."""
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secret := secrets.token_urlsafe(_SECRET_BYTES))
        return secret


def data_dir_of(run: WebuiRun) -> Path:
    """Where Open WebUI keeps its data: another folder with login than without.

    Without login, Open WebUI makes an administrator whose password everybody can read in its
    source; turned on later over the same data, a login would let anybody in.
    """
    return run.data_dir or run.home / ("data-login" if run.login else "data")


def server_command(run: WebuiRun) -> tuple[str, ...]:
    """The command that starts the server, in either of the ways that `shuowen serve` is written."""
    host, port = "--host", "--port"
    if run.server_arguments[:1] == ("api_server",):  # LMDeploy's own way
        host, port = "--server-name", "--server-port"
    place = (host, "127.0.0.1", port, str(run.server_port))
    return (sys.executable, "-m", "shuowen", "serve", *run.server_arguments, *place)


def _start_server(run: WebuiRun, tell: Tell) -> Child:
    check_port_is_free("127.0.0.1", run.server_port, "--server-port, or use what runs by --server")
    child = Child("shuowen serve", server_command(run), {}, run.home / "logs" / "serve.log")
    tell(f"Starting the server at {_server_url(run)}; its log is {child.log}.")
    return _once_well(child, _server_url(run), _SERVER_SECONDS)


def _start_webui(run: WebuiRun, options: WebuiOptions, tell: Tell) -> Child:
    environment = webui_environment(options)
    host = urlsplit(options.server_url).hostname or ""
    command = (*run.program, "serve", "--host", run.host, "--port", str(run.port))
    log = run.home / "logs" / "open-webui.log"
    child = Child("Open WebUI", command, {**environment, **without_proxy(os.environ, host)}, log)
    tell(f"Starting Open WebUI, which takes half a minute; its log is {child.log}.")
    return _once_well(child, run.browser_url(), _WEBUI_SECONDS)


def _once_well(child: Child, url: str, seconds: float) -> Child:
    try:
        wait_until_well(child, url, seconds)
    except BaseException:
        child.stop()
        raise
    return child


def _options(run: WebuiRun, model: str) -> WebuiOptions:
    origins: tuple[str, ...] = ()
    if is_loopback(run.host):
        hosts = dict.fromkeys(("127.0.0.1", "localhost", _bracketed(run.host)))
        origins = tuple(f"http://{host}:{run.port}" for host in hosts)
    return WebuiOptions(
        server_url=_server_url(run),
        key=run.key,
        model=model,
        login=run.login,
        data_dir=data_dir_of(run),
        secret_key=kept_secret(run.home / "secret"),
        origins=origins,
    )


def _first_model(server_url: str, key: str) -> str:
    """The name of the first model that a server lists."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with urllib3.PoolManager(timeout=_LIST_SECONDS, retries=False) as pool:
            answer = pool.request("GET", f"{server_url}/v1/models", headers=headers)
    except HTTPError as error:
        raise _no_models(server_url) from error
    if answer.status in (401, 403):
        raise AccessError(
            f"{server_url} does not take the key.",
            "Put the key into an environment variable and name that with --key-env.",
        )
    try:
        return msgspec.json.decode(answer.data, type=_Models).data[0].id
    except (msgspec.DecodeError, IndexError) as error:
        raise _no_models(server_url) from error


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


def _no_models(server_url: str) -> ShuowenError:
    return EngineError(
        f"{server_url} lists no models.", "Check that a Shuowen server listens there."
    )


def _server_url(run: WebuiRun) -> str:
    return run.server_url or f"http://127.0.0.1:{run.server_port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
