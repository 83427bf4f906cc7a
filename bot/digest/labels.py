"""What a curator's label names, in front matter or in front of a value: ``Authors``, ``논문 링크``, ``paper_url``."""

import re
from typing import Literal

Field = Literal["title", "authors", "paper", "link", "day", "tags", "abstract", "summary", "detail"]
"""``paper`` leads to the paper, ``link`` to what belongs to it (code, a video), ``detail`` is any other fact of it."""

_NAMES: dict[Field, str] = {
    "title": """
        title|paper title|full title|original title|paper name|name of paper|제목|논문 제목|논문명|논문 이름
        |원제|标题|論文標題|题目|论文题目|论文标题|论文名称|タイトル|論文タイトル|題名
    """,
    "authors": """
        authors|author|first author|author list|author s|paper authors|written by|writers|creators|creator|저자|저자들
        |지은이|논문 저자|글쓴이|作者|作者们|论文作者|著者|著者名
    """,
    "paper": """
        paper|paper link|paper url|link to paper|link to the paper|paper address|papers|original paper
        |read paper|read the paper|arxiv|arxiv id|arxiv link|arxiv url|arxiv paper|paper arxiv|arxiv number
        |eprint|openreview|open review|alphaxiv|doi|url|urls|link|links|source|sources|pdf|pdf link|pdf url
        |paper pdf|abs|href|uri|web|online|full text|full paper|acl|acl anthology|pmlr|proceedings|ieee|acm
        |neurips|cvf|semantic scholar|hugging face paper|hf paper|publication link|논문 링크|논문 주소
        |논문 url|논문 원문|논문 pdf|링크|주소|원문|원문 링크|원본|원본 링크|출처|아카이브|论文|论文链接
        |论文地址|论文 url|链接|地址|原文|原文链接|原文地址|来源|出处|文章链接|文章地址|文献链接|pdf 链接|論文
        |論文リンク|論文 url|リンク|出典|元論文|原論文|ソース
    """,
    "link": """
        code|code link|code url|source code|official code|github|git|github link|github url|repo|repository
        |implementation|project|project page|project link|project url|project website|homepage|home page
        |website|web site|site|page|blog|blog post|post|article|video|videos|youtube|talk|presentation|slides
        |poster|demo|tweet|twitter|thread|x|data|dataset|datasets|model|models|weights|checkpoints
        |hugging face|hf|colab|notebook|supplementary|supplement|코드|공식 코드|코드 링크|소스 코드|깃허브
        |깃헙|프로젝트|프로젝트 페이지|홈페이지|블로그|영상|유튜브|발표|발표 자료|데모|데이터|데이터셋|代码
        |代码链接|代码地址|源码|开源代码|项目|项目主页|项目地址|主页|博客|视频|数据集|コード|実装|プロジェクト
        |ブログ|動画|スライド|データセット
    """,
    "day": """
        date read|read date|read on|read at|date|day|posted|posted on|created|created at|date created
        |creation date|pub date|publish date|date added|added|added on|날짜|읽은 날|읽은 날짜|작성일|작성 날짜
        |등록일|日期|阅读日期|阅读时间|创建日期|创建时间|日付|読んだ日|作成日
    """,
    "tags": """
        tags|tag|keywords|keyword|key words|topics|태그|키워드|주제어|标签|关键词|关键字|タグ|キーワード
        |分类标签|标签分类|关键标签
    """,
    "abstract": """
        abstract|abstract note|paper abstract|초록|논문 초록|摘要|论文摘要|アブストラクト|要旨|抄録|アブスト
    """,
    "summary": """
        summary|tldr|tl dr|description|one line|one liner|one line summary|one sentence summary|in a nutshell
        |key idea|요약|한 줄 요약|한줄 요약|세 줄 요약|개요|总结|概述|一句话总结|概要|要約|まとめ|一言で言うと
        |一言でいうと
    """,
    "detail": """
        venue|venues|conference|journal|year|month|publication|publication date|publication year|publisher
        |published|published in|published at|published on|publish|accepted|accepted at|accepted to|submitted
        |submitted on|submission|submission date|updated|last updated|proceedings title|book title|volume
        |issue|number|pages|series|edition|language|affiliation|affiliations|institution|institutions
        |institute|organization|organizations|company|university|lab|citation|citations|cite|bibtex|citekey
        |cite key|citation key|isbn|issn|rating|score|status|category|categories|subject|subjects|field|area
        |domain|type|item type|license|reader|reviewer|presenter|read by|review date|comments|first author
        |last author|corresponding author|reading time|importance|priority|related|zotero|zotero link|학회
        |학술지|저널|게재|게재지|발표 학회|발표 연도|발표일|연도|년도|출판|출판 연도|출판일|출판사|소속|기관
        |인용|인용 수|분야|카테고리|발행일|발표자|리뷰어|평점|상태|会议|期刊|会议期刊|年份|发表|发表于
        |发表时间|发表年份|发布时间|时间|机构|单位|作者单位|引用|领域|类型|分类|状态|评分|学会|会議|発表|年
        |発表年|発表時期|投稿日|出版年|所属|機関|引用数|分野|カテゴリ
    """,
}
LABEL_CHARS = 40
_MARKS = re.compile(r"[\W_]+")


def label_key(label: str) -> str:
    """What two spellings of a label have in common: ``Paper-Link``, ``paper_link`` and ``paperLink`` are one."""
    return _MARKS.sub("", label.casefold())


_KEYS: dict[Field, tuple[str, ...]] = {
    field: tuple(dict.fromkeys(filter(None, map(label_key, names.split("|"))))) for field, names in _NAMES.items()
}
_FIELDS: dict[str, Field] = {key: field for field in reversed(_KEYS) for key in _KEYS[field]}


def labels_of(field: Field) -> tuple[str, ...]:
    """The keys of a field's labels, the surest first."""
    return _KEYS[field]


def read_label(label: str) -> Field | None:
    """The field that a label names, in English, Korean, Chinese or Japanese; None for other words."""
    return _FIELDS.get(label_key(label)) if len(label) <= LABEL_CHARS else None


_SMALL_WORDS = """
    the this to a an of here is at in on for and or with via see by official original full read click version preprint
    conference journal published my its our more info material materials supplemental abstract ver v1 v2 latest
    및 와 바로가기 공식 보기 여기 전체 公式 官方 点击 这里 こちら
"""
_LINK_WORDS = frozenset(
    _MARKS.sub("", word)
    for names in (_NAMES["paper"], _NAMES["link"], _SMALL_WORDS)
    for word in re.split(r"[\s|]+", names)
)
_TOKEN = re.compile(r"[^\W_]+")


_PAPER_LINK_WORDS = """
    paper pdf arxiv abs openreview doi preprint acl pmlr ieee acm cvf neurips abstract
    논문 원문 아카이브 论文 原文 論文 文章
"""
_PAPER_WORDS = frozenset(_PAPER_LINK_WORDS.split())


def names_paper(words: str) -> bool:
    """Whether words only say that a link leads to the paper itself."""
    return names_link(words) and not _PAPER_WORDS.isdisjoint(_TOKEN.findall(words.casefold()))


def names_link(words: str) -> bool:
    """Whether words only say where a link leads: ``Link to the paper``, ``PDF``, ``공식 코드``, ``arXiv``."""
    if len(words) > 2 * LABEL_CHARS:
        return False
    tokens = _TOKEN.findall(words.casefold())
    named = [token for token in tokens if not token.isdigit()]
    return bool(named) and all(token in _LINK_WORDS or _FIELDS.get(token) in ("paper", "link") for token in named)
