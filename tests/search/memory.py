"""An archive that holds its entries in a list: the smallest thing that finding works on."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.digest.model import StoredEntry
from bot.search.archive import Matching, Totals
from bot.search.fields import FIELDS, EntryFields, read_fields
from bot.search.sound import sounds
from bot.search.tree import Node
from bot.search.words import BREAK, field_tokens, initials, latin_words, needles, own_length, stem, tokens_in

HEADING = (0, 1, 2)


class MemoryArchive:
    """Places are numbers in the list, oldest first; of a day's entries the first in its order is the last here."""

    def __init__(self, entries: Iterable[StoredEntry]) -> None:
        there = [stored for stored in entries if not stored.withdrawn]
        self.entries = [read_fields(stored) for stored in sorted(there, key=lambda one: (one.day, -one.position))]
        self.tokens = [[set(field_tokens(text)) for text in entry.words] for entry in self.entries]
        texts = [text for stored in there for text in (stored.entry.title, *stored.entry.tags)]
        self.words = {word for text in texts for word in latin_words(text) if len(word) > 3}
        self.counts = Counter(token for fields in self.tokens for token in set().union(*fields))

    def totals(self) -> Totals:
        filled = [
            [own_length(entry.words[at]) for entry in self.entries if entry.words[at]] for at in range(len(FIELDS))
        ]
        return Totals(len(self.entries), tuple(sum(some) / len(some) if some else 1.0 for some in filled))

    def frequencies(self, tokens: Iterable[str]) -> Mapping[str, int]:
        return {token: self.counts[token] for token in tokens if token in self.counts}

    def beginning(self, start: str, shortest: int, longest: int) -> Mapping[str, int]:
        return {
            token: holding
            for token, holding in self.counts.items()
            if token.startswith(start) and shortest <= len(token) <= longest
        }

    def long_forms(self, acronyms: Iterable[str]) -> Mapping[str, Sequence[str]]:
        found: dict[str, Counter[str]] = {}
        for entry in self.entries:
            for tag in {tag.strip() for tag in entry.tags.split(BREAK)}:
                found.setdefault(initials(tag), Counter())[tag] += 1
        return {
            short: [tag for _, tag in sorted((-used, tag) for tag, used in found[short].items())][:3]
            for short in acronyms
            if short and short in found
        }

    def sounding(self, keys: Iterable[str]) -> Sequence[str]:
        wanted = set(keys)
        return sorted(word for word in self.words if wanted & {*sounds(word), *sounds(stem(word))})

    def matching(self, tree: Node | None, limit: int, *, ranked: int, oldest: bool) -> Matching:
        newest: dict[str, EntryFields] = {}
        for entry in reversed(self.entries):
            if tree is None or tree.holds(entry):
                newest.setdefault(entry.key, entry)
        found = list(newest.values())[:limit]
        return Matching(tuple(found[:ranked]), tuple(entry.id for entry in found[ranked:]), len(newest) > limit)

    def newest(self, wanted: Node, most: int) -> list[EntryFields]:
        return list(self.matching(wanted, most, ranked=most, oldest=False).pool)

    def places(self, firm: Node | None, texts: Sequence[str], most: int, *, heading: bool = False) -> Sequence[int]:
        wanted = [tokens_in(needle) for text in texts for needle in needles(text)]
        found = [
            place
            for place, fields in enumerate(self.tokens)
            if any(self._holds(fields, tokens, heading=heading) for tokens in wanted)
            and (firm is None or firm.holds(self.entries[place]))
        ]
        return found[::-1][:most]

    @staticmethod
    def _holds(fields: Sequence[set[str]], tokens: Iterable[str], *, heading: bool) -> bool:
        there = set().union(*(fields[at] for at in HEADING)) if heading else set().union(*fields)
        return all(
            token in there or (len(token) == 1 and not token.isascii() and any(t.startswith(token) for t in there))
            for token in tokens
        )

    def read(self, places: Sequence[int], firm: Node | None) -> Mapping[int, EntryFields]:
        chosen = {place: self.entries[place] for place in sorted(places, reverse=True)}
        return {place: entry for place, entry in chosen.items() if firm is None or firm.holds(entry)}
