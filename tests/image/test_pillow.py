import threading
import warnings

import pytest
from PIL import Image

from shuowen.image.pillow import own_settings


def test_settings_come_back_also_after_an_error() -> None:
    before, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    with pytest.raises(KeyError), own_settings():
        assert Image.MAX_IMAGE_PIXELS is None
        with own_settings():
            pass
        assert Image.MAX_IMAGE_PIXELS is None
        raise KeyError
    assert before == Image.MAX_IMAGE_PIXELS
    assert filters == list(warnings.filters)


def test_threads_that_overlap_leave_no_trace() -> None:
    before, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    barrier = threading.Barrier(8)

    def use() -> None:
        barrier.wait()
        for _ in range(200):
            with own_settings():
                assert Image.MAX_IMAGE_PIXELS is None

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert before == Image.MAX_IMAGE_PIXELS
    assert filters == list(warnings.filters)
