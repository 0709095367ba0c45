"""Drives a real browser over a real Open WebUI; run by a Python that has playwright.

python browser.py STORY URL CHROMIUM FOLDER FILE QUESTION EXPECTED…

Opens a new chat, attaches FILE, asks QUESTION and waits for every EXPECTED text of the answer.
Prints one JSON object: hosts that the browser asked, requests that failed, the answer's text, its
HTML, and seconds. Pictures of the window go into FOLDER as STORY-….png.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WINDOW = {"width": 1200, "height": 800}
MODEL = "shuowen-embedded"
QUESTION, ANSWER = ".chat-user", ".chat-assistant"
UPLOAD_MS = 120_000
ANSWER_MS = 180_000


def main() -> None:
    story, url, chromium, folder, file, question, *expected = sys.argv[1:]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, headless=True, args=FLAGS, viewport=WINDOW
        )
        page = context.new_page()
        seen: dict[str, Any] = {"hosts": set(), "failed": [], "seconds": {}}
        page.on("request", lambda request: seen["hosts"].add(host_of(request.url)))
        page.on("requestfailed", lambda request: seen["failed"].append(request.url))
        tell(page, Path(folder) / story, url, file, question, expected, seen)
        context.close()
    print(json.dumps({**seen, "hosts": sorted(seen["hosts"])}))


def tell(
    page: Page,
    pictures: Path,
    url: str,
    file: str,
    question: str,
    expected: list[str],
    seen: dict[str, Any],
) -> None:
    clock = Clock(seen["seconds"])
    page.goto(url, wait_until="domcontentloaded", timeout=60_000)
    page.wait_for_selector("#chat-input", timeout=60_000)
    clock.note("opened")
    dismiss_news(page)
    choose_model(page)
    with page.expect_response(lambda answer: "/api/v1/files/" in answer.url, timeout=UPLOAD_MS):
        page.locator("input[type=file]").first.set_input_files(file)
    page.wait_for_timeout(2_000)
    clock.note("attached")
    page.locator("#chat-input").click()
    page.keyboard.type(question)
    page.screenshot(path=f"{pictures}-asked.png")
    page.keyboard.press("Enter")
    answer = page.locator(ANSWER).last
    answer.get_by_text(expected[0]).first.wait_for(timeout=ANSWER_MS)
    clock.note("first text")
    for text in expected[1:]:
        answer.get_by_text(text).first.wait_for(timeout=ANSWER_MS)
    clock.note("whole answer")
    page.wait_for_timeout(6_000)  # title, tags and follow-up questions come after the answer
    page.locator(QUESTION).last.evaluate("message => message.scrollIntoView()")
    page.wait_for_timeout(1_000)
    page.screenshot(path=f"{pictures}-answered.png")
    seen.update(answer=answer.inner_text(), html=answer.inner_html(), title=page.title())


def dismiss_news(page: Page) -> None:
    """The window with what is new, which Open WebUI shows at the first visit."""
    page.wait_for_timeout(1_500)
    button = page.get_by_role("button", name="Okay, Let's Go!")
    if button.count() and button.first.is_visible():
        button.first.click()
        page.wait_for_timeout(500)


def choose_model(page: Page) -> None:
    page.locator("button[id^=model-selector]").first.click()
    page.wait_for_timeout(800)
    found = page.locator(f'[aria-roledescription="model-item"], [data-value*="{MODEL}"]')
    found.first.click()
    page.wait_for_timeout(500)


def host_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.hostname or parts.scheme


class Clock:
    """Notes seconds since the last note."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds = seconds
        self._last = time.monotonic()

    def note(self, what: str) -> None:
        now = time.monotonic()
        self._seconds[what] = round(now - self._last, 1)
        self._last = now


main()
