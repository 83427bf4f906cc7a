"""What a heading of a note is: the paper's title, or the name of a section."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bot.digest.dates import read_day
from bot.digest.facts import read_facts, read_link_line, unmarked
from bot.digest.keys import title_key
from bot.digest.labels import read_label
from bot.digest.links import find_links, is_paper_link

SectionKind = Literal["abstract", "facts", "related", "words"]

_HEADING = re.compile(r"(?:[>\s]|[-*+](?=\s))*(#{1,6})\s+(\S.*)")
_BOLD_LINE = re.compile(r"(\*\*|__)([^*_\n]{2,60})\1\s?[:：]?")
_NUMBER = re.compile(
    r"(?:[0-9]{1,2}(?:\.[0-9]{1,2}){0,3}[.)]?|[IVX]{1,4}[.)]|[A-Z][.)]|[0-9]️?⃣|第[一二三四五六七八九十]{1,2}[章节部])\s{0,3}"
)
_MARKS = " \t*_`#:：.!?~-–—|\"'“”[]()【】「」"
_ABSTRACT = """
    abstract|초록|摘要|アブストラクト|要旨|paper abstract|논문 초록|original abstract|abstract 번역|abstract 초록
    |초록 abstract|초록 번역
"""
_FACTS = """
    metadata|meta data|meta|info|information|paper info|paper information|paper details|paper metadata|basic info
    |basic information|bibliographic information|bibliography info|bibliographic info|about|about paper
    |about this paper|paper|the paper|article|link|links|paper link|paper links|url|urls|resources|resource
    |citation|cite|source|sources|properties|details|quick links|메타데이터|메타 정보|정보|논문 정보|기본 정보
    |논문|링크|서지 정보|출처|자료|논문 링크|개요 정보|元数据|信息|基本信息|论文信息|文献信息|链接|论文链接|资源
    |论文|论文基本信息|論文情報|書誌情報|基本情報|リンク|情報|メタデータ|論文|論文リンク
"""
_RELATED = """
    references|reference|related|related work|related works|related papers|related notes|see also|further reading
    |bibliography|follow up|follow ups|backlinks|connections|similar papers|prior work|next|next papers
    |reading list|to read|참고 문헌|참고문헌|참고 자료|참고|관련 논문|관련 연구|관련 노트|같이 볼 논문|레퍼런스
    |연결|参考文献|参考|参考资料|相关工作|相关论文|延伸阅读|関連研究|関連論文|関連|次に読むべき論文は
    |次に読むべき論文|引用文献
"""
_WORDS = """
    introduction|intro|background|motivation|motivations|summary|executive summary|overview|note|notes|my notes
    |reading notes|tldr|tl dr|paper review|paper reviews|review|reviews|paper summary|paper notes|paper note
    |reading note|literature note|key points|key point|key ideas|key idea|main idea|main ideas|idea|ideas
    |key takeaways|takeaways|takeaway|key contributions|contribution|contributions|key insights|insight|insights
    |key findings|findings|method|methods|methodology|proposed method|approach|approaches|our approach|model
    |models|architecture|model architecture|framework|algorithm|algorithms|experiment|experiments
    |experimental results|experimental setup|setup|result|results|evaluation|evaluations|analysis|ablation
    |ablations|ablation study|discussion|discussions|conclusion|conclusions|limitation|limitations|problem
    |problems|problem statement|problem definition|objective|objectives|goal|goals|dataset|datasets|data|training
    |training details|implementation|implementation details|code|author|authors|strength|strengths|weakness
    |weaknesses|pros|cons|pros and cons|question|questions|comment|comments|thought|thoughts|my thoughts|my take
    |opinion|critique|criticism|future work|future works|future|appendix|highlight|highlights|annotation
    |annotations|table of contents|contents|toc|index|bibtex|tag|tags|title|todo|what|why|how|main|body|content
    |preliminary|preliminaries|definitions|notation|theory|proof|inference|loss|loss function|pre training
    |pretraining|fine tuning|finetuning|applications|application|terminology|glossary|quotes|questions and answers
    |q a|faq|first pass|second pass|third pass|page|today|daily|daily paper|daily papers|paper of the day
    |paper reading|weekly paper|log|update|updates|changelog|original text|translation|요약|한줄 요약|한 줄 요약
    |세줄 요약|세 줄 요약|3줄 요약|전체 요약|핵심 요약|논문 요약|논문 리뷰|리뷰|논문 정리|정리|개요|서론|도입|배경
    |연구 배경|동기|연구 동기|문제|문제 정의|문제 제기|목적|연구 목적|핵심|핵심 아이디어|주요 아이디어|아이디어
    |기여|주요 기여|핵심 기여|방법|방법론|제안 방법|제안 방식|접근|접근 방법|모델|모델 구조|구조|아키텍처|알고리즘
    |실험|실험 결과|실험 설정|결과|평가|분석|논의|토론|결론|한계|한계점|장점|단점|장단점|느낀 점|느낀점|생각
    |내 생각|의견|메모|노트|질문|코멘트|감상|후기|총평|향후 연구|부록|목차|내용|본문|데이터|데이터셋|학습
    |학습 방법|추론|구현|용어|용어 정리|태그|제목|저자|읽은 이유|번역|본문 요약|오늘의 논문|总结|概述|一句话总结
    |一句话概括|简介|引言|前言|背景|研究背景|动机|研究动机|问题|问题定义|研究问题|目标|贡献|主要贡献|创新点|方法
    |方法论|研究方法|核心思想|核心方法|模型|模型架构|模型结构|架构|算法|实验|实验结果|实验设置|结果|评估|分析|讨论
    |结论|局限|局限性|优点|缺点|优缺点|思考|个人思考|想法|笔记|阅读笔记|论文笔记|评论|疑问|未来工作|附录|目录|内容
    |正文|数据集|训练|推理|实现|标签|标题|作者|要点|论文阅读|精读|概要|要約|まとめ|はじめに|序論|導入|背景と目的
    |目的|課題|問題|手法|提案手法|技術や手法のキモはどこ|モデル|実験|結果|評価|考察|議論|結論|どんなもの
    |先行研究と比べてどこがすごい|先行研究と比べて何がすごい|どうやって有効だと検証した|議論はある|メモ|感想
    |コメント|新規性|有効性|貢献|タイトル|著者
"""


def _named(names: str) -> frozenset[str]:
    return frozenset(title_key(name) for name in names.split("|"))


_KINDS: dict[str, SectionKind] = {
    **dict.fromkeys(_named(_WORDS), "words"),
    **dict.fromkeys(_named(_RELATED), "related"),
    **dict.fromkeys(_named(_FACTS), "facts"),
    **dict.fromkeys(_named(_ABSTRACT), "abstract"),
}
_NAME_CHARS = 60
_TITLE_CHARS = 300  # the longest real title has 150


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading's level, from 1, and its words."""

    level: int
    words: str


def read_heading(line: str) -> Heading | None:
    """The heading that a line is, also in a list as Logseq writes it; None for any other line."""
    if "#" not in line[:40] or not (match := _HEADING.fullmatch(line)):
        return None
    return Heading(len(match[1]), match[2].rstrip("# \t") or match[2])


def read_bold_heading(line: str) -> str | None:
    """The words of a line that is wholly bold and short, as some write headings."""
    match = _BOLD_LINE.fullmatch(unmarked(line)) if "**" in line or "__" in line else None
    return match[2] if match else None


@lru_cache(maxsize=1 << 10)
def section_kind(words: str) -> SectionKind | None:
    """What a section of this name holds, its number and marks aside; None for any other heading."""
    if len(words) > _NAME_CHARS:
        return None
    words = unmarked(words)
    bare = _NUMBER.sub("", words, count=1) if _NUMBER.match(words) else words
    return _KINDS.get(title_key(bare.strip(_MARKS))) if bare.strip(_MARKS) else "words"


def find_title(lines: Sequence[str], name: str) -> int | None:
    """Which line is the heading that is the note's title; None where every heading names a section.

    ``name`` is what the file is called. Of several headings of the highest level the first is the title only where
    something says so: it leads to the paper, it is what the file is called, or the others are usual sections.
    """
    headings = [(n, heading) for n, line in enumerate(lines) if (heading := read_heading(line))]
    if not headings:
        return None
    top = min(heading.level for _, heading in headings)
    highest = [(n, heading) for n, heading in headings if heading.level == top]
    first, heading = highest[0]
    if not _may_be_title(heading.words):
        # "# Paper review" above "## Sparse Kitchens"
        below = [(n, found) for n, found in headings if n == first + 1 and _may_be_title(found.words)]
        return below[0][0] if below and _is_alone(below[0][1], headings) else None
    if (
        len(highest) == 1
        or resembles(heading.words, name)
        or any(is_paper_link(link.url) for link in find_links(heading.words))
    ):
        return first
    others = [found.words for _, found in highest[1:]]
    if all(section_kind(words) or _NUMBER.match(words) for words in others) and not _NUMBER.match(heading.words):
        return first
    return first if first == 0 and top == 1 and not _is_name(name) else None


LINKED_LINES = 12


def find_linked_title(lines: Sequence[str], heading: int) -> int | None:
    """The line near the top that is nothing but the paper's title with its link, where it beats the title ``heading``.

    A heading without a link may be the name of a course or of a series; what leads to the paper is called like it.
    None where the heading has a link or says the same, or where words stand in between.
    """
    title = read_heading(lines[heading])
    if title is None or any(True for _ in find_links(title.words)):
        return None
    for number in range(heading + 1, min(heading + LINKED_LINES, len(lines))):
        found = read_link_line(lines[number])
        if found is None and (read_heading(lines[number]) or read_facts(lines[number])):
            if section_kind(lines[number]) not in (None, "facts"):
                return None
            continue
        if found is None or not is_paper_link(found.links[0].url):
            return None
        if found.title.count(" ") < 1:
            return None
        return None if resembles(found.title, title.words) else number
    return None


def _is_alone(heading: Heading, headings: Sequence[tuple[int, Heading]]) -> bool:
    return sum(found.level == heading.level for _, found in headings) == 1


def _may_be_title(words: str) -> bool:
    return section_kind(words) is None and read_day(words) is None and any(letter.isalpha() for letter in words)


def _is_name(name: str) -> bool:
    """Whether a file's name is words that may be a title."""
    return name.count(" ") >= 1


def resembles(words: str, other: str) -> bool:
    """Whether two titles share most of their words, or one is the beginning of the other."""
    words, other = words[:_TITLE_CHARS], other[:_TITLE_CHARS]
    one, two = title_key(words), title_key(other)
    if not one or not two:
        return False
    short, long = sorted((one, two), key=len)
    if len(short) >= 5 and short in long:
        return True
    first, second = (set(re.findall(r"[^\W_]{2,}", text.casefold())) for text in (words, other))
    return len(first & second) * 5 >= 3 * min(len(first), len(second)) > 0


def without_label(words: str) -> str:
    """A title without the label in front of it: ``제목: …``, ``Title: …``, ``Paper: …``."""
    label, colon, rest = words.partition(":") if ":" in words else words.partition("：")
    return rest.strip() if colon and rest.strip() and read_label(label.strip(_MARKS)) in ("title", "paper") else words
