"""What counts as a word, in text and in a query: units, tokens, needles, and nearness between words.

A *unit* is what one written word is cut into. Latin words are cut at hyphens and at borders of letters and digits,
folded (case, diacritics, width) and lightly stemmed: ``Pre-Training`` gives ``pre train``. A Hangul run (also Han and
Kana) is one unit, however long, and is found by any part of it: 학습 in 강화학습을.

A field is kept as one *field string*: its units in order with a space on either side, ``|`` between values, and after
them the *other forms* of its words: joined (``pretrain``, ``gpt4``), and the parts of a camel-case name (``moe`` of
``JetMoE``). So a word or a phrase of consecutive words is found by looking for a substring: its *needle*.
Words that have another usual spelling (`spellings`) are repeated in it, each with its neighbours.

A *token* is what the database's index holds: a Latin unit, or the overlapping pairs of a Hangul unit.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from bot.digest.normalize import nfd, nfkc
from bot.search.spellings import as_written, clean, respelled

RULES_VERSION = 5
"""Of the rules in this file. An index made under another version is made again."""

BREAK = "|"
"""Stands between the values of a field string, so that no phrase reaches from one to the next."""

RESPELLED = "||"
"""Stands before what is repeated in another spelling, at the end of a field string."""

_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3"
    "\uaa60-\uaa7f"
)
"""Thai, Lao, Burmese and Khmer letters and marks. These scripts write no spaces between words."""
_PAIRED = f"가-힣ㄱ-ㆎᄀ-ᇿ\u3041-\u30ff\u3400-\u9fff{_UNSPACED}"
_MARKS = "\u0300-\u036f"
_HYPHENS = "-_\u2010-\u2015\u2212\uff0d"
_APOSTROPHES = "'\u2019\u02bc"

_URL = re.compile(r"https?://[^\s)\]>]+", re.IGNORECASE)
_RUN = re.compile(
    rf"[^\W_](?:[^\W_]|[{_MARKS}{_UNSPACED}]|[{_APOSTROPHES}](?=[^\W\d_])|[{_HYPHENS}]+(?=[^\W_])|(?<=\d)[.,](?=\d))*"
)
_ATOM = re.compile(
    rf"(?P<number>\d{{1,3}}(?:,\d{{3}})+(?![\d,])(?:\.\d+)?|\d+(?:\.\d+)*)"
    rf"|(?P<paired>[{_PAIRED}]+)"
    rf"|(?P<letters>[^\W\d_{_PAIRED}](?:[^\W\d_{_PAIRED}]|[{_MARKS}{_APOSTROPHES}])*)"
    rf"|(?P<hyphen>[{_HYPHENS}]+)"
)
_PAIR = re.compile(f"[{_PAIRED}]")
_SYLLABLES = re.compile("[가-힣]+")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+")
_VERSION = re.compile(r"([A-Za-z]*[A-Z])v")

# Letters that no Unicode decomposition leads back to the letters people type for them.
_LETTERS = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ħ": "h", "ŧ": "t"}
)
_IRREGULAR = {
    "using": "use", "used": "use", "matrices": "matrix", "indices": "index", "vertices": "vertex", "news": "news",
    "lens": "lens", "lenses": "lens",
}  # fmt: skip

_LONGEST_JOINED = 40
"""Letters. A joined form longer than this is nobody's word."""


def fold(word: str) -> str:
    """The word without case, diacritics, width and apostrophes: ``Łukasz`` and ``ＬＵＫＡＳＺ`` are ``lukasz``."""
    if not word.isascii():
        word = clean(word)
        word = nfkc(word)
        word = "".join(_without_marks(letter) for letter in word).casefold().translate(_LETTERS)
        word = "".join(_without_marks(letter) for letter in word)
        for mark in _APOSTROPHES[1:]:
            word = word.replace(mark, "")
    return word.lower().replace("'", "")


def _without_marks(letter: str) -> str:
    if letter < "\u00c0" or letter > "\u1fff" or "\u1100" <= letter <= "\u11ff":
        return letter
    return "".join(part for part in nfd(letter) if not unicodedata.combining(part))


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """A folded English word without its endings, the same for all its forms: train, trains, training, trained, trainer.

    Cutting is repeated until nothing changes, so a stem's stem is itself.
    """
    while True:
        shorter = _IRREGULAR.get(word) or _cut(word)
        if shorter == word:
            return word
        word = shorter


def _cut(word: str) -> str:
    """The word one ending shorter, or as it was."""
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")) and len(word) > 5:
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    if word.endswith(("ied", "ier")) and len(word) > 5:
        return word[:-3] + "y"
    if word.endswith("eed"):
        return word[:-1] if len(word) > 5 else word
    for ending, shortest in (("ing", 3), ("ed", 3), ("er", 4)):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= shortest and re.search("[aeiouy]", rest):
            return _bare(rest)
    if word.endswith("e") and not word.endswith("ee") and len(word) > 4:
        return word[:-1]
    return word


def _bare(rest: str) -> str:
    """What is left before -ing, -ed, -er as its own word: runn is run, cod is code (Porter's step 1b)."""
    if rest[-1] == rest[-2] and rest[-1] in "bdgmnprt":
        return rest[:-1]
    if len(rest) == 3 and re.fullmatch("[^aeiou][aeiouy][^aeiouwxy]", rest):
        return rest + "e"
    return rest


def is_paired(unit: str) -> bool:
    """Whether a unit is of a script that is indexed as overlapping pairs and found by any part of it."""
    return unit[:1] > "\u0dff" and _PAIR.match(unit) is not None


def _split(run: str) -> Iterator[tuple[str, str, int, int]]:
    """Kind, folded text, start and end of each part of a run; a hyphen is a part too."""
    for match in _ATOM.finditer(run):
        kind = match.lastgroup or ""
        text = match[0]
        if kind == "number":
            text = fold(text).replace(",", "")
        elif kind == "paired":
            text = nfkc(text) if "\u1100" <= text[0] <= "\u11ff" else text
        elif kind == "letters":
            text = "".join(letter for letter in fold(text) if letter.isalnum())
        if text:
            yield kind, text, match.start(), match.end()


def _unit(kind: str, text: str) -> str:
    return stem(text) if kind == "letters" else text


def cut(text: str) -> list[tuple[str, str]]:
    """The words of a text before they are stemmed, each with its kind: ``number``, ``paired`` or ``letters``."""
    runs = _RUN.findall(_URL.sub(" ", clean(text)))
    return [(kind, word) for run in runs for kind, word, _, _ in _split(run) if kind != "hyphen"]


def _joined(parts: list[tuple[str, str]]) -> str | None:
    """Latin parts written as one word; None where that is no word anyone writes (``2-3`` is not 23)."""
    if len(parts) < 2 or any(kind == "paired" for kind, _ in parts):
        return None
    if any(left[0] == right[0] == "number" for left, right in pairwise(parts)):
        return None
    word = "".join(text for _, text in parts)
    return stem(word) if len(word) <= _LONGEST_JOINED else None


def _camel_parts(letters: str) -> list[str]:
    """The words in a camel-case name; none where it is one word. Parts under three letters stay with a neighbour,
    which keeps LLaMA, ViT and the MoE of JetMoE whole."""
    parts: list[str] = []
    short = ""
    for piece in _CAMEL.findall(letters):
        word = short + piece
        if len(word) >= 3:
            parts.append(word)
            short = ""
        else:
            short = word
    if short and parts:
        parts[-1] += short
    return parts if len(parts) > 1 else []


def _other_forms(run: str, parts: list[tuple[str, str, int, int]]) -> list[str]:
    """The joined and the camel-case forms under which a run is found besides its units."""
    return [form for stretch in _stretches(parts) for form in _forms_of(run, stretch)]


def _stretches(parts: list[tuple[str, str, int, int]]) -> Iterator[list[tuple[str, str, int, int]]]:
    """The parts of a run that are not Hangul, up to the next that is: the ``pre-training`` of ``pre-training을``."""
    for paired, some in groupby(parts, key=lambda part: part[0] == "paired"):
        if not paired:
            yield list(some)


def _forms_of(run: str, parts: list[tuple[str, str, int, int]]) -> list[str]:
    segments: list[list[tuple[str, str]]] = [[]]
    for kind, text, _, _ in parts:
        if kind == "hyphen":
            segments.append([])
        else:
            segments[-1].append((kind, text))
    joined = [_joined(segment) for segment in segments]
    if len(segments) > 1:
        joined.append(_joined([part for segment in segments for part in segment]))
    if len(segments) > 2:
        joined += [_joined(left + right) for left, right in pairwise(segments)]
    forms = [form for form in joined if form]
    for at, (kind, _, start, end) in enumerate(parts):
        if kind != "letters":
            continue
        forms += [stem(fold(part)) for part in _camel_parts(run[start:end])]
        version = _VERSION.fullmatch(run[start:end])
        if version and at + 1 < len(parts) and parts[at + 1][0] == "number":  # DINOv2 is dino v2
            forms += [stem(fold(version[1])), "v" + parts[at + 1][1]]
    return forms


@lru_cache(maxsize=1 << 15)
def _read_chunk(chunk: str) -> tuple[str, tuple[str, ...]]:
    """The units of text without white space, as they stand in a field string, and the other forms of its words."""
    if chunk.isascii() and chunk.isalpha() and chunk[1:].islower():  # most English words need none of what follows
        return stem(chunk.lower()), ()
    if _SYLLABLES.fullmatch(chunk):  # nor do most Korean ones
        return chunk, ()
    units: list[str] = []
    forms: list[str] = []
    for run in _RUN.findall(_URL.sub(" ", chunk)):
        parts = list(_split(run))
        units += [_unit(kind, text) for kind, text, _, _ in parts if kind != "hyphen"]
        if len(parts) > 1 or not run[1:].islower():
            forms += _other_forms(run, parts)
    return " ".join(units), tuple(forms)


_PUNCTUATION = ".,:;!?()[]{}<>\"'`*~|…“”‘’"
_LONGEST_CHUNK = 64
"""Characters. Longer ones are rare, and not worth remembering."""


_AT_ONCE = 20_000
"""Characters. No call that other threads cannot interrupt reads more of a text."""


def _parts(text: str) -> Iterator[str]:
    """The text in parts between words; a word longer than a part is cut, which nobody looks for."""
    start = 0
    while len(text) - start > _AT_ONCE:
        end = text.rfind(" ", start, start + _AT_ONCE) + 1 or start + _AT_ONCE
        yield text[start:end]
        start = end
    yield text[start:]


def _read(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for part in _parts(text):
        for chunk in clean(part).split():
            word = chunk.strip(_PUNCTUATION)  # fewer spellings to remember
            read = _read_chunk(word) if len(word) <= _LONGEST_CHUNK else _read_chunk.__wrapped__(word)
            if read[0]:
                yield read


def latin_words(text: str) -> Iterator[str]:
    """The Latin words of a text, folded and not stemmed; what hyphens and digits part, as one word too."""
    for run in _RUN.findall(_URL.sub(" ", clean(text))):
        for stretch in _stretches(list(_split(run))):
            words = [word for kind, word, _, _ in stretch if kind == "letters"]
            yield from words
            if len(words) > 1:
                yield "".join(words)


def field_string(values: Iterable[str]) -> str:
    """The values of one field as a field string; empty where no word stands in them. A URL is not words."""
    units: list[str] = []
    forms: dict[str, None] = {}
    others: list[str] = []
    other_forms: dict[str, None] = {}
    for value in values:
        if units and units[-1] != BREAK:
            units.append(BREAK)
        text = clean(value)
        _add(text, units, forms)
        for other in respelled(_URL.sub(" ", text) if "://" in text else text):
            if others:
                others.append(BREAK)
            _add(other, others, other_forms)
    if units and units[-1] == BREAK:
        units.pop()
    for form in forms:
        units += [BREAK, form]
    if others:
        units += [RESPELLED, *others]
        for form in other_forms:
            if form not in forms:
                units += [BREAK, form]
    return f" {' '.join(units)} " if units else ""


def _add(text: str, units: list[str], forms: dict[str, None]) -> None:
    """Add the units and the other forms of the words of a text."""
    for some, other in _read(text):
        units.append(some)
        for form in other:
            forms[form] = None


def own_length(field: str) -> int:
    """Characters of a field string without what is repeated in another spelling."""
    end = field.find(RESPELLED)
    return len(field) if end < 0 else end


def written_words(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The words of a text as they are written, each with the units and forms under which it is found."""
    for chunk in clean(text).split():
        word = chunk.strip(_PUNCTUATION)
        read, forms = _read_chunk(word) if len(word) <= _LONGEST_CHUNK else _read_chunk.__wrapped__(word)
        if read:
            yield word, (*read.split(), *forms)


def unit_tokens(unit: str) -> list[str]:
    """A unit's tokens. A Hangul unit's last syllable is one too: with the pairs that start with it, it makes a single
    syllable findable anywhere."""
    if not is_paired(unit):
        return [unit]
    return [unit[at : at + 2] for at in range(len(unit))]


@lru_cache(maxsize=1 << 12)
def tokens_in(needle: str) -> tuple[str, ...]:
    """The tokens that an entry with this needle in it holds.

    A single syllable stands for every pair it begins: that is much to look through, and left out beside other tokens.
    """
    units = needle.split()
    longer = [unit for unit in units if len(unit) > 1 or not is_paired(unit)]
    found: list[str] = []
    for unit in longer or units:
        some = unit_tokens(unit)
        found += some[:-1] if len(some) > 1 else some
    return tuple(found)


def tokens_of(texts: Iterable[str]) -> set[str]:
    """The tokens by which entries with one of these texts are found."""
    return {token for text in texts for needle in needles(text) for token in tokens_in(needle)}


def most_holding(text: str, frequencies: Mapping[str, int]) -> int:
    """How many entries hold a text at most: those that hold the rarest of its tokens."""
    return max((min(frequencies.get(token, 0) for token in tokens_in(needle)) for needle in needles(text)), default=0)


def initials(text: str) -> str:
    """The first letters of two to six Latin words; empty for anything else."""
    words = [word for kind, word in cut(text) if kind == "letters"]
    return "".join(word[0] for word in words) if 2 <= len(words) <= 6 and text.isascii() else ""


def field_tokens(field: str) -> list[str]:
    """The different tokens of a field string, for the index."""
    found: dict[str, None] = {}
    for unit in dict.fromkeys(field.split()):
        if unit.isascii() or not is_paired(unit):
            found[unit] = None
        else:
            for at in range(len(unit)):
                found[unit[at : at + 2]] = None
    found.pop(BREAK, None)
    found.pop(RESPELLED, None)
    return list(found)


def tokens(text: str) -> list[str]:
    """The different index tokens of a text."""
    return field_tokens(field_string([text]))


@lru_cache(maxsize=1 << 10)
def needles(text: str) -> tuple[str, ...]:
    """What to look for in a field string to find these words one after another; none where there are no words.

    Any one of them is a match: the units side by side, or the hyphenated written as one word.
    """
    text = clean(text)
    found = _needles(text)
    for other in respelled(text, whole=True):
        found += _needles(other)
    return tuple(dict.fromkeys(found))


def _needles(text: str) -> tuple[str, ...]:
    units = [some for some, _ in _read(text)]
    if not units:
        return ()
    apart = _needle(" ".join(units))
    joined = []
    for run in _RUN.findall(_URL.sub(" ", text)):
        parts = [(kind, word) for kind, word, _, _ in _split(run) if kind != "hyphen"]
        if len(parts) > 1 and all(kind == "paired" for kind, _ in parts):
            joined.append("".join(word for _, word in parts))
        else:
            joined.append(_joined(parts) or " ".join(_unit(kind, word) for kind, word in parts))
    together = _needle(" ".join(joined))
    return (apart,) if together == apart else (apart, together)


def _needle(units: str) -> str:
    """Open towards Hangul, closed towards Latin letters: Korean particles follow, and compounds precede, unspaced."""
    first, last = units.split(" ", 1)[0], units.rsplit(" ", 1)[-1]
    return f"{'' if is_paired(first) else ' '}{units}{'' if is_paired(last) else ' '}"


_Place = tuple[str, int, int]
"""A unit or another form of a word, with its start and end."""


class _ReadText(NamedTuple):
    """A text as its words are read, and for each character where it stands in the text as written: start and end."""

    text: str
    places: list[tuple[int, int]] | None


@lru_cache(maxsize=8)
def _as_read(text: str) -> list[_ReadText]:
    return [_ReadText(*one) for one in as_written(text)]


def spans(text: str, needle: str) -> Iterator[tuple[int, int]]:
    """Where in an NFC text the needle's words stand: start and end, Hangul inside a longer run cut to the part."""
    places = {place for read in _as_read(text) for place in _found_in(read, needle.split())}
    yield from sorted(places)


def _found_in(read: "_ReadText", wanted: list[str]) -> Iterator[tuple[int, int]]:
    units, forms = _places(read.text)
    found = _side_by_side(wanted, units) if len(wanted) > 1 else _alone(wanted[0], units, forms)
    return found if read.places is None else ((read.places[a][0], read.places[b - 1][1]) for a, b in found)


def _alone(word: str, units: list[_Place], forms: list[_Place]) -> Iterator[tuple[int, int]]:
    yield from ((start, end) for form, start, end in forms if form == word)
    if not is_paired(word):
        yield from ((start, end) for unit, start, end in units if unit == word)
        return
    for unit, start, end in units:
        if word in unit and len(unit) == end - start:
            yield from ((start + m.start(), start + m.end()) for m in re.finditer(re.escape(word), unit))


def _side_by_side(wanted: list[str], units: list[_Place]) -> Iterator[tuple[int, int]]:
    for at, (unit, _, _) in enumerate(units):
        here = units[at : at + len(wanted)] if unit.endswith(wanted[0]) else []
        if len(here) == len(wanted) and _follow(wanted, [unit for unit, _, _ in here]):
            first, start, end = here[0]
            if is_paired(first):
                start = end - len(wanted[0])
            last, last_start, last_end = here[-1]
            yield start, last_start + len(wanted[-1]) if is_paired(last) else last_end


@lru_cache(maxsize=32)
def _places(text: str) -> tuple[list[_Place], list[_Place]]:
    """The units of a text in order, and other forms of its words. Kept, as several words are looked for in a text."""
    all_units: list[_Place] = []
    all_forms: list[_Place] = []
    for run in _RUN.finditer(text):
        begin, end = run.span()
        units, forms = _placed(run[0]) if end - begin <= _LONGEST_CHUNK else _placed.__wrapped__(run[0])
        for unit, first, last in units:
            all_units.append((unit, begin + first, begin + last))
        for form, first, last in forms:
            all_forms.append((form, begin + first, begin + last))
    return all_units, all_forms


@lru_cache(maxsize=1 << 13)
def _placed(run: str) -> tuple[list[_Place], list[_Place]]:
    """The units of a run and the other forms of its words, each with its start and end."""
    parts = list(_split(run))
    units = [(_unit(kind, word), start, end) for kind, word, start, end in parts if kind != "hyphen"]
    forms: dict[_Place, None] = {}
    for stretch in _stretches(parts):
        words = [part for part in stretch if part[0] != "hyphen"]
        forms.update(((form, words[0][2], words[-1][3]), None) for form in _forms_of(run, stretch))
    return units, list(forms)


def _follow(wanted: list[str], units: list[str]) -> bool:
    """Whether units continue one another as the needle asks: the outer ends of Hangul are open."""
    first = units[0].endswith(wanted[0]) if is_paired(wanted[0]) else units[0] == wanted[0]
    last = units[-1].startswith(wanted[-1]) if is_paired(wanted[-1]) else units[-1] == wanted[-1]
    return first and last and units[1:-1] == wanted[1:-1]


_KOREAN_NAME = (3, 4)
"""Syllables of a whole name. Of four, the surname may be two."""


def name_words(text: str) -> list[list[str]]:
    """The words of a name, in each of its spellings; of a Korean one in one word, surname and given name too."""
    text = clean(text)
    spelled = [
        [unit for some, _ in _read(one) for unit in some.split()] for one in (text, *respelled(text, whole=True))
    ]
    joined = [words[0] for words in spelled if len(words) == 1 and len(words[0]) in _KOREAN_NAME]
    korean = [name for name in joined if all(map(is_paired, name))]
    parted = [[name[:1], name[1:]] for name in korean]
    parted += [[name[:2], name[2:]] for name in korean if len(name) == max(_KOREAN_NAME)]
    return [words for words in (*spelled, *parted) if words]


def is_name(field: str, text: str) -> bool:
    """Whether one value of a field string holds all words of a name, in any order, some of them as initials.

    At least one word must be there in full. A name of one word is a needle; 김철수 is two words as well.
    """
    wanted = [words for words in name_words(text) if len(words) > 1 and any(len(word) > 1 for word in words)]
    return bool(wanted) and any(_names(value.split(), words) for value in _values(field) for words in wanted)


def _values(field: str) -> list[str]:
    return field.replace(RESPELLED, BREAK).split(BREAK)


def _names(there: list[str], wanted: list[str]) -> bool:
    left = list(there)
    initials_left = []
    for word in wanted:
        same = next((other for other in left if other == word or (is_paired(word) and word in other)), None)
        if same is None:
            initials_left.append(word)
        else:
            left.remove(same)
            if rest := same.replace(word, "", 1):  # 김 and 철수 of 김철수
                left.append(rest)
    if len(initials_left) == len(wanted) or all(len(word) == 1 for word in wanted if word not in initials_left):
        return False
    for word in initials_left:
        short = next((other for other in left if 1 in (len(word), len(other)) and word[0] == other[0]), None)
        if short is None or is_paired(short):
            return False
        left.remove(short)
    return True


def nearest(word: str, candidates: Iterable[str], n: int = 3) -> list[str]:
    """The candidates a slip of the fingers away from the word, nearest first; Hangul is compared by its letters."""
    typed = _letters(word)
    allowed = 1 if len(typed) < 6 else 2 if len(typed) < 10 else 3
    different = set(typed)
    near = []
    for at, candidate in enumerate(candidates):
        letters = _letters(candidate)
        if abs(len(letters) - len(typed)) > allowed or len(different.symmetric_difference(letters)) > 2 * allowed:
            continue  # far cheaper than a distance: a slip brings one letter in and puts one out
        slips = distance(typed, letters, allowed)
        if slips <= allowed:
            near.append((slips, at, candidate))
    return [candidate for _, _, candidate in sorted(near)[:n]]


@lru_cache(maxsize=1 << 12)
def _letters(word: str) -> str:
    return nfd(fold(word))


def distance(left: str, right: str, limit: int) -> int:
    """Letters to add, drop, change or swap with the next to make one the other; ``limit + 1`` where it takes more."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    above = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        row = [i]
        for j, other in enumerate(right, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and other == left[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, above = above, row
    return min(above[-1], limit + 1)
