"""A person at the page: reading, threads, writing, menus, users, themes."""

from playwright.sync_api import expect

PAPERS, LAB = "C0PAPERS01", "C0LAB00001"


def composer(page):
    return page.get_by_role("combobox", name="Message #papers")


def test_a_thread_opens_beside_the_channel_and_escape_closes_it(visit, slack, sandbox):
    parent = slack.chat_postMessage(channel=PAPERS, text="JetMoE", unfurl_links=False)["ts"]
    for words in ("초록", "해설"):
        slack.chat_postMessage(channel=PAPERS, text=words, thread_ts=parent)
    page = visit("emma")
    assert page.locator(".channel .message").all_inner_texts()[-1].startswith("Paperround")
    expect(page.locator(".channel .message", has_text="초록")).to_have_count(0)

    for n in range(9):
        slack.chat_postMessage(channel=PAPERS, text=f"RecurrentGemma {n}\n" * 6)
    page.get_by_role("button", name="2 replies").click()
    expect(page.locator(".channel .message", has_text="JetMoE")).to_be_in_viewport()
    pane = page.get_by_role("complementary", name="Thread")
    expect(pane.locator(".message")).to_have_count(3)
    expect(pane.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("고맙습니다")
    page.keyboard.press("Enter")
    expect(pane.locator(".message").last).to_contain_text("고맙습니다")
    expect(page.get_by_role("button", name="3 replies")).to_be_visible()

    page.keyboard.press("Escape")
    expect(pane).to_be_hidden()
    expect(page.get_by_role("button", name="3 replies")).to_be_focused()


def test_what_was_changed_says_so_and_what_was_deleted_goes(visit, slack):
    parent, alone = (slack.chat_postMessage(channel=PAPERS, text=words)["ts"] for words in ("JetMoE", "Rho-1"))
    slack.chat_postMessage(channel=PAPERS, text="초록", thread_ts=parent)
    page = visit("emma")
    row, other = page.locator(f'.channel [data-ts="{parent}"]'), page.locator(f'.channel [data-ts="{alone}"]')
    slack.chat_update(channel=PAPERS, ts=parent, text="JetMoE, withdrawn")
    expect(row).to_contain_text("JetMoE, withdrawn")
    expect(row.locator(".edited")).to_have_text("(edited)")
    expect(other.locator(".edited")).to_have_count(0)
    slack.chat_delete(channel=PAPERS, ts=alone)
    expect(other).to_have_count(0)
    slack.chat_delete(channel=PAPERS, ts=parent)
    expect(row.locator(".tombstone")).to_have_text("This message was deleted.")
    expect(row.locator(".edited")).to_have_count(0)
    row.get_by_role("button", name="1 reply").click()
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("초록")


def test_people_change_and_take_back_their_own_words_and_nobody_elses(visit, slack, sandbox):
    slack.chat_postMessage(channel=PAPERS, text="JetMoE")
    sandbox.send("jiwoo", "papers", "제 말입니다")
    sandbox.send("emma", "papers", "Is <this> cheap, @jiwoo?")
    page = visit("emma")
    for words in ("JetMoE", "제 말입니다"):
        row = page.locator(".channel .message", has_text=words)
        row.hover()
        expect(row.get_by_role("button", name="Copy link")).to_be_visible()
        expect(row.get_by_role("button", name="Edit")).to_have_count(0)
        expect(row.get_by_role("button", name="Delete")).to_have_count(0)
    row = page.locator(".channel .message").last
    row.hover()
    row.get_by_role("button", name="Edit").click()
    box = page.get_by_role("textbox", name="Edit message")
    expect(box).to_have_value("Is <this> cheap, @jiwoo?")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(row).to_contain_text("Is <this> cheap")
    row.hover()
    row.get_by_role("button", name="Edit").click()
    box.fill("Is it cheap?")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Is it cheap?")
    expect(row.locator(".edited")).to_have_text("(edited)")
    expect(box).to_have_count(0)
    row.hover()
    row.get_by_role("button", name="Delete").click()
    expect(page.locator(".channel .message", has_text="cheap")).to_have_count(0)
    assert "cheap" not in str(sandbox.messages("papers"))


def test_a_command_is_offered_run_and_answered_in_private(visit, app):
    page = visit("emma")
    composer(page).focus()
    page.keyboard.type("/pa")
    expect(page.get_by_role("option", name="/paper")).to_be_visible()
    page.keyboard.press("Tab")
    expect(composer(page)).to_have_value("/paper ")
    expect(page.locator(".composer-hint").first).to_contain_text("/paper [")
    page.keyboard.type("tag:moe")
    page.keyboard.press("Enter")
    answer = page.locator(".message.private")
    expect(answer).to_contain_text("You asked for tag:moe")
    expect(answer).to_contain_text("Only visible to you")
    expect(composer(page)).to_have_value("")
    assert [heard["text"] for heard in app] == ["tag:moe"]

    answer.get_by_role("button", name="Next").click()
    expect(answer).to_contain_text("You chose page 2")
    answer.get_by_role("button", name="Dismiss").click()
    expect(answer).to_have_count(0)
    page.reload()
    expect(page.locator(".frame.loading")).to_have_count(0)
    expect(answer).to_have_count(0)


def test_a_menu_is_used_by_keyboard_alone(visit, app, sandbox):
    page = visit("emma")
    sandbox.send("emma", PAPERS, "/paper moe")
    menu = page.get_by_role("button", name="More actions")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Show commentary")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Share here")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".message.private")).to_contain_text("You chose share:7")
    expect(page.get_by_role("menu")).to_have_count(0)
    # The answer was written anew in its place; whoever uses the keys has not lost theirs.
    expect(menu).to_be_focused()


def test_what_the_server_refuses_is_said_and_the_text_comes_back(visit):
    page = visit("emma")
    composer(page).fill("/nothing such")
    page.keyboard.press("Enter")
    expect(page.locator(".channel").get_by_role("alert")).to_contain_text("/nothing")
    expect(composer(page)).to_have_value("/nothing such")


def test_enter_that_ends_a_syllable_does_not_send(visit, sandbox):
    page = visit("jiwoo")
    composer(page).fill("안녕")
    held = """(input) => ["isComposing", "keyCode"].map((how) => {
        const event = new KeyboardEvent("keydown", {
            key: "Enter", bubbles: true, cancelable: true, [how]: how === "keyCode" ? 229 : true });
        input.dispatchEvent(event);
        return event.defaultPrevented;
    })"""
    assert composer(page).evaluate(held) == [False, False]
    expect(composer(page)).to_have_value("안녕")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("하세요")
    page.keyboard.press("Enter")
    expect(page.locator(".message").last).to_contain_text("안녕\n하세요", use_inner_text=True)
    assert [message["text"] for message in sandbox.messages(PAPERS)] == ["안녕\n하세요"]


def test_people_are_offered_by_their_names_and_mentioned(visit, sandbox):
    page = visit("emma")
    composer(page).focus()
    page.keyboard.type("@지")
    expect(page.get_by_role("option", name="김지우")).to_be_visible()
    page.keyboard.press("Enter")
    expect(composer(page)).to_have_value("@jiwoo ")
    page.keyboard.type("look")
    page.keyboard.press("Enter")
    expect(page.locator(".message").last.locator(".mention")).to_have_text("@김지우")
    assert sandbox.messages(PAPERS)[-1]["text"] == "<@U0JIWOO001> look"


def test_another_user_sees_only_what_is_theirs(visit, slack, sandbox):
    slack.chat_postEphemeral(channel=PAPERS, user="U0EMMA0001", text="for Emma alone")
    page = visit("emma")
    expect(page.locator(".message.private")).to_contain_text("for Emma alone")
    places = page.get_by_role("navigation")
    expect(places.get_by_role("button", name="lab private channel")).to_be_visible()

    page.get_by_role("button", name="Switch user").click()
    page.get_by_role("menuitemradio", name="Lena Vogel").click()
    expect(page.get_by_role("button", name="You are Lena Vogel")).to_be_visible()
    expect(page.locator(".message.private")).to_have_count(0)
    expect(places.get_by_role("button", name="lab private channel")).to_have_count(0)
    slack.chat_postEphemeral(channel=PAPERS, user="U0EMMA0001", text="for Emma again")
    slack.chat_postEphemeral(channel=PAPERS, user="U0LENA0001", text="for Lena alone")
    expect(page.locator(".message.private")).to_have_count(1)
    expect(page.locator(".message.private")).to_contain_text("for Lena alone")


def test_unread_channels_are_marked_until_they_are_opened(visit, sandbox):
    page = visit("jiwoo")
    row = page.get_by_role("navigation").locator("[data-place=C0GENERAL1]")
    expect(row).not_to_contain_text("unread")
    sandbox.send("emma", "general", "@jiwoo hello")
    expect(row).to_contain_text("1 unread")
    row.click()
    expect(page.locator(".new-line")).to_be_visible()
    expect(row).not_to_contain_text("unread")


def test_the_theme_follows_the_system_until_another_is_chosen(visit):
    page = visit("emma", color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(paper)
    assert dark != light
    page.get_by_role("button", name="Switch to dark theme").click()
    assert page.evaluate(paper) == dark
    page.reload()
    assert page.evaluate(paper) == dark
    page.get_by_role("button", name="Switch to light theme").click()
    assert page.evaluate(paper) == light


def test_a_dropped_line_is_taken_up_again_with_what_happened_meanwhile(visit, slack, browser, sandbox):
    page = visit("emma")
    lines = []

    def through(line):
        lines.append(line)
        line.connect_to_server()

    page.route_web_socket("**/page/live*", through)
    page.reload()
    expect(page.locator(".frame.loading")).to_have_count(0)
    slack.chat_postMessage(channel=PAPERS, text="first")
    expect(page.locator(".message", has_text="first")).to_be_visible()
    lines[0].close()
    slack.chat_postMessage(channel=PAPERS, text="second")
    expect(page.locator(".message", has_text="second")).to_be_visible()
    expect(page.get_by_text("Connection lost")).to_be_hidden()


def test_a_link_to_a_reply_opens_its_thread_at_it(visit, slack, sandbox):
    parent = slack.chat_postMessage(channel=PAPERS, text="the parent")["ts"]
    replies = [
        slack.chat_postMessage(channel=PAPERS, text=f"reply {n}\n" * 8, thread_ts=parent)["ts"] for n in range(12)
    ]
    link = slack.chat_getPermalink(channel=PAPERS, message_ts=replies[6])["permalink"]
    page = visit("emma", path="/archives/" + link.split("/archives/")[1])
    pane = page.get_by_role("complementary", name="Thread")
    expect(pane.locator(".message.target")).to_contain_text("reply 6")
    expect(pane.locator(".message.target")).to_be_in_viewport()
    expect(page.locator(".channel .message", has_text="the parent")).to_be_in_viewport()


def test_a_reader_at_the_bottom_stays_there_and_one_above_is_left_alone(visit, slack):
    for n in range(20):
        slack.chat_postMessage(channel=PAPERS, text=f"paper {n}\n" * 4)
    page = visit("emma")
    expect(page.locator(".message").last).to_be_in_viewport()
    slack.chat_postMessage(channel=PAPERS, text="the newest")
    expect(page.locator(".message", has_text="the newest")).to_be_in_viewport()
    page.locator(".channel .timeline-scroller").evaluate("(list) => { list.scrollTop = 100; }")
    expect(page.get_by_role("button", name="Latest messages")).to_be_visible()
    slack.chat_postMessage(channel=PAPERS, text="one more")
    page.get_by_role("button", name="New messages").click()
    expect(page.locator(".message", has_text="one more")).to_be_in_viewport()


def test_an_empty_channel_says_what_to_try(visit):
    page = visit("emma")
    page.get_by_role("button", name="/paper", exact=True).click()
    expect(composer(page)).to_have_value("/paper")


def test_a_narrow_window_has_the_channels_in_a_drawer(visit, sandbox):
    sandbox.send("emma", "papers", "hello")
    page = visit("emma", viewport={"width": 380, "height": 700})
    place = page.get_by_role("navigation").get_by_role("button", name="random")
    expect(place).to_be_hidden()
    page.get_by_role("button", name="Show channels").click()
    place.click()
    expect(page.get_by_role("heading", name="random", level=1)).to_be_visible()
    expect(place).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
