"""Everything people see, in both languages, is a message that Slack takes."""


def test_every_message_keeps_to_slacks_limits(every, words, check):
    for name, content in every(words).items():
        try:
            check(content)
        except AssertionError as exc:
            raise AssertionError(f"{name}: {content}") from exc


def test_every_message_says_in_its_text_what_its_blocks_say(every, words, shown):
    """A screen reader is given the text and not the blocks."""
    for name, content in every(words).items():
        text = content.text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("\u200b", "")
        for word in _words(shown(content)):
            assert word in text or _is_control(word, words), f"{name}: {word!r} is not in {text!r}"


def _words(text: str) -> list[str]:
    return [word for word in text.replace("\u200b", "").split() if word.isalnum()]


def _is_control(word: str, words) -> bool:
    keys = (
        "results.previous",
        "results.next",
        "results.exactly",
        "shared.take_back",
        "today.show_latest",
        "list.titles",
    )
    labels = [*(words.t(key, query="") for key in keys), words.t("results.also_on", days=""), words.t("results.thread")]
    return any(word in label for label in labels)


def test_no_message_leaves_a_place_in_its_words_open(every, words):
    for name, content in every(words).items():
        assert "{" not in content.text, name
        assert "\0" not in content.text, name
