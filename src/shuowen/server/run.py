"""Running a server until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import MappingProxyType

from shuowen.server.announcement import announcement
from shuowen.server.build import MakeModels, no_models, open_parts
from shuowen.server.http_server import HttpServer
from shuowen.server.listening import listen
from shuowen.server.log_lines import logging_to_stderr
from shuowen.server.options import ServerOptions
from shuowen.server.tls import check_certificate
from shuowen.server.warm_up import warming_up

_NOTHING: Mapping[str, Callable[[], bool]] = MappingProxyType({})


def run(
    options: ServerOptions,
    make_models: MakeModels = no_models,
    *,
    say: Callable[[str], None],
    ready_when: Mapping[str, Callable[[], bool]] = _NOTHING,
) -> None:
    """Serve until SIGTERM or Ctrl-C; running requests end first, and a second signal cuts them.

    Args:
        options: How the server is set up.
        make_models: Opens the models besides the embedded reader.
        say: Shows a sentence to whoever started the server.
        ready_when: What /ready waits for besides the reader: names for people, and whether it is
            there, which must be quick to say.

    Raises:
        ShuowenError: It cannot start: the port, certificate, keys, data folder or a model.
        KeyboardInterrupt: A second signal cut what ran; all is closed.
    """
    if options.tls_cert is not None:
        check_certificate(options.tls_cert, options.tls_key)
    with ExitStack() as opened:
        sockets = listen(options.host, options.port)
        for each in sockets:
            opened.callback(each.close)
        opened.enter_context(logging_to_stderr())
        parts = opened.enter_context(open_parts(options, make_models))
        for name, is_there in ready_when.items():
            parts.readiness.wait_for(name, is_there)
        opened.enter_context(warming_up(parts.readiness))
        names = list(parts.models.listed())
        port = sockets[0].getsockname()[1]

        def tell() -> None:
            for sentence in announcement(options, port, names, len(parts.keys)):
                say(sentence)

        server = HttpServer(parts, on_started=tell, say=say)
        server.run(sockets=sockets)
    if server.was_cut:
        raise KeyboardInterrupt
