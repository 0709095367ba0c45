from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shuowen.launch.log_relay import (
    BURST_LINES,
    LINES_PER_SECOND,
    MAX_LINE_CHARACTERS,
    NUM_LAST_LINES,
    LogRelay,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def relay() -> tuple[LogRelay, list[str], Clock]:
    told: list[str] = []
    clock = Clock()
    return LogRelay("vllm", told.append, clock=clock), told, clock


def test_whole_lines_are_told_with_a_name_before_them() -> None:
    log, told, _ = relay()
    log.feed(b"Loa")
    assert told == []
    log.feed("ding 模型\r\n\nDone\npart".encode())
    assert told == ["[vllm] Loading 模型", "[vllm] Done"]
    log.end()
    assert told[-1] == "[vllm] part"


def test_a_key_is_told_of_no_line() -> None:
    told: list[str] = []
    log = LogRelay("vllm", told.append, "k3y")
    log.feed(b"args: --api-keys k3y --tp 2\n")
    assert told == ["[vllm] args: --api-keys … --tp 2"]
    assert log.last_lines() == ["args: --api-keys … --tp 2"]


def test_bars_that_go_back_to_the_beginning_of_the_line_are_lines() -> None:
    log, told, _ = relay()
    log.feed(b"10%\r20%\r30%\n")
    assert told == ["[vllm] 10%", "[vllm] 20%", "[vllm] 30%"]


def test_our_own_questions_are_no_news() -> None:
    log, told, _ = relay()
    log.feed(b'INFO:     127.0.0.1:1 - "GET /health HTTP/1.1" 200 OK\n')
    log.feed(b'INFO:     127.0.0.1:1 - "POST /v1/chat/completions HTTP/1.1" 200 OK\n')
    assert len(told) == 1
    assert "POST" in told[0]


def test_too_many_lines_are_counted_instead_of_told() -> None:
    log, told, clock = relay()
    log.feed(b"x\n" * (BURST_LINES + 50))
    assert len(told) == BURST_LINES
    clock.now += 2.5 / LINES_PER_SECOND
    log.feed(b"later\n")
    assert told[-2:] == ["[vllm] … 50 lines left out, which came too fast", "[vllm] later"]
    log.feed(b"y\n" * 10)
    log.end()
    assert told[-1].startswith("[vllm] … 9 lines left out")


def test_after_a_pause_there_is_room_again_but_no_more_than_at_first() -> None:
    log, told, clock = relay()
    log.feed(b"x\n" * BURST_LINES)
    clock.now += 3600
    log.feed(b"y\n" * (BURST_LINES + 1))
    assert len(told) == 2 * BURST_LINES


def test_the_last_lines_are_kept_even_when_they_are_not_told() -> None:
    log, _, _ = relay()
    log.feed(b"".join(b"%d\n" % number for number in range(5000)))
    assert log.last_lines() == [str(number) for number in range(5000 - NUM_LAST_LINES, 5000)]


def test_endless_lines_are_cut() -> None:
    log, told, _ = relay()
    log.feed(b"z" * 1_000_000)
    log.feed(b"\n")
    assert all(len(line) <= MAX_LINE_CHARACTERS + len("[vllm] ") for line in told)
    assert told


def test_what_went_wrong_gets_advice() -> None:
    for line, word in (
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", "--tp"),
        ("RuntimeError: [TM][ERROR] CUDA runtime error: cudaErrorMemoryAllocation", "--tp"),
        ("OSError: You are trying to access a gated repo.", "HF_TOKEN"),
        ("ModuleNotFoundError: No module named 'timm'", "lacks a package"),
        ("[Errno 98] error while attempting to bind: address already in use", "port"),
        ("OSError: [Errno 28] No space left on device", "disk"),
        ("Please pass the argument `trust_remote_code=True`", "--trust-remote-code"),
    ):
        log, _, _ = relay()
        log.feed(f"before\n{line}\nafter\n".encode())
        assert word in log.hint(), line
    log, _, _ = relay()
    log.feed(b"all is well\n")
    assert log.hint() == ""


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_bytes_in_any_pieces_make_the_same_lines(pieces: list[bytes]) -> None:
    whole, whole_told, _ = relay()
    whole.feed(b"".join(pieces))
    whole.end()
    parts, parts_told, _ = relay()
    for piece in pieces:
        parts.feed(piece)
    parts.end()
    assert parts_told == whole_told
    assert all("\n" not in line for line in parts_told)
