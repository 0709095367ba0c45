from __future__ import annotations

import socket

import pytest

from shuowen.errors import ConflictError, UsageError
from shuowen.server import listening
from shuowen.server.listening import listen


def test_port_nought_takes_a_free_one_on_every_address_of_the_host() -> None:
    sockets = listen("localhost", 0)
    ports = {each.getsockname()[1] for each in sockets}
    assert len(ports) == 1
    assert ports != {0}
    with socket.create_connection(("127.0.0.1", ports.pop()), timeout=5):
        pass
    for each in sockets:
        each.close()


def test_a_port_that_is_taken_is_a_conflict() -> None:
    other = socket.create_server(("127.0.0.1", 0))
    port = other.getsockname()[1]
    with other, pytest.raises(ConflictError, match=f"port {port}"):
        listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 300, "é" * 80, "192.0.2.1"])
def test_hosts_that_are_not_here(host: str) -> None:
    with pytest.raises(UsageError):
        listen(host, 0)


@pytest.mark.parametrize(
    ("number", "words"),
    [("EACCES", "above 1023"), ("EAFNOSUPPORT", "Choose another")],
)
def test_what_the_system_refuses_is_said_plainly(
    monkeypatch: pytest.MonkeyPatch, number: str, words: str
) -> None:
    import errno

    def refuse(family: int, address: tuple[object, ...]) -> socket.socket:
        raise OSError(getattr(errno, number), "no")

    monkeypatch.setattr(listening, "_bound", refuse)
    with pytest.raises(UsageError, match=words):
        listen("127.0.0.1", 80)


def test_small_pieces_are_sent_at_once() -> None:
    """asyncio sets TCP_NODELAY only on sockets that say that they speak TCP."""
    for each in listen("127.0.0.1", 0):
        assert each.proto == socket.IPPROTO_TCP
        each.close()
