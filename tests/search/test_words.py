import random
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.search.spellings import digits
from bot.search.words import (
    distance,
    field_string,
    field_tokens,
    fold,
    is_name,
    nearest,
    needles,
    spans,
    stem,
    tokens,
)


def found(query: str, text: str) -> bool:
    return any(needle in field_string([text]) for needle in needles(query))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param("moe", "MoE layers", id="case"),
        pytest.param("moe", "JetMoE-8B", id="a part of a camel-case name"),
        pytest.param("jetmoe", "JetMoE-8B", id="the whole name"),
        pytest.param("pretraining", "Pre-Training", id="no hyphen typed"),
        pytest.param("pre-training", "pretraining", id="no hyphen written"),
        pytest.param("mixture-of-experts", "mixture of experts", id="hyphens typed, spaces written"),
        pytest.param("selfsupervised", "Self-Supervised-Learning", id="no hyphen typed, a part of the written"),
        pytest.param("gpt4", "GPT-4-Turbo", id="letters and digits"),
        pytest.param("GPT-4", "gpt4", id="and the other way"),
        pytest.param("65b", "LLaMA-65B", id="a size"),
        pytest.param("dino", "DINOv2", id="a name before its version"),
        pytest.param("v2", "DINOv2", id="a version after its name"),
        pytest.param("trainer", "training", id="another form of the word"),
        pytest.param("dont", "Don't Stop", id="an apostrophe"),
        pytest.param("harkonen", "Erik Härkönen", id="diacritics"),
        pytest.param("lukasz", "Łukasz", id="a letter without a decomposition"),
        pytest.param("ＭｏＥ", "MoE", id="full width"),
        pytest.param("0.5", "top-p of 0.5.", id="a number with its dot"),
        pytest.param("1000", "1,000 steps", id="a number with a comma"),
        pytest.param("학습", "강화학습을", id="inside a Hangul word"),
        pytest.param("강화학습", "강화학습을", id="before a particle"),
        pytest.param("뇌", "두뇌", id="a single syllable at the end"),
        pytest.param("뇌", "뇌과학", id="a single syllable at the start"),
        pytest.param("강화-학습", "강화학습", id="a hyphen in Hangul"),
        pytest.param("2차원", "2차원에서", id="a number and Hangul"),
        pytest.param(unicodedata.normalize("NFD", "학습"), "강화학습", id="decomposed Hangul typed"),
        pytest.param("학습", unicodedata.normalize("NFD", "강화학습"), id="decomposed Hangul written"),
        pytest.param("transformer", "Transformer는", id="Latin before a particle"),
        pytest.param("pretraining", "pre-training을", id="no hyphen typed, a particle written"),
        pytest.param("state space", "state-space models", id="a phrase over a hyphen"),
        pytest.param("상태 공간", "이 상태 공간을", id="a Korean phrase before a particle"),
        pytest.param("mueller", "Thomas Müller", id="an umlaut typed as two letters"),
        pytest.param("müller", "Thomas Mueller", id="an umlaut written as two letters"),
        pytest.param("muller", "Thomas Müller", id="an umlaut typed as one letter"),
        pytest.param("bernhard schoelkopf", "Bernhard Schölkopf", id="a phrase with an umlaut"),
        pytest.param("aarhus", "Århus", id="a ring typed as two letters"),
        pytest.param("oersted", "Ørsted", id="a stroke typed as two letters"),
        pytest.param("strasse", "Straße", id="a sharp s"),
        pytest.param("alpha-divergence", "α-Divergences", id="a Greek letter by its name"),
        pytest.param("α-divergence", "alpha divergences", id="a name by its Greek letter"),
        pytest.param("beta vae", "β-VAE", id="a Greek letter and a space"),
        pytest.param("mutransfer", "μTransfer", id="a Greek letter before a word"),
        pytest.param("pi0", "π₀", id="a Greek letter with a subscript"),
        pytest.param("alpha", "𝛼-stable", id="a mathematical letter"),
        pytest.param("networks", "Net\u00adworks", id="a soft hyphen"),
        pytest.param("soft\u00adhyphen", "softhyphen", id="a soft hyphen typed"),
        pytest.param("networks", "Net\u200bworks", id="a space without width"),
        pytest.param("finetuning", "ﬁne-tuning", id="a ligature"),
        pytest.param("ภาษาไทย", "แบบจำลองภาษาไทย", id="a part of a Thai word"),
        pytest.param("จำลอง", "แบบจำลองภาษาไทย", id="a Thai vowel of two parts"),
        pytest.param("ພາສາ", "ພາສາລາວ", id="a part of a Lao word"),
        pytest.param("ភាសា", "គំរូភាសាខ្មែរ", id="a part of a Khmer word"),
        pytest.param("ဘာသာ", "မြန်မာဘာသာစကား", id="a part of a Burmese word"),
        pytest.param("2024", "พ.ศ. ๒๐๒๔", id="digits of another script"),
        pytest.param("16B", "16 billion", id="billions in short"),
        pytest.param("16 billion", "a 16B model", id="billions in words"),
        pytest.param("160억", "16B", id="Korean hundreds of millions"),
        pytest.param("16B", "160억 개의", id="and the other way"),
        pytest.param("1.5B", "15억", id="a fraction of billions"),
        pytest.param("1억 5천만", "150M", id="a number in two Korean parts"),
        pytest.param("100k", "10만", id="thousands and ten thousands"),
        pytest.param("100,000", "100K steps", id="thousands in digits"),
        pytest.param("10만", "100,000", id="ten thousands in digits"),
        pytest.param("10万", "100,000", id="ten thousands in Han"),
        pytest.param("7 billion parameters", "7B parameters", id="a phrase with a number"),
        pytest.param("7b", "Mixtral 8x7B", id="a size that is no number by itself"),
    ],
)
def test_a_word_is_found(query: str, text: str) -> None:
    assert found(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param("art", "smart artists", id="a part of an English word"),
        pytest.param("ma", "LLaMA", id="not every capital begins a word"),
        pytest.param("23", "2–3 layers", id="a range is no number"),
        pytest.param("05", "0.5", id="a dot is not dropped"),
        pytest.param("학습모델", "학습 모델", id="Hangul over a space"),
        pytest.param("화공", "강화 공간", id="a pair over a space"),
        pytest.param("space state", "state space", id="a phrase the other way round"),
        pytest.param("gan moe", "GANs and MoE", id="a phrase over what is between"),
        pytest.param("github", "see https://github.com/someone/some-code", id="a word of a link"),
        pytest.param("105", "10⁵", id="a power"),
        pytest.param("100", "10만큼", id="as much as ten is no number of ten thousands"),
        pytest.param("100000", "10만큼", id="nor another"),
        pytest.param("5000", "T5k", id="a number within a name"),
        pytest.param("", "anything", id="nothing"),
        pytest.param("!?", "what!?", id="punctuation"),
    ],
)
def test_what_is_not_the_word_is_not_found(query: str, text: str) -> None:
    assert not found(query, text)


def test_a_phrase_does_not_reach_from_one_value_to_the_next() -> None:
    field = field_string(["Jane Kim", "Lee Park"])
    assert any(needle in field for needle in needles("jane kim"))
    assert not any(needle in field for needle in needles("kim lee"))


@pytest.mark.parametrize(
    "forms",
    [
        "train trains training trained trainer trainers",
        "scale scales scaling scaled",
        "embed embeds embedding embeddings embedded",
        "code codes coding coded",
        "run runs running",
        "study studies studied",
        "use uses using used",
        "base based bases",
        "matrix matrices",
        "transform transforms transformer transformers",
    ],
)
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "word", ["string", "need", "loss", "gas", "news", "lens", "paper", "layer", "being", "gpt2", "학습"]
)
def test_what_only_looks_like_an_ending_stays(word: str) -> None:
    assert stem(word) == word


@given(st.text(alphabet="abdegilnrstvy", max_size=14))
def test_the_stem_of_a_stem_is_itself(word: str) -> None:
    assert stem(stem(word)) == stem(word)


@given(st.text(max_size=60))
def test_any_text_is_read_and_its_own_words_are_found_in_it(text: str) -> None:
    field = field_string([text])
    for needle in needles(text)[:1]:
        assert needle in field
    assert all(token.isprintable() and " " not in token for token in tokens(text))


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_hangul_is_indexed_as_pairs_and_its_last_syllable() -> None:
    assert field_tokens(" 강화학습을 ") == ["강화", "화학", "학습", "습을", "을"]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        pytest.param("이것은 강화학습을 다룹니다", "학습", ["학습"], id="inside a Hangul word"),
        pytest.param("JetMoE and MoE", "moe", ["JetMoE", "MoE"], id="a name that holds the word, whole"),
        pytest.param("trained on Training data", "train", ["trained", "Training"], id="other forms"),
        pytest.param("a state-space model", "state space", ["state-space"], id="a phrase over a hyphen"),
        pytest.param(
            "역강화 학습을 씁니다", "강화 학습", ["강화 학습"], id="a Korean phrase without what surrounds it"
        ),
        pytest.param("nothing here", "moe", [], id="nothing"),
        pytest.param("on Net\u00adworks here", "networks", ["Net\u00adworks"], id="over a soft hyphen"),
        pytest.param("the α-divergence", "alpha", ["α"], id="a Greek letter"),
        pytest.param("by Jürgen Müller", "juergen mueller", ["Jürgen Müller"], id="umlauts"),
        pytest.param("약 160억 개의 파라미터", "16B", ["160억"], id="a number in another unit"),
        pytest.param("a 16 billion model", "160억", ["16 billion"], id="a number in two words"),
        pytest.param("แบบจำลองภาษาไทย", "ภาษา", ["ภาษา"], id="inside a Thai word"),
    ],
)
def test_marks_the_words_where_they_stand(text: str, query: str, marked: list[str]) -> None:
    places = {span for needle in needles(query) for span in spans(text, needle)}
    assert [text[start:end] for start, end in sorted(places)] == marked


@pytest.mark.parametrize(
    ("word", "candidate"),
    [
        ("tga", "tag"),
        ("auther", "author"),
        ("bochkovsky", "bochkovskiy"),
        ("강화학슴", "강화학습"),
        ("linfromer", "linformer"),
    ],
)
def test_a_slip_of_the_fingers_is_near(word: str, candidate: str) -> None:
    assert nearest(word, ["unrelated", "무관", candidate, "since"]) == [candidate]


def test_another_word_is_not_near() -> None:
    assert nearest("foo", ["tag", "author", "since"]) == []


@given(st.text("abc", max_size=6), st.text("abc", max_size=6), st.integers(0, 4))
def test_distance_is_even_handed_and_stops_at_its_limit(left: str, right: str, limit: int) -> None:
    assert distance(left, right, limit) == distance(right, left, limit) <= limit + 1
    assert (distance(left, right, limit) == 0) == (left == right)


@settings(max_examples=25)
@given(st.text(alphabet="-'’aA1.,_한 ä\u00adα억kำ²", min_size=1, max_size=30))
def test_reading_a_long_text_takes_time_in_proportion(piece: str) -> None:
    long = (piece * (20_000 // len(piece) + 1))[:20_000]
    began = time.process_time()
    field_string([long])
    assert time.process_time() - began < 2


def test_at_least_two_thousand_entries_a_second() -> None:
    rng = random.Random(1)
    vocabulary = ["".join(rng.choices("abcdefghilmnoprstuw", k=rng.randint(2, 11))) for _ in range(8000)]
    texts = [" ".join(rng.choices(vocabulary, k=250)) for _ in range(400)]
    began = time.process_time()
    for text in texts:
        field_string([text])
    # A fifth of the aim, for machines that do other things too; `make bench` prints the real figure.
    assert len(texts) / (time.process_time() - began) > 400


@pytest.mark.parametrize("typed", ["LeCun, Yann", "Y. LeCun", "lecun yann", "yann lecun", "LeCun Y"])
def test_a_name_is_found_in_any_order_and_by_initials(typed: str) -> None:
    assert is_name(field_string(["Ada Cook", "Yann LeCun"]), typed)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        pytest.param("Bernhard Schölkopf", "B. Schoelkopf", id="an initial and an umlaut written as two letters"),
        pytest.param("Schoelkopf, B.", "Bernhard Schölkopf", id="and the other way"),
        pytest.param("Jean-Baptiste Alayrac", "J.-B. Alayrac", id="two initials"),
        pytest.param("김 철수", "김철수", id="a Korean name in two parts"),
        pytest.param("김철수", "김 철수", id="a Korean name in one part"),
        pytest.param("남궁민수", "남궁 민수", id="with a surname of two syllables"),
    ],
)
def test_a_name_is_found_by_initials_that_are_written(typed: str, written: str) -> None:
    assert is_name(field_string([written]), typed)


@pytest.mark.parametrize("typed", ["Y. L.", "Yann Cook", "X. LeCun", "Yann Y. LeCun", "lecun"])
def test_another_name_is_not_found(typed: str) -> None:
    assert not is_name(field_string(["Ada Cook", "Yann LeCun"]), typed)
    assert not is_name(field_string(["김 영희", "박 철수"]), "김철수")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("16B", "16000000000"), ("1.5 billion", "1500000000"), ("1조 2천억", "1200000000000"), ("3천", "3000"),
        ("1,000만", "10000000"), ("0.5k", "500"), ("5bn", "5000000000"), ("0.0001k", ""), ("999999999999조", ""),
    ],
)  # fmt: skip
def test_a_number_with_a_unit_is_read(typed: str, number: str) -> None:
    assert digits(typed) == number


@given(st.text(alphabet="aä α1B억\u00ad₂ำ가한 -,.", max_size=40))
def test_what_is_marked_stands_in_the_text(text: str) -> None:
    for needle in needles(text):
        assert all(0 <= start < end <= len(text) for start, end in spans(text, needle))
