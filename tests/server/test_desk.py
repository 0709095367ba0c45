"""The desk with real files; where the order of pages matters, a reader that takes 10 ms each."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import cv2
import numpy as np
import pytest
from PIL import Image

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Page
from shuowen.errors import CapacityError, InputError, TooLargeError, UsageError
from shuowen.image.frames import Frames
from shuowen.image.page import PageImage, Pixels
from shuowen.reading.reader import Reader
from shuowen.server.desk import Desk, DeskEvent, Opened, PageRead, RegionRead
from shuowen.server.metrics import Metrics
from shuowen.source.model import Source
from shuowen.source.stop import Stop


def picture(text: str = "") -> Image.Image:
    pixels = np.full((120, 400, 3), 255, np.uint8)
    if text:
        cv2.putText(pixels, text, (20, 70), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (0, 0, 0), 3)
    return Image.fromarray(pixels)


def tiff(num_pages: int, text: str = "") -> Source:
    stream = io.BytesIO()
    pages = [picture(text) for _ in range(num_pages)]
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
    return Source(name="scan.tiff", data=stream.getvalue())


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(num_threads=2)
    yield desk
    desk.close(10)
    assert not any(thread.name.startswith("shuowen-desk") for thread in threading.enumerate())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def stream_page(reader: Reader, image: PageImage, timings: object) -> Iterator[Page]:
        time.sleep(0.01)
        yield Page(page_number=image.page_index + 1, status="ok")

    monkeypatch.setattr(Reader, "stream_page", stream_page)


def events(
    desk: Desk, source: Source, *, owner: str = "a", **options: object
) -> Iterator[DeskEvent]:
    settings = {"max_pages": 100, **options}
    read = ReadOptions(pages=str(settings.pop("pages", "")))
    return desk.read(source, read, Limits(), owner=owner, **settings)  # type: ignore[arg-type]


def pages_of(found: list[DeskEvent]) -> list[Page]:
    return [event.page for event in found if isinstance(event, PageRead)]


def test_pages_come_in_order_each_after_its_regions(desk: Desk) -> None:
    found = list(events(desk, tiff(5, "Page one")))
    assert found[0] == Opened(
        name="scan.tiff", media_type="image/tiff", num_pages=5, page_numbers=(1, 2, 3, 4, 5)
    )
    pages = pages_of(found)
    assert [page.page_number for page in pages] == [1, 2, 3, 4, 5]
    assert all(page.status == "ok" for page in pages)
    expected = [
        each
        for page in pages
        for each in (
            *(RegionRead(page_number=page.page_number, region=one) for one in page.regions),
            PageRead(page=page),
        )
    ]
    assert found[1:] == expected
    assert any(isinstance(event, RegionRead) for event in found)


@pytest.mark.usefixtures("quick")
def test_only_pages_that_are_asked_for_and_not_skipped_are_read(desk: Desk) -> None:
    opened, *rest = events(desk, tiff(6), pages="2-5", skip={2})
    assert isinstance(opened, Opened)
    assert opened.page_numbers == (2, 3, 4, 5)
    assert [page.page_number for page in pages_of(rest)] == [2, 4, 5]


def test_a_whole_document_is_what_the_library_reads(desk: Desk) -> None:
    from shuowen.reading.read import read

    source = tiff(2, "Hello")
    document = desk.document(source, ReadOptions(), Limits(), owner="a", max_pages=2)
    assert source.data is not None
    alone = read(source.data)
    assert [page.regions for page in document.pages] == [page.regions for page in alone.pages]
    assert document.source.sha256 == alone.source.sha256
    assert document.status == "ok"


@pytest.mark.usefixtures("quick")
def test_too_many_pages_are_refused_before_any_is_read(desk: Desk) -> None:
    with pytest.raises(TooLargeError, match="6 pages"):
        list(events(desk, tiff(6), max_pages=5))
    assert len(pages_of(list(events(desk, tiff(6), pages="1-5", max_pages=5)))) == 5


@pytest.mark.parametrize(
    ("source", "pages", "error"),
    [
        (Source(name="a.png", data=b"\x89PNG\r\n\x1a\nbroken"), "", InputError),
        (Source(name="a.txt", data=b"just words"), "", InputError),
        (Source(name="a.pdf", data=b""), "", InputError),
        (tiff(2), "9", UsageError),
    ],
)
def test_a_source_that_cannot_be_opened_raises(
    desk: Desk, source: Source, pages: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        list(events(desk, source, pages=pages))


@pytest.mark.usefixtures("quick")
def test_a_page_that_fails_costs_itself_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    load = Frames.load

    def failing(frames: Frames, index: int) -> Pixels:
        if index == 1:
            raise InputError("Frame 2 is damaged.")
        if index == 2:
            raise RuntimeError("secret words of a document")
        return load(frames, index)

    monkeypatch.setattr(Frames, "load", failing)
    pages = pages_of(list(events(desk, tiff(4))))
    assert [page.status for page in pages] == ["ok", "failed", "failed", "ok"]
    assert pages[1].error is not None
    assert pages[1].error.message == "Frame 2 is damaged."
    assert pages[2].error is not None
    assert pages[2].error.code == "internal"
    assert "secret" not in pages[2].error.message
    assert "page 3" in caplog.text


@pytest.mark.usefixtures("quick")
def test_one_owners_long_document_does_not_keep_another_waiting() -> None:
    desk = Desk(num_threads=1)
    order: list[str] = []
    begun = threading.Event()

    def read(owner: str, num_pages: int) -> None:
        for event in events(desk, tiff(num_pages), owner=owner):
            if isinstance(event, PageRead):
                order.append(owner)
                begun.set()

    long = threading.Thread(target=read, args=("long", 20))
    long.start()
    begun.wait(20)
    read("short", 2)
    assert order.count("long") < 10
    long.join(30)
    assert order.count("long") == 20
    desk.close(5)


@pytest.mark.usefixtures("quick")
def test_jobs_get_on_while_chats_keep_coming_but_come_second() -> None:
    desk = Desk(num_threads=1)
    order: list[str] = []

    def read(owner: str, *, urgent: bool) -> None:
        for event in events(desk, tiff(12), owner=owner, urgent=urgent):
            if isinstance(event, PageRead):
                order.append(owner)

    threads = [
        threading.Thread(target=read, args=("job",), kwargs={"urgent": False}),
        threading.Thread(target=read, args=("chat",), kwargs={"urgent": True}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    until_chat_ended = order[: len(order) - order[::-1].index("chat")]
    assert 1 <= until_chat_ended.count("job") <= 6
    desk.close(5)


@pytest.mark.usefixtures("quick")
def test_closing_the_iterator_stops_what_has_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[int] = []
    load = Frames.load

    def noted(frames: Frames, index: int) -> Pixels:
        loaded.append(index)
        return load(frames, index)

    monkeypatch.setattr(Frames, "load", noted)
    desk = Desk(num_threads=2)
    with closing(events(desk, tiff(50))) as found:  # type: ignore[type-var]
        next(found)
        next(found)
    assert len(loaded) <= 2 * 2 + 2
    time.sleep(0.1)
    assert len(loaded) <= 2 * 2 + 2
    desk.close(5)


@pytest.mark.usefixtures("quick")
def test_no_more_pages_are_under_way_than_threads_and_one() -> None:
    metrics = Metrics()
    desk = Desk(num_threads=2, metrics=metrics)
    found = events(desk, tiff(30))
    for _ in range(2):
        next(found)
    time.sleep(0.5)  # nobody takes anything
    read = metrics.registry.get_sample_value("shuowen_pages_read_total", {"status": "ok"})
    assert read is not None
    assert read <= 4
    found.close()  # type: ignore[attr-defined]
    desk.close(5)


@pytest.mark.usefixtures("quick")
def test_a_stop_from_elsewhere_ends_the_wait_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    load = Frames.load

    def slow(frames: Frames, index: int) -> Pixels:
        let_go.wait(20)
        return load(frames, index)

    monkeypatch.setattr(Frames, "load", slow)
    desk, stop = Desk(num_threads=1), Stop()
    failures: list[Exception] = []

    def read(owner: str, stop: Stop | None) -> None:
        try:
            list(events(desk, tiff(3), owner=owner, stop=stop))
        except CapacityError as error:
            failures.append(error)

    first = threading.Thread(target=read, args=("first", None))
    first.start()
    second = threading.Thread(target=read, args=("second", stop))
    second.start()
    stop.set()
    second.join(5)  # its pages only wait: it need not wait for the slow page of the other
    assert not second.is_alive()
    assert len(failures) == 1
    let_go.set()
    first.join(20)
    desk.close(5)


@pytest.mark.usefixtures("quick")
def test_a_closed_desk_stops_readings_and_refuses_more() -> None:
    desk = Desk(num_threads=1)
    found = events(desk, tiff(30))
    next(found)
    next(found)
    start = time.monotonic()
    desk.close(5)
    assert time.monotonic() - start < 5
    with pytest.raises(CapacityError):
        list(found)
    with pytest.raises(CapacityError):
        list(events(desk, tiff(1)))
    desk.close(5)


def test_closing_does_not_wait_longer_than_told(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()

    def endless(reader: Reader, image: object, timings: object) -> Iterator[Page]:
        let_go.wait(20)
        yield Page(page_number=1, status="ok")

    monkeypatch.setattr(Reader, "stream_page", endless)
    desk = Desk(num_threads=1)
    thread = threading.Thread(
        target=lambda: pytest.raises(CapacityError, list, events(desk, tiff(1)))
    )
    thread.start()
    time.sleep(0.2)
    start = time.monotonic()
    desk.close(0.2)
    assert time.monotonic() - start < 2
    let_go.set()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.usefixtures("quick")
def test_pages_are_counted() -> None:
    metrics = Metrics()
    desk = Desk(num_threads=2, metrics=metrics)
    list(events(desk, tiff(3)))
    sample = metrics.registry.get_sample_value
    assert sample("shuowen_pages_read_total", {"status": "ok"}) == 3
    assert sample("shuowen_page_seconds_count") == 3
    assert sample("shuowen_pages_waiting") == 0
    desk.close(5)
