import pytest

from bot.sandbox.rates import POST_BURST, Rates, whole_seconds
from bot.sandbox.workspace import RateLimitedError


def test_a_channel_takes_a_burst_and_then_one_a_second() -> None:
    rates = Rates()
    for _ in range(POST_BURST):
        rates.post("T", "C", 100.0)
    with pytest.raises(RateLimitedError) as refused:
        rates.post("T", "C", 100.0)
    assert refused.value.retry_after == 1
    rates.post("T", "D", 100.0)
    for second in range(1, 30):
        rates.post("T", "C", 100.0 + second)
    with pytest.raises(RateLimitedError):
        rates.post("T", "C", 129.5)


def test_a_method_is_counted_over_a_minute_for_each_app_apart() -> None:
    rates = Rates()
    for second in range(20):
        rates.call(("conversations.list", "A"), 20, float(second))
    with pytest.raises(RateLimitedError) as refused:
        rates.call(("conversations.list", "A"), 20, 20.0)
    assert refused.value.retry_after == 40
    rates.call(("conversations.list", "B"), 20, 20.0)
    rates.call(("conversations.list", "A"), 20, 60.5)


def test_a_team_posts_some_hundreds_a_minute() -> None:
    rates = Rates()
    for channel in range(300):
        rates.post("T", f"C{channel}", 5.0)
    with pytest.raises(RateLimitedError):
        rates.post("T", "C300", 5.0)


def test_speed_multiplies_rates_and_nought_lifts_them() -> None:
    fast, none = Rates(10), Rates(0)
    for tenth in range(100):
        fast.post("T", "C", tenth / 10)
    for _ in range(1000):
        none.post("T", "C", 0.0)
        none.call("key", 1, 0.0)


def test_waiting_is_said_in_whole_seconds() -> None:
    assert [whole_seconds(s) for s in (-1.0, 0.01, 1.0, 1.2)] == [1, 1, 1, 2]
