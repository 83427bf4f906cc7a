"""What others wrote is drawn as Slack draws it, and never becomes anything but text."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from bot.sandbox.server import running

READER = """{
  me: {id: "U1"}, team: {id: "T1", name: "Team"},
  user: (id) => ({U1: {id, name: "ji", real_name: "지우"}, U2: {id, name: "emma", real_name: "Emma"}})[id] ?? null,
  channel: (id) => (id === "C1" ? {id, name: "papers"} : null),
  calendar: new (await import("/static/calendar.js")).Calendar("ko-KR", "Asia/Seoul"),
}"""


def drawn(page: Page, module: str, call: str) -> str:
    """The HTML that a module's nodes amount to, without the attributes that only style or explain."""
    html = page.evaluate(
        f"""async () => {{
          const made = await import("/static/{module}.js");
          const box = document.createElement("div");
          const reader = {READER};
          const nodes = made.{call};
          box.append(...[nodes].flat());
          return box.innerHTML;
        }}"""
    )
    return re.sub(r' (class|target|rel|title|data-\w+|role)="[^"]*"', "", html)


@pytest.fixture(scope="module")
def page(browser):
    """A page that stands before no workspace: only its modules are used."""
    with running(speed=0) as sandbox:
        context = browser.new_context()
        page = context.new_page()
        page.goto(sandbox.url + "/static/icon.svg")
        page.goto(sandbox.url)
        yield page
        context.close()


MRKDWN = [
    ("*bold* _it_ ~no~ `a*b*`", "<strong>bold</strong> <em>it</em> <s>no</s> <code>a*b*</code>"),
    ("*bold _both_*", "<strong>bold <em>both</em></strong>"),
    ("2*3*4 snake_case_name * no *", "2*3*4 snake_case_name * no *"),
    # Letters of every script make words, so a particle right after the mark keeps it from closing.
    ("*굵게*는 *굵게* 는", "*굵게*는 <strong>굵게</strong> 는"),
    ("(*in* brackets)", "(<strong>in</strong> brackets)"),
    ("*over\nlines*", "*over<br>lines*"),
    ("<https://e.org/?a=1&amp;b=2|a &lt;label&gt;>", '<a href="https://e.org/?a=1&amp;b=2">a &lt;label&gt;</a>'),
    ("*<https://e.org|2 * 3>*", '<strong><a href="https://e.org/">2 * 3</a></strong>'),
    ("<@U2> and <@U1>", "<span>@Emma</span> and <span>@지우</span>"),
    ("<#C1> <#C9|gone>", '<a href="/client/T1/C1">#papers</a> <span>#gone</span>'),
    ("<!here> &lt;!channel&gt;", "<span>@here</span> &lt;!channel&gt;"),
    ("<!date^1712885580^{date_num} {time}|old>", "<time>2024-04-12 오전 10:33</time>"),
    ("&gt; one\n&gt; two\nthree", "<blockquote>one<br>two</blockquote>three"),
    ("before\n```\n*a*\n  b\n```\nafter", "before<br><pre><code>*a*\n  b</code></pre>after"),
    (":tada: :nothing_such: 10:30:45", '<span aria-label="tada emoji">🎉</span> :nothing_such: 10:30:45'),
    ("a\n\nb", "a<br><span></span>b"),
    ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
    ("<img src=x onerror=hit()>", "&lt;img src=x onerror=hit()&gt;"),
    ("&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;"),
]


@pytest.mark.parametrize(("text", "html"), MRKDWN, ids=[repr(text) for text, _ in MRKDWN])
def test_mrkdwn_is_drawn_as_slack_does(page, text, html):
    assert drawn(page, "mrkdwn", f"mrkdwn({json.dumps(text)}, reader)") == html


def test_a_long_row_of_opening_marks_is_drawn_at_once(page):
    took = page.evaluate(
        f"""async () => {{
          const {{mrkdwn}} = await import("/static/mrkdwn.js");
          const reader = {READER};
          const start = performance.now();
          for (const text of ["*a ", "*_~", "`a", "<a", "&gt; ", ":a"]) mrkdwn(text.repeat(13_000), reader);
          return performance.now() - start;
        }}"""
    )
    assert took < 3_000  # milliseconds; a search to the line's end for each mark would take minutes


MARKDOWN = [
    ("# Title\ntext **b** *i* ~~s~~", "<p>Title</p><p>text <strong>b</strong> <em>i</em> <s>s</s></p>"),
    ("- a\n- b\n  1. c", "<ul><li><p>a</p></li><li><p>b</p><ol><li><p>c</p></li></ol></li></ul>"),
    ("> q\n> r", "<blockquote><p>q\nr</p></blockquote>"),
    ("```py\nx < 1\n```", "<pre><code>x &lt; 1</code></pre>"),
    ("[l](https://e.org) [x](javascript:1)", '<p><a href="https://e.org/">l</a> <span>x</span></p>'),
    ("<img src=x onerror=hit()>", "<p>&lt;img src=x onerror=hit()&gt;</p>"),
]


@pytest.mark.parametrize(("text", "html"), MARKDOWN, ids=[repr(text) for text, _ in MARKDOWN])
def test_markdown_blocks_are_drawn_as_standard_markdown(page, text, html):
    assert drawn(page, "markdown", f"markdown({json.dumps(text)})") == html


def test_rich_text_has_lists_quotes_code_and_styles_and_no_markup_of_its_own(page):
    def section(*leaves):
        return {"type": "rich_text_section", "elements": list(leaves)}

    def text(words, **style):
        return {"type": "text", "text": words, "style": style}

    block = {
        "type": "rich_text",
        "elements": [
            section(text("*stars* <b> &amp;"), text("both", bold=True, italic=True), text("c", code=True)),
            {"type": "rich_text_list", "style": "ordered", "indent": 1, "offset": 2, "elements": [section(text("가"))]},
            {"type": "rich_text_quote", "elements": [{"type": "link", "url": "https://e.org", "text": "link"}]},
            {"type": "rich_text_preformatted", "elements": [text("a\n  b")]},
            section({"type": "user", "user_id": "U2"}, {"type": "broadcast", "range": "here"}),
            section({"type": "emoji", "name": "unheard", "unicode": "1f4f0"}, {"type": "channel", "channel_id": "C1"}),
        ],
    }
    html = drawn(page, "rich_text", f"richText({json.dumps(block)}, reader)")
    assert "*stars* &lt;b&gt; &amp;amp;<strong><em>both</em></strong><code>c</code>" in html
    assert re.search(r'<ol start="3" style="[^"]*lower-alpha[^"]*"><li>가</li></ol>', html)
    assert '<blockquote><a href="https://e.org/">link</a></blockquote>' in html
    assert "<pre><code>a\n  b</code></pre>" in html
    assert "@Emma" in html
    assert "@here" in html
    assert "📰" in html
    assert "#papers" in html


def test_a_block_or_element_that_is_not_known_is_a_box_with_its_name(page):
    blocks = [{"type": "hologram", "text": "<b>"}, {"type": "actions", "elements": [{"type": "datepicker"}]}]
    html = drawn(page, "blocks", f"renderBlocks({json.dumps(blocks)}, {{reader}})")
    assert "Not shown here: hologram" in html
    assert "&lt;b&gt;" in html
    assert "Not shown here: datepicker" in html


def test_a_message_of_every_block_is_shown_and_hostile_text_stays_text(visit, slack):
    page = visit("emma")
    hostile = "<img src=x onerror=window.hit=1> <!channel> </div><script>window.hit=1</script>"
    escaped = hostile.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = {"type": "plain_text", "text": hostile}
    mrkdwn = {"type": "mrkdwn", "text": escaped, "verbatim": True}
    image = {"image_url": "http://127.0.0.1:9/none.png", "alt_text": hostile}
    options = [{"text": plain | {"text": hostile[:60]}, "value": "v"}]
    slack.chat_postMessage(
        channel="C0PAPERS01",
        text=escaped,
        unfurl_links=False,
        blocks=[
            {"type": "header", "text": plain},
            {"type": "section", "text": mrkdwn, "fields": [plain, mrkdwn]},
            {"type": "context", "elements": [{"type": "image", **image}, mrkdwn]},
            {"type": "divider"},
            {"type": "image", "title": plain, **image},
            {"type": "markdown", "text": hostile},
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "action_id": "b", "style": "primary", "text": plain | {"text": hostile[:60]}},
                    {"type": "static_select", "action_id": "s", "placeholder": plain, "options": options},
                    {"type": "overflow", "action_id": "o", "options": options},
                ],
            },
        ],
    )
    message = page.locator(".message").last
    expect(message.locator(".block")).to_have_count(7)
    for kind in ("header", "section", "context", "image", "markdown"):
        expect(message.locator(f".block-{kind}")).to_contain_text("onerror=window.hit=1")
    expect(message.locator(".message-head .app-badge")).to_have_text("APP")
    expect(message.locator("script, .mention")).to_have_count(0)
    message.get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menuitem")).to_contain_text("<img src=x")
    assert page.evaluate("window.hit") is None
