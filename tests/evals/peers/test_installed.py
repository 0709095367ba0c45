import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from shuowen.errors import EngineError
from shuowen.evals import bench
from shuowen.evals.datasets import EvaluationSet, Item
from shuowen.evals.peers.installed import InstalledPeer
from tests import made_files

MakeItem = Callable[..., Item]
Open = Callable[..., InstalledPeer]


@pytest.fixture
def open_peer(tmp_path: Path) -> Iterator[Open]:
    opened = []

    def open_peer(source: str, *, timeout: float = 60) -> InstalledPeer:
        file = tmp_path / "peer.py"
        file.write_text(source)
        words = ["python", str(file)]
        peer = InstalledPeer("mine", words, python=sys.executable, timeout=timeout)
        opened.append(peer)
        return peer

    yield open_peer
    for peer in opened:
        peer.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("a.png", "b.png", "bad.png", "c.png"):
        Image.new("RGB", (8, 8)).save(folder / name)
    (folder / "d.pdf").write_bytes(made_files.pdf_with_text("One", "Two"))
    return folder


NAMES = "from pathlib import Path\ndef read(path): return Path(path).name"


def test_a_picture_is_handed_on_as_it_is(open_peer: Open, files: Path, make_item: MakeItem) -> None:
    peer = open_peer(NAMES)
    reading = peer.read(make_item(str(files / "a.png")))
    assert (reading.text, reading.html, reading.num_pages) == ("a.png", None, 1)
    assert reading.seconds is not None
    assert peer.identity.startswith("python sha256 ")


def test_pages_of_a_pdf_become_pictures_at_200_dpi(
    open_peer: Open, files: Path, make_item: MakeItem
) -> None:
    peer = open_peer(
        "import struct\ndef read(path):\n    head = open(path, 'rb').read(24)\n"
        "    assert head[1:4] == b'PNG'\n    return '%d x %d' % struct.unpack('>II', head[16:24])"
    )
    reading = peer.read(make_item(str(files / "d.pdf")))
    assert reading.failure == ""
    sizes = [tuple(map(int, line.split(" x "))) for line in reading.text.splitlines()]
    assert (reading.num_pages, len(sizes)) == (2, 2)
    # The pages measure 400 by 100 points, of which 72 are an inch.
    assert sizes[0] == (pytest.approx(400 / 72 * 200, abs=1), pytest.approx(100 / 72 * 200, abs=1))


def test_one_that_opens_documents_gets_the_file(
    open_peer: Open, files: Path, make_item: MakeItem
) -> None:
    reading = open_peer(f"OPENS_DOCUMENTS = True\n{NAMES}").read(make_item(str(files / "d.pdf")))
    assert (reading.text, reading.num_pages) == ("d.pdf", 2)


def test_a_crash_costs_one_item(open_peer: Open, files: Path, make_item: MakeItem) -> None:
    peer = open_peer(
        "import os\nfrom pathlib import Path\ndef read(path):\n"
        "    if Path(path).name == 'bad.png': os._exit(1)\n    return Path(path).name"
    )
    names = ("a.png", "bad.png", "b.png")
    items = tuple(make_item(str(files / name), text=name) for name in names)
    run = bench.run([EvaluationSet(name="pages", items=items)], peer)
    assert [result.reading.text for result in run.results] == ["a.png", "", "b.png"]
    assert [bool(result.failure) for result in run.results] == [False, True, False]


def test_a_peer_that_hangs_costs_one_item(
    open_peer: Open, files: Path, make_item: MakeItem
) -> None:
    peer = open_peer(
        "import time\ndef read(path):\n"
        "    if 'bad.png' in path: time.sleep(600)\n    return 'read'",
        timeout=5,
    )
    with pytest.raises(EngineError, match="took more than 5 s"):
        peer.read(make_item(str(files / "bad.png")))
    assert peer.read(make_item(str(files / "a.png"))).text == "read"


def test_threads_have_processes_of_their_own(
    open_peer: Open, files: Path, make_item: MakeItem
) -> None:
    peer = open_peer(
        "import os, time\nfrom pathlib import Path\ndef read(path):\n"
        # Waits until the other process is here too: alone it would wait until the test fails.
        "    here = Path(path).parent\n    (here / f'{os.getpid()}.here').touch()\n"
        "    while len(list(here.glob('*.here'))) < 2: time.sleep(0.01)\n"
        "    return str(os.getpid())",
        timeout=30,
    )
    items = tuple(make_item(str(files / name), text="") for name in ("a.png", "b.png"))
    run = bench.run([EvaluationSet(name="pages", items=items)], peer, jobs=2)
    first, second = (result.reading.text for result in run.results)
    assert first.isdigit() and second.isdigit() and first != second


def test_closing_ends_the_one_that_reads(open_peer: Open, files: Path, make_item: MakeItem) -> None:
    peer = open_peer(
        "import time\nfrom pathlib import Path\ndef read(path):\n"
        "    (Path(path).parent / 'begun').touch()\n    time.sleep(600)"
    )
    errors: list[BaseException] = []

    def read() -> None:
        try:
            peer.read(make_item(str(files / "a.png")))
        except EngineError as error:
            errors.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    while not (files / "begun").exists():
        thread.join(0.01)
    peer.close()
    thread.join(30)
    assert len(errors) == 1
    with pytest.raises(EngineError, match="was stopped"):
        peer.read(make_item(str(files / "a.png")))


def test_a_file_that_is_none_is_told(open_peer: Open, files: Path, make_item: MakeItem) -> None:
    (files / "torn.pdf").write_bytes(b"%PDF-1.7 torn")
    peer = open_peer(NAMES)
    with pytest.raises(Exception, match="torn"):
        peer.read(make_item(str(files / "torn.pdf")))
    assert peer.read(make_item(str(files / "a.png"))).text == "a.png"
