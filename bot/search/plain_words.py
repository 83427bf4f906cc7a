"""Words that any paper may use: they say nothing of what two papers have in common."""

from functools import cache

from bot.search.words import stem

_ENGLISH = """
about above abstract achieve across actual add address adopt advance advantage affect after again against ai aim all
allow alone along already also alternative although always among amount an analysis analyze and answer any appear
application apply approach appropriate are area around as ask aspect assess assume at author available average avoid
aware back bad based basic be become before begin behave behavior behind being below benefit best better between
beyond big book boost both break brief bring broad build but by call can capability capable capture careful case cause
challenge change choice choose clear close combine come common compare comparison complete complex component
comprehensive compute concept conclude condition conduct consider consist consistent contain content context continue
contribute contribution control correct cost could couple cover create current daily day deal deep define demand
demonstrate depend derive describe design detail determine develop development differ difference different difficult
difficulty direct discover discuss do domain down drive due during each early easy effect effective efficient effort
either element else emerge emphasize empirical employ enable encourage end enhance enough ensure entire equal especial
essential establish estimate etc evaluate even ever every evidence examine example excellent exist expect expensive
experiment explain explicit explore extend extensive extent extra face fact factor fail fair far fast feature few
field figure final find fine first fit fix focus follow for form formulate found framework free frequent from full
function fundamental further furthermore future gain gap general generate get give given go goal good great group grow
guide had hand handle happen hard has have help hence here high highlight how however huge idea identify if illustrate
impact imply important impossible improve in include increase indeed independent indicate individual inform input
insight instance instead integrate interest interesting into introduce intuition investigate involve is issue it item
itself just keep key kind know knowledge lack large last later law lead leading leap learn least leave left length
less let level leverage life light like likely limit line link list little local long look lose lot low main major
make manner many mark matter may maybe mean meaning meaningful measure meet mention mere merge method might minor miss
mitigate modern modify more moreover most motivate move much multiple must name natural near necessary need never
nevertheless new next no none nor not note notice notion novel now number numerous object observe obtain obvious occur
of off offer often old on once one only open operate opportunity optimal option or order ordinary origin original
other our out outcome outperform output over overall own page paper parameter part particular pass past per perform
performance perhaps period person perspective phenomenon place plain plan play point popular position possible
potential power powerful practical practice precise prefer prepare present prevent previous primary principle prior
problem procedure process produce progress promise proper property propose prove provide pure purpose push put quality
question quick quite raise range rapid rate rather re reach read real recent recently recommend reduce refer reflect
regard relate relative relatively release relevant reliable rely remain remove replace report represent require
research resource respect respective result rethink return reveal review rich right rise role round rule run same say
scenario science second section see seek seem select sense separate serious serve set setting several shape share
short should show side sign significant similar simple simply simultaneous since single situation size slight slow
small so solution solve some sometimes source special specific speed split spread stage stand standard start state
still stop straight strategy strength strong structure study subject substantial success successful such suffer
sufficient suggest suit suitable summary superior support sure surprise system table take talk target task technical
technique tend term test than that the their them then theory there therefore these they thing think third this
thorough those though thought thousand three through throughout thus time to today together too tool top topic total
toward towards track trade train treat trend trial trick true try turn two type typical ultimate under underlie
understand unify unique unit unknown unless until up upon us use useful user usual utilize valid value variety various
vary vast version very via view wait want way we weak weight well were what when where whether which while who whole
whose why wide will win with within without wonder work world worse would write year yes yet you your zero
"""
_KOREAN = """
가능 가장 가지 간단 강력 개선 거의 결과 경우 계산 고려 공개 과정 관련 관점 구성 기반 기본 기존
기준 내용 논문 느낌 다른 다면 다양 단계 대부분 대응 대한 도입 동시 두고 때문 많이 매우 목표
무엇 무엇인 문제 발견 발전 방법 방식 방향 부분 분석 비교 비슷 사실 사용 상당 상황 생각 설명
성능 수준 시도 시작 실제 실험 아닌 아이디어 아주 얼마나 여기 여러 연구 영향 예시 완전 요소 요즘
우선 위한 의미 이상 이용 이유 이전 이후 일반 일부 입력 자체 작업 작은 저자 적용 전체 접근 정도
정리 제안 조건 조금 좋은 주어진 중요 증가 지금 진행 차이 처음 초기 최근 추가 출력 충분 측면
크게 특성 특정 특히 필요 하나 하지만 항상 해결 향상 현재 형태 활용 효과 효율 흥미
"""


def is_plain(word: str) -> bool:
    """Whether a word, as it is written, is one of them, in any of its forms."""
    bare = word.lower().removesuffix("'s")
    adverb = bare.removesuffix("ly")
    return not _stems().isdisjoint((bare, stem(bare), stem(adverb), stem(adverb.removesuffix("al"))))


@cache
def _stems() -> frozenset[str]:
    return frozenset((*map(stem, _ENGLISH.split()), *_KOREAN.split()))
