import pytest

from bot.search.sound import alike, sounds
from bot.search.words import stem


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        # names that no list holds
        ("썬더키튼", "thunderkittens"),
        ("페가수스", "pegasus"),
        ("드림퓨전", "dreamfusion"),
        ("팔로마", "paloma"),
        ("레이어놈", "layernorm"),
        ("라마", "llama"),
        ("미스트랄", "mistral"),
        ("딥시크", "deepseek"),
        ("젬마", "gemma"),
        ("메타러닝", "metalearning"),
        # consonants in a key
        ("놀리지", "knowledge"),
        ("놈", "gnome"),
        ("슈도", "pseudo"),
        ("라이터", "writer"),
        ("라임", "rhyme"),
        ("샤오미", "xiaomi"),
        ("엑스레이", "xray"),
        ("자바", "java"),
        ("야코비안", "jacobian"),
        ("하버드", "harvard"),
        ("알츠하이머", "alzheimer"),
        ("그래픽", "graphic"),
        ("가이던스", "guidance"),
        ("로그", "log"),
        ("메시지", "message"),
        ("레인지", "range"),
        ("에이징", "aging"),
        ("롱포머", "longformer"),
        ("탱고", "tango"),
        ("허깅페이스", "huggingface"),
        ("타츠노리", "tatsunori"),
        ("맥가이버", "macgyver"),
        ("루머", "rumor"),
        ("라이브러리", "library"),
        ("브릿지", "bridge"),
        ("다이얼로그", "dialogue"),
        ("테크닉", "technique"),
        ("저지", "judge"),
        ("어드저스트", "adjust"),
        ("어저스트", "adjust"),
        ("하이라이트", "highlight"),
        ("터프", "tough"),
        ("고스트", "ghost"),
        ("얼라인먼트", "alignment"),
        ("시그널", "signal"),
        ("섀도", "shadow"),
        ("밤", "bomb"),
        ("체임버", "chamber"),
        ("넥스트", "next"),
        ("벤치", "bench"),
        ("메커니즘", "mechanism"),
        ("패치", "patch"),
        ("뎁스", "depth"),
        ("앤트로픽", "anthropic"),
        ("퍼텐셜", "potential"),
        ("안티앨리어싱", "antialiasing"),
        ("모션", "motion"),
        ("콘텐츠", "contents"),
        ("부트스트랩", "bootstrap"),
        ("볼츠만", "boltzmann"),
        ("텍스처", "texture"),
        ("스타트업", "startup"),
        ("스케줄", "schedule"),
        ("듀얼", "dual"),
        ("던전", "dungeon"),
        ("싱어", "singer"),
        ("디스인탱글", "disentangle"),
        ("엔젤", "angel"),
        ("핑거", "finger"),
        ("소프트웨어", "software"),
        ("센터", "center"),
        ("레이시", "lacy"),
        ("시티", "city"),
        ("엔진", "engine"),
        ("기븐", "given"),
        ("게놈", "genome"),
        ("온톨로지", "ontology"),
        # what Hangul has its own ways for
        ("휘스퍼", "whisper"),
        ("위스퍼", "whisper"),
        ("마르코프", "markov"),
        ("로봇", "robot"),
        ("맵핑", "mapping"),
        ("웨이브플로우", "waveflow"),
        ("엔드투엔드", "endtoend"),
        ("캣치", "catch"),
        # endings that the stem has not
        ("트레이닝", "training"),
        ("믹싱", "mixing"),
        ("렌더링", "rendering"),
        ("익스플로링", "exploring"),
        ("체이싱", "chasing"),
        ("인코더", "encoder"),
        ("캐리어", "carrier"),
        ("헬프스티어", "helpsteer"),
        ("브라우저", "browser"),
        ("타이탄스", "titans"),
        ("트랜스포머즈", "transformers"),
        ("오렌지스", "oranges"),
        ("디스크립터스", "descriptors"),
        ("패럿츠", "parrots"),
        ("마스크드", "masked"),
        ("트위스티드", "twisted"),
        ("메쉬", "mesh"),
        ("이미지", "image"),
        ("피셔", "fisher"),
    ],
)
def test_a_latin_word_and_its_spelling_in_hangul_have_a_key_in_common(hangul: str, latin: str) -> None:
    assert set(sounds(hangul)) & set(sounds(stem(latin)))


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("썬더키튼", "thunderkitten"),
        ("디바이스", "device"),
        ("스코어", "score"),
        ("게이트", "gate"),
        ("다이얼로그", "dialogue"),
        ("핑거", "finger"),
    ],
)
def test_a_word_that_is_no_stem_has_a_key_in_common_too(hangul: str, latin: str) -> None:
    assert set(sounds(hangul)) & set(sounds(latin))


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("라마", "lima"),  # a key is coarse, and leaves these to likeness
        ("바드", "path"),
        ("닷", "tot"),
    ],
)
def test_a_key_does_not_tell_vowels_and_voices_apart(hangul: str, latin: str) -> None:
    assert set(sounds(hangul)) & set(sounds(latin))
    assert alike(hangul, latin) < 0.9


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        pytest.param("라마", "lamb", id="a vowel at the end"),
        pytest.param("알파", "lapa", id="a vowel at the start"),
        pytest.param("폴리", "play", id="a vowel after the first consonant"),
        pytest.param("하버드", "overt", id="an h at the start"),
        pytest.param("미스트랄", "minstrel", id="another consonant"),
    ],
)
def test_words_that_differ_in_what_a_key_keeps_share_none(hangul: str, latin: str) -> None:
    assert not set(sounds(hangul)) & set(sounds(latin))


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("까치", id="a lead that foreign words are not written with"),
        pytest.param("맑은", id="a tail of two letters"),
        pytest.param("같은", id="a tail that foreign words are not written with"),
        pytest.param("의미", id="a vowel that foreign words are not written with"),
        pytest.param("ㅋㅋ", id="no syllables"),
        pytest.param("日本", id="another script"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_no_foreign_word_sounds_like_has_no_key(word: str) -> None:
    assert sounds(word) == ()
    assert alike(word, "model") == 0


@pytest.mark.parametrize("word", ["아이", "aio"])
def test_a_word_without_a_consonant_has_no_key(word: str) -> None:
    assert sounds(word) == ()


def test_the_likeliest_reading_comes_first() -> None:
    assert sounds("chaos") == ("sas", "kas")


def test_a_word_of_many_readings_has_a_few_keys() -> None:
    assert len(sounds("thchthchthchthch")) <= 8


@pytest.mark.parametrize(
    ("hangul", "right", "wrong"),
    [
        pytest.param("라마", "llama", "lemma", id="a vowel"),
        pytest.param("카드", "card", "code", id="a vowel before a silent r"),
        pytest.param("게이트", "gate", "chat", id="a voice"),
        pytest.param("버그", "bug", "back", id="a stop at the end of a syllable"),
        pytest.param("팔로마", "paloma", "plum", id="a vowel that is not there"),
        pytest.param("서버", "server", "shape", id="an ending"),
        pytest.param("스코어", "score", "scare", id="an r that is a vowel"),
        pytest.param("트리", "tree", "three", id="a likelier reading"),
        pytest.param("퓨전", "fusion", "passion", id="a glide"),
        pytest.param("페이퍼", "paper", "fiber", id="p and b"),
        pytest.param("닷", "dot", "tot", id="t and d"),
        pytest.param("스타일간", "stylegan", "style", id="consonants that nothing stands for"),
        pytest.param("라마", "llama", "lam", id="a vowel that nothing stands for"),
        pytest.param("블립", "blip", "blipa", id="a vowel that is not said"),
        pytest.param("블립", "blip", "blimp", id="a consonant that is not said"),
    ],
)
def test_the_word_that_was_spelled_is_the_most_alike(hangul: str, right: str, wrong: str) -> None:
    assert alike(hangul, stem(right)) > alike(hangul, stem(wrong))


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("썬더키튼", "thunderkitten"),
        ("오토", "auto"),
        ("크롤", "crawl"),
        ("메시지", "messag"),
        ("게이트", "gate"),
        ("헤드", "head"),
        ("시드", "seed"),
        ("하이쿠", "haiku"),
        ("라인", "rein"),
        ("키", "key"),
        ("뷰", "view"),
        ("뉴스", "news"),
        ("필드", "field"),
        ("로드", "load"),
        ("푸아송", "poisson"),
        ("부스", "booth"),
        ("그룹", "group"),
        ("플로", "flow"),
        ("서치", "search"),
        ("리니어", "linear"),
        ("보드", "board"),
        ("소스", "sourc"),
        ("카드", "card"),
        ("포트", "port"),
        ("퍼스트", "first"),
        ("터보", "turbo"),
        ("제퍼", "zephyr"),
        ("퍼시", "percy"),
        ("채널", "channel"),
        ("블록", "block"),
        ("디바이스", "devic"),
        ("시티", "city"),
        ("버짓", "budget"),
        ("브릿지", "bridg"),
        ("어저스트", "adjust"),
        ("레인지", "rang"),
        ("라지", "larg"),
        ("파이", "phi"),
        ("토크", "torqu"),
        ("캐리어", "carry"),
        ("젬마", "gemma"),
        ("허깅", "hugging"),
        ("스루", "through"),
        ("디자인", "design"),
        ("가이드", "guid"),
        ("노아", "noah"),
        ("놀리지", "knowledg"),
        ("콤", "comb"),
        ("킹", "king"),
        ("그래프", "graph"),
        ("슈도", "pseudo"),
        ("퀀트", "quant"),
        ("로라", "lora"),
        ("디센트", "descent"),
        ("슐만", "schulman"),
        ("쉘", "shell"),
        ("크로스", "cross"),
        ("패치", "patch"),
        ("뎁스", "depth"),
        ("모션", "motion"),
        ("타츠", "tatsu"),
        ("볼츠만", "boltzmann"),
        ("화이트", "white"),
        ("라이트", "write"),
        ("엑스레이", "xray"),
        ("엑셀", "excel"),
        ("퍼즐", "puzzl"),
        ("버튼", "button"),
    ],
)
def test_a_spelling_by_the_rules_is_all_but_certain(hangul: str, latin: str) -> None:
    assert alike(hangul, latin) >= 0.95


@pytest.mark.parametrize("word", ["학습", "상태", "공간", "얼굴", "지우기", "문맥"])
def test_a_korean_word_is_like_none_that_shares_its_key(word: str) -> None:
    words = ["model", "state", "space", "context", "sequoia", "shogi", "oracle", "kitten", "security", "monarch"]
    assert [one for one in words if set(sounds(word)) & set(sounds(one)) and alike(word, one) >= 0.9] == []
