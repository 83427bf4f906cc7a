"""The state of a source, from what was read of it and what was not."""

import pytest

from bot.sources.status import Fault, is_harmless, status_of

BROKEN = Fault("240412 Broken.md", "line 3: expected front matter in YAML, got 'title: ['")
NO_DAY = Fault(
    "ideas.md", "line 1: expected a date in the note's name (YYMMDD), its front matter or its head (date:), got 'x'"
)
EMPTY = Fault("Untitled.md", "line 1: expected a link, a title or words, got ''")
ABOUT = Fault("README.md", "line 4: expected *Title* (authors), or a title in the note's name, got 'x'")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        pytest.param(status_of(3, ()), "ok", id="all read"),
        pytest.param(status_of(3, [NO_DAY, EMPTY, ABOUT]), "ok", id="what is no digest beside what is"),
        pytest.param(status_of(3, [NO_DAY, BROKEN]), "partly", id="a digest that cannot be read"),
        pytest.param(status_of(0, [NO_DAY]), "nothing", id="nothing but what is no digest"),
        pytest.param(status_of(0, (), strays=[NO_DAY]), "nothing", id="a feed of announcements"),
        pytest.param(status_of(3, (), strays=[NO_DAY]), "ok", id="an announcement beside digests"),
        pytest.param(status_of(0, ()), "nothing", id="an empty folder"),
        pytest.param(status_of(0, (), waiting=2), "waiting", id="all is left for later"),
        pytest.param(status_of(3, (), waiting=2), "ok", id="one file grows"),
        pytest.param(status_of(3, [BROKEN], unreachable="gone"), "unreachable", id="it cannot be looked at"),
    ],
)
def test_a_source_has_one_state(status, state):
    assert status.state == state
    assert status.needs_a_person is (state not in ("ok", "waiting"))


def test_a_day_that_was_mistyped_is_not_harmless():
    why = NO_DAY.why.replace("'x'", "'261131 Rho.md: there is no 31 November'")
    assert not is_harmless(Fault("261131 Rho.md", why))


def test_the_example_is_of_what_a_person_should_mend():
    assert status_of(3, [NO_DAY, BROKEN]).example == BROKEN
    assert status_of(3, [NO_DAY, BROKEN]).unreadable == 1


def test_a_document_that_was_read_before_is_never_harmless():
    assert is_harmless(EMPTY)
    assert not is_harmless(Fault(EMPTY.uri, EMPTY.why, held=True))
