"""A person in a browser: reads the day, opens a thread, asks, turns the page, shares."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

CONFIG = """
[[source]]
name = "vault"
folder = "vault"
settle = "0s"

[[subscription]]
channel = "#papers"
at = "on arrival"
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1360, "height": 860}, color_scheme="light")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def day(count: int) -> str:
    papers = [
        f"Mixtures, part {n}: a paper about experts\n(Author Number{n})\nhttps://arxiv.org/abs/2404.{n:05}\n"
        f"An abstract in English, number {n}.\n전문가 혼합에 대한 {n}번째 논문입니다.\n#moe #part-{n}"
        for n in range(1, count + 1)
    ]
    return "\n".join(["2024-04-12", *papers])


@pytest.mark.browser
@pytest.mark.timeout(120)
def test_a_person_reads_the_day_opens_a_thread_asks_pages_and_shares(
    page: Page, start_bot: Callable[..., Any], stand_in: Any, tmp_path: Path
) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "2024-04-12.txt").write_text(day(12), encoding="utf-8")
    start_bot(CONFIG)
    page.goto(f"{stand_in.url}/client/T0PAPERS01/C0PAPERS01?user=emma")
    expect(page.get_by_text("Mixtures, part 12: a paper about experts").first).to_be_visible(timeout=40_000)
    stand_in.wait_for(lambda: len(stand_in.messages("papers")) >= 1 + 12 * 3, seconds=40)

    page.get_by_role("button", name="2 replies").last.click()
    thread = page.get_by_role("complementary", name="Thread")
    expect(thread.get_by_text("전문가 혼합에 대한 12번째 논문입니다.").last).to_be_visible()

    composer = page.get_by_role("combobox", name="Message #papers")
    composer.fill("/paper tag:moe")
    composer.press("Enter")
    answer = page.locator(".message.private").last
    expect(answer).to_contain_text("Only visible to you")
    expect(answer).to_contain_text("part 1:")
    answer.get_by_role("button", name="Next").click()
    expect(answer.get_by_role("button", name="Previous")).to_be_visible()
    expect(answer).to_contain_text("part 12:")

    before = len(stand_in.messages("papers"))
    answer.get_by_role("button", name="More actions").last.click()
    page.get_by_role("menuitem", name=re.compile("Share")).click()
    stand_in.wait_for(lambda: len(stand_in.messages("papers")) > before)
    expect(page.locator(".message").get_by_text("Emma Reed").last).to_be_visible()
