"""What Slack accepts and its SDK does not check, and cutting text so that it keeps to it.

Slack does not say whether it counts code points or UTF-16 units, before or after escaping, so everything here counts
the larger: UTF-16 units of the escaped text.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator

TEXT = 3500  # chat.update refuses text over 4,000; a posted part must be editable with its whole text.
PRIVATE_TEXT = 11_000  # Slack has been seen to refuse messages from 13,200 characters of block text on.
BLOCKS = 50  # a message with more is refused whole.
URL = 3000  # of a link or an image.
PLAIN = 3000  # a text object of a section or a context.
HEADER = 150
IMAGE_TEXT = 2000  # what stands for an image
BUTTON = 75
VALUE = 2000  # what a button may carry

ELLIPSIS = "…"

# Without meaning in a message, or able to turn the words around it: control characters, lone surrogates, overrides of
# the writing direction (letters that run right to left need none of them).
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\r\u0085\u2028\u2029\x0b\x0c]")
_NOT_SEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters by their category, and yet nothing to see

# A full stop ends a sentence before white space; in copied Korean text the space is often lost ("합니다.이").
_SENTENCE_END = re.compile(
    r"(?<![.!?…])[.!?…]+[)\]\"'”’]*(?=\s)|[。！？]+[」』”’]*|(?<=[다요까죠네])[.!?]+(?=[가-힣A-Z])|\n"
)
_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|et al|etc|vs|cf|fig|eq|sec|tab|approx|resp|no|dr|st|[a-z])\.$", re.IGNORECASE
)


def clean(text: str) -> str:
    """The text as it may travel: line ends are newlines, no control characters, no lone surrogates."""
    text = _SURROGATE.sub("\ufffd", _LINE_END.sub("\n", text))
    return _UNPRINTABLE.sub("", text.replace("\t", " "))


def is_seen(text: str) -> bool:
    """Whether a person would see anything of it."""
    return any(unicodedata.category(char) not in _NOT_SEEN and char not in _BLANKS for char in text)


def weight(text: str) -> int:
    """How long Slack may take it to be: UTF-16 units of what `mrkdwn.escape` makes of it."""
    return units(text) + 4 * text.count("&") + 3 * (text.count("<") + text.count(">")) + text.count("@")


def units(text: str) -> int:
    """The length in UTF-16 units of a text that is escaped already."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """The text, or its beginning up to the end of a word with an ellipsis, of at most ``most`` by `weight`."""
    if weight(text) <= most:
        return text
    end = longest(text, most - 1)
    space = max(text.rfind(" ", 0, end + 1), text.rfind("\n", 0, end + 1))
    if space > end // 2:
        end = space
    return text[:end].rstrip() + ELLIPSIS


def longest(text: str, most: int) -> int:
    """How many characters may stand before a cut: at most ``most`` by `weight`, no character of a cluster left behind.

    At least 1 for a text that is not empty, whatever ``most`` says, so that cutting always gets on.
    """
    reach = min(len(text), max(most, 0))  # a character weighs at least one
    end = bisect_right(range(1, reach + 1), most, key=lambda end: weight(text[:end]))
    return _cluster_start(text, max(end, 1)) if text else 0


def _cluster_start(text: str, end: int) -> int:
    """The nearest place at or before ``end`` where no accent, joined emoji, flag or Hangul syllable is halved."""
    if end >= len(text):
        return end
    place = end
    while place > 0 and end - place < 64:  # a longer cluster is mischief: halve it rather than lose the progress
        if not _joins(text, place):
            return place
        place -= 1
    return end


def _joins(text: str, place: int) -> bool:
    """Whether the character at ``place`` belongs to the one before it."""
    before, char = text[place - 1], text[place]
    if unicodedata.category(char).startswith("M") or char in "\u200d\ufe0f" or before == "\u200d":
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
        return True
    if "\u1160" <= char <= "\u11ff":  # the vowel or final consonant of a decomposed Hangul syllable
        return True
    if _is_flag_half(char) and _is_flag_half(before):
        run = 0
        while run < place and _is_flag_half(text[place - 1 - run]):
            run += 1
        return run % 2 == 1
    return False


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def sentence_ends(text: str) -> Iterator[int]:
    """The places just after a sentence and the white space that follows it, the end of the text not among them."""
    end = 0
    for match in _SENTENCE_END.finditer(text):
        if match.start() < end:  # an empty line after the line end that was just passed
            continue
        if match.group().startswith(".") and _ABBREVIATION.search(text, max(0, match.end() - 12), match.end()):
            continue
        end = match.end()
        while end < len(text) and text[end].isspace():
            end += 1
        if end < len(text):
            yield end


def best_cut(text: str, reach: int) -> int:
    """Where to cut a text of which at most ``reach`` characters fit: after the last sentence, else a word, else there.

    An end in the first third is passed over: parts should not be stubs.
    """
    if reach >= len(text):
        return len(text)
    end = _cluster_start(text, max(reach, 1))
    sentence = max((place for place in sentence_ends(text[: end + 1]) if place <= end), default=0)
    if sentence > end // 3:
        return sentence
    space = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end)) + 1
    return space if space > end // 3 else end
