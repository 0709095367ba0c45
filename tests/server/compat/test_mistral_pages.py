"""Pages as Mistral's own client reads them."""

from __future__ import annotations

import msgspec
import pytest
from mistralai.client.models import OCRPageObject

from shuowen.server.compat.figures import Picture
from shuowen.server.compat.mistral_pages import PageWishes, listed_figures, ocr_pages
from tests.server.compat.made import FULL, FULL_PAGE, document

PICTURE = Picture(jpeg=b"\xff\xd8\xff", width=80, height=10)


def pages(wishes: PageWishes, pictures: dict[str, Picture] | None = None) -> list[OCRPageObject]:
    written = msgspec.json.decode(msgspec.json.encode(ocr_pages(FULL, wishes, pictures or {})))
    return [OCRPageObject.model_validate(page) for page in written]


def test_by_default_everything_stands_in_the_text() -> None:
    first, second = pages(PageWishes())
    assert first.index == 0 and second.index == 1
    assert first.markdown.startswith("Running head\n\n# Main title\n\n## A section")
    assert first.markdown.endswith("Running foot\n\n7")
    assert "![img-0.jpeg](img-0.jpeg)" in first.markdown
    assert "![img-1.jpeg](img-1.jpeg)\n\nWords inside" in first.markdown
    assert '<th colspan="2">Head</th>' in first.markdown
    assert first.tables == [] and first.header is None
    assert "blocks" not in first.model_dump(exclude_unset=True)
    assert (first.dimensions.width, first.dimensions.dpi) == (1000, 144)  # type: ignore[union-attr]


def test_figures_are_listed_with_boxes_and_pictures() -> None:
    images = pages(PageWishes(with_pictures=True), {"figure-700": PICTURE})[0].images
    assert [image.id for image in images] == ["img-0.jpeg", "img-1.jpeg"]
    assert (images[0].top_left_x, images[0].bottom_right_y) == (100, 800)
    assert images[0].image_base64 == PICTURE.data_url()
    assert images[1].image_base64 is None


def test_figures_are_limited() -> None:
    assert list(listed_figures(FULL, PageWishes(max_pictures=1))) == ["figure-700"]
    assert listed_figures(FULL, PageWishes(max_pictures=0)) == {}
    assert listed_figures(FULL, PageWishes(min_picture_px=101)) == {}
    page = pages(PageWishes(max_pictures=1))[0]
    assert len(page.images) == 1 and "img-1" not in page.markdown
    assert "Words inside" in page.markdown


@pytest.mark.parametrize(("kind", "name"), [("html", "tbl-0.html"), ("markdown", "tbl-0.md")])
def test_tables_stand_apart(kind: str, name: str) -> None:
    page = pages(PageWishes(table_format=kind, with_blocks=True))[0]  # type: ignore[arg-type]
    assert f"[{name}]({name})" in page.markdown and "<table" not in page.markdown
    assert page.tables is not None
    assert (page.tables[0].id, page.tables[0].format_) == (name, kind)
    assert "Head" in page.tables[0].content
    block = next(block for block in page.blocks if block.type == "table")  # type: ignore[union-attr]
    assert block.table_id == name


def test_running_text_goes_where_it_is_wanted() -> None:
    page = pages(PageWishes(header_apart=True, footer_apart=True))[0]
    assert page.header == "Running head"
    assert page.footer == "Running foot\n7"
    assert page.markdown.startswith("# Main title") and "Running" not in page.markdown
    only = pages(PageWishes(footer_apart=True))[0]
    assert only.header is None and only.markdown.startswith("Running head")


def test_every_region_is_a_block() -> None:
    page = pages(PageWishes(with_blocks=True, scores="block"))[0]
    assert [block.type for block in page.blocks] == [  # type: ignore[union-attr]
        *("header", "title", "title", "text", "list", "image", "image", "caption", "table"),
        *("equation", "aside_text", "references", "signature", "footer", "footer"),
    ]
    title = page.blocks[1]  # type: ignore[index]
    assert title.content == "# Main title"
    assert title.confidence_scores.average_content_confidence_score == 0.9
    assert page.blocks[5].image_id == "img-0.jpeg"  # type: ignore[index]
    assert page.confidence_scores.word_confidence_scores is None  # type: ignore[union-attr]


def test_words_are_found_in_the_text() -> None:
    page = pages(PageWishes(scores="word"))[0]
    scores = page.confidence_scores
    words = scores.word_confidence_scores  # type: ignore[union-attr]
    assert scores.average_page_confidence_score == 0.9  # type: ignore[union-attr]
    for word in words:
        assert page.markdown[word.start_index :].startswith(word.text)
    starts = [word.start_index for word in words]
    assert starts == sorted(starts)
    assert [word.text for word in words][:4] == ["Running", "head", "Main", "title"]
    assert "*plain*" not in [word.text for word in words]  # escaped in Markdown, so not found


def test_a_failed_page_says_so_and_has_no_scores() -> None:
    page = pages(PageWishes(scores="page", with_blocks=True))[1]
    assert page.markdown.startswith("> Page 2 could not be read")
    assert page.dimensions is None and page.confidence_scores is None


def test_numbers_run_on_over_pages() -> None:
    second = msgspec.structs.replace(
        FULL_PAGE,
        page_number=2,
        regions=tuple(
            msgspec.structs.replace(region, id=f"second-{region.id}")
            for region in FULL_PAGE.regions
        ),
    )
    names = listed_figures(document(FULL_PAGE, second), PageWishes())
    assert list(names.values()) == [f"img-{n}.jpeg" for n in range(4)]
