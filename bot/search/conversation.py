"""What a person says to the bot in a conversation: by mention, or in a direct message.

The words of a slash command are read here too, and besides them what people say to somebody: a greeting, thanks, a
sentence about one paper, and in a paper's thread a verb alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.digest.normalize import nfkc
from bot.digest.papers import paper_id
from bot.errors import QueryError
from bot.search.command import Command, Find, What, parse_command
from bot.search.grammar import parse_look_up


@dataclass(frozen=True, slots=True)
class Greeting:
    """A person says hello, or thanks. Answered in kind."""

    thanks: bool = False


_HELLO = frozenset({
    "hi", "hii", "hello", "hello there", "hi there", "hey", "hey there", "heya", "hiya", "yo", "howdy", "greetings",
    "good morning", "morning", "good afternoon", "good evening", "good day", "안녕", "안녕하세요",
    "안녕하십니까", "하이",
    "헬로", "반갑습니다", "반가워요", "반가워", "좋은 아침", "좋은 아침입니다", "좋은 아침이에요", "hallo", "hola",
    "bonjour", "guten tag", "guten morgen", "ciao", "こんにちは", "你好",
})  # fmt: skip
_THANKS = frozenset({
    "thanks", "thank you", "thank you very much", "thanks a lot", "many thanks", "thx", "ty", "cheers", "ok thanks",
    "great thanks", "okay thanks", "cool thanks", "감사합니다", "감사해요", "고맙습니다", "고마워요", "고마워", "감사",
    "땡큐", "danke", "merci", "gracias",
})  # fmt: skip
_NAMES = re.compile(r"\s+(?:paperround|bot|everyone|all|there|team|봇)\Z")
_LINK = re.compile(r"https?://[^\s<>|\"]+|(?<![\w./@])(?:www\.)?(?:arxiv|openreview)\.\w+/[^\s<>|\"]+", re.IGNORECASE)
_AFTER_LINK = ".,;:!?'\"*_~`)]}”’…"
_FIELD = re.compile(r"(?<!\S)-?[^\W\d_]{2,20}:(?!//)\S")

_ALONE: Mapping[str, What] = {
    **dict.fromkeys(("related", "related papers", "similar", "관련", "관련 논문", "비슷한 논문"), "related"),
    **dict.fromkeys(("why", "왜"), "why"),
    **dict.fromkeys(("save", "save this", "save for later", "저장", "저장하기"), "save"),
    **dict.fromkeys(("unsave", "저장 취소", "저장취소"), "drop"),
    **dict.fromkeys(
        ("commentary", "show commentary", "abstract", "note", "해설", "코멘트", "초록", "노트"), "commentary"
    ),
}


def parse_message(text: str, *, today: date) -> Command | Greeting:
    """As `parse_command`, of what is said to the bot. Raises QueryError."""
    greeting = _greeting(text)
    if greeting is not None:
        return greeting
    link = only_paper(text)
    try:
        command = parse_command(text, today=today)
    except QueryError:
        if link is None:
            raise
        command = Find()
    return Find(parse_look_up(link, today=today)) if link and isinstance(command, Find) else command


def only_paper(text: str) -> str | None:
    """The link of the one paper that a sentence is about; None where there is none or more, and for a query."""
    if _FIELD.search(_LINK.sub(" ", text)):
        return None
    links = [found.group().rstrip(_AFTER_LINK) for found in _LINK.finditer(text)]
    links = [link if "://" in link else f"https://{link}" for link in links]
    papers = {paper: link for link in reversed(links) if (paper := paper_id(link))}
    return next(iter(papers.values())) if len(papers) == 1 else None


def asked_in_thread(text: str) -> What | None:
    """What a verb alone, or nothing, asks about the paper in whose thread it is said; None for all else."""
    typed = _flat(text).rstrip(" ?!.")
    return _ALONE.get(typed) if typed else "paper"


def _greeting(text: str) -> Greeting | None:
    typed = " ".join(re.sub(r"[^\w\s]", " ", _flat(text)).split())
    for said in (typed, _NAMES.sub("", typed)):
        if said in _HELLO:
            return Greeting()
        if said in _THANKS:
            return Greeting(thanks=True)
    return None


def _flat(text: str) -> str:
    return " ".join(nfkc(text[:200]).casefold().split()) if len(text) <= 200 else ""
