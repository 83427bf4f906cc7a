from datetime import timedelta

import pytest

from bot.delivery.outbox import Recent, Seen
from bot.delivery.pace import Pace
from bot.delivery.recall import Recall
from bot.delivery.send import send_next
from bot.delivery.step import FEW
from bot.errors import (
    ChannelClosedError,
    DeliveryDeferredError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    MessageGoneError,
    PayloadRefusedError,
    StoreUnavailableError,
)

PACE = Pace()
SECOND = timedelta(seconds=1)


@pytest.fixture
def step(outbox, slack, clock):
    """Takes one step, as a process that goes on; its pace may be set."""
    recall = Recall(slack, outbox, PACE)

    def step(pace: Pace = PACE):
        return send_next(outbox, slack, "me", clock, pace, recall)

    return step


@pytest.fixture
def drain(step):
    """Takes steps until nothing may go now; how many."""

    def drain() -> int:
        steps = 0
        while step():
            steps += 1
        return steps

    return drain


def test_a_message_is_posted_and_confirmed(step, put, slack):
    row = put()
    sent = step()
    assert (sent.outcome, sent.posted_ts) == ("posted", "1.000000")
    assert (row.state, row.posted_ts) == ("posted", "1.000000")
    assert [claim.key for claim in slack.posted] == [row.key]
    assert step() is None


def test_what_was_never_tried_is_not_looked_for(step, put, slack):
    put()
    step()
    assert slack.looked_for == []


def test_a_channel_gets_one_message_a_second_and_others_do_not_wait_for_it(drain, slack, clock, put):
    for channel in ("C1", "C1", "C2"):
        put(channel)
    assert drain() == 2
    clock.pass_by(SECOND - timedelta(milliseconds=1))
    assert drain() == 0
    clock.pass_by(timedelta(milliseconds=1))
    assert drain() == 1
    assert [claim.place.channel for claim in slack.posted] == ["C1", "C2", "C1"]


def test_a_reply_goes_into_the_thread_of_its_posted_parent(step, put, slack, clock):
    parent = put()
    put(parent=parent)
    step()
    assert step() is None
    clock.pass_by(SECOND)
    step()
    assert [claim.thread_ts for claim in slack.posted] == [None, "1.000000"]


def test_too_fast_moves_only_that_channels_turn(step, put, slack, clock, outbox):
    slow = put("C1")
    put("C2")
    slack.faults = [slack.busy(30)]
    assert step().outcome == "deferred"
    assert slow.state == "pending"
    assert step().outcome == "posted"
    clock.pass_by(29 * SECOND)
    assert step() is None
    clock.pass_by(SECOND)
    assert step().claim.key == slow.key
    assert slack.looked_for == []


def test_a_wait_of_nothing_is_still_a_wait(drain, put, slack):
    put()
    slack.faults = [slack.busy(0)]
    assert drain() == 1


def test_a_message_whose_answer_was_lost_is_found_and_not_posted_again(step, put, slack, clock):
    row = put()
    slack.faults = ["lost"]
    assert step().outcome == "unknown"
    assert step() is None  # Slack may still be storing it
    clock.pass_by(PACE.settling)
    sent = step()
    assert (sent.outcome, row.posted_ts) == ("found", "1.000000")
    assert len(slack.posted) == 1


def test_after_an_answer_that_nobody_knows_the_message_is_looked_for_first(step, put, slack, clock):
    row = put()
    retry_at = clock() + PACE.retry
    slack.faults = [DeliveryDeferredError("slack.strange", retry_at=retry_at, error="brand_new_error")]
    step()
    assert row.state == "unknown"
    clock.pass_by(PACE.retry)
    assert step().outcome == "posted"
    assert slack.looked_for == [row.key]


def test_a_message_that_was_lost_on_the_way_is_looked_for_and_then_posted(step, put, slack, clock):
    row = put()
    slack.faults = [DeliveryUnknownError("slack.unclear")]
    step()
    clock.pass_by(PACE.settling)
    assert step().outcome == "posted"
    assert slack.looked_for == [row.key]
    assert len(slack.posted) == 1


def test_the_claim_of_a_process_that_died_is_looked_for_once_its_lease_is_over(step, put, slack, clock, outbox):
    row = put()
    slack.posted.append(outbox.claim_next("the dead", clock(), clock() + PACE.lease))
    assert step() is None
    clock.pass_by(PACE.lease)
    assert step().outcome == "found"
    assert row.state == "posted"
    assert len(slack.posted) == 1


@pytest.mark.parametrize(
    "blind",
    [
        pytest.param(DeliveryUnknownError("slack.unclear"), id="no answer"),
        pytest.param(ChannelClosedError("slack.channel", error="not_in_channel"), id="no member"),
        pytest.param(DeliveryRefusedError("slack.message"), id="refused"),
    ],
)
def test_where_slack_cannot_be_asked_the_message_waits_and_is_not_sent(step, put, slack, clock, outbox, blind):
    row = put()
    slack.faults = ["lost"]
    step()
    slack.blind = blind
    clock.pass_by(PACE.settling)
    assert step().outcome == "unknown"
    assert (row.state, len(slack.posted), outbox.shut) == ("unknown", 1, {})
    clock.pass_by(PACE.retry - SECOND)
    assert step() is None
    slack.blind = None
    clock.pass_by(SECOND)
    assert step().outcome == "found"


def test_looking_too_fast_waits_as_long_as_slack_says(step, put, slack, clock):
    put()
    slack.faults = ["lost"]
    step()
    clock.pass_by(PACE.settling)
    slack.blind = slack.busy(60)
    assert step().outcome == "unknown"
    slack.blind = None
    clock.pass_by(59 * SECOND)
    assert step() is None
    clock.pass_by(SECOND)
    assert step().outcome == "found"


def test_a_closed_channel_is_closed_with_the_reason_and_the_others_go_on(step, put, slack, outbox, caplog):
    row = put("C1")
    put("C1")
    put("C2")
    slack.faults = [ChannelClosedError("slack.channel", error="is_archived")]
    assert step().outcome == "refused"
    assert outbox.shut == {row.place: "slack.channel error=is_archived"}
    assert step().claim.place.channel == "C2"
    assert step() is None
    assert "is_archived" in caplog.text


def test_a_refused_message_does_not_close_its_channel(step, put, slack, outbox, clock):
    row = put()
    put()
    slack.faults = [DeliveryRefusedError("slack.message", error="thread_not_found")]
    assert step().outcome == "refused"
    assert row.error == "slack.message error=thread_not_found"
    assert step().outcome == "posted"


def test_a_message_slack_cannot_read_is_sent_as_its_words_alone_and_reported(step, put, slack, caplog):
    put(words="all of it")
    slack.faults = [PayloadRefusedError("slack.payload", error="invalid_blocks")]
    assert step().outcome == "posted"
    assert [(claim.content.text, claim.content.blocks) for claim in slack.posted] == [("all of it", ())]
    assert [record.levelname for record in caplog.records if "plain text" in record.message] == ["ERROR"]


def test_words_that_slack_cannot_read_either_are_refused_after_one_fallback(step, put, slack):
    row = put()
    bad = PayloadRefusedError("slack.payload", error="no_text")
    slack.faults = [bad, bad]
    assert step().outcome == "refused"
    assert row.state == "refused"
    assert slack.faults == []


def test_a_fallback_whose_answer_was_lost_is_found_under_the_same_key(step, put, slack, clock):
    put()
    slack.faults = [PayloadRefusedError("slack.payload"), "lost"]
    assert step().outcome == "unknown"
    clock.pass_by(PACE.settling)
    assert step().outcome == "found"


def test_a_claim_that_wakes_late_is_given_back_unsent(step, put, slack, clock, outbox):
    row = put()
    claim = outbox.claim_next

    def slowly(owner, now, lease_until):
        taken = claim(owner, now, lease_until)
        clock.pass_by(PACE.lease - PACE.call_timeout + SECOND)
        return taken

    outbox.claim_next = slowly
    assert step().outcome == "late"
    assert (row.state, slack.posted) == ("pending", [])
    outbox.claim_next = claim
    assert step().outcome == "posted"


def test_a_slow_look_is_given_back_still_unknown(step, put, slack, clock):
    row = put()
    slack.faults = [DeliveryUnknownError("slack.unclear")]
    step()
    clock.pass_by(PACE.settling)
    find = slack.find

    def slowly(claim):
        clock.pass_by(PACE.lease - PACE.call_timeout + SECOND)
        return find(claim)

    slack.find = slowly
    assert step().outcome == "late"
    assert (row.state, slack.posted) == ("unknown", [])


def test_a_fallback_is_not_sent_on_a_lease_that_is_nearly_over(step, put, slack, clock):
    row = put()
    slack.faults = [PayloadRefusedError("slack.payload")]
    slack.before = lambda what, claim: clock.pass_by(PACE.call_timeout - SECOND)
    assert step().outcome == "late"
    assert (row.state, slack.posted) == ("pending", [])


def test_a_confirmation_that_the_store_refuses_is_looked_for_later(put, slack, clock, outbox):
    row = put()
    confirm = outbox.confirm

    def full(*arguments):
        raise StoreUnavailableError("store.full")

    outbox.confirm = full
    with pytest.raises(StoreUnavailableError):
        send_next(outbox, slack, "me", clock, PACE)
    outbox.confirm = confirm
    clock.pass_by(PACE.lease)
    assert send_next(outbox, slack, "me", clock, PACE).outcome == "found"
    assert (row.state, len(slack.posted)) == ("posted", 1)


def test_what_is_sent_has_settled_before_anybody_else_may_look(put, slack, clock, outbox):
    """The last moment at which a call may begin, and one that takes all its time."""
    put()
    begun = []

    def lasts(what, claim):
        begun.append(claim.lease_until - clock())
        clock.pass_by(PACE.call_timeout)

    slack.before = lasts
    claim = outbox.claim_next

    for waited in (PACE.margin, PACE.margin + SECOND / 1000):

        def slowly(owner, now, lease_until, waited=waited):
            taken = claim(owner, now, lease_until)
            clock.pass_by(waited)
            return taken

        outbox.claim_next = slowly
        send_next(outbox, slack, "me", clock, PACE)
        put()
        clock.pass_by(SECOND)
    assert begun == [PACE.call_timeout + PACE.settling]


def of(op, put):
    """A message of that kind, claimed next; below a parent that stands there where it is a reply."""
    if op != "reply":
        return put(op=op, words="all of it")
    parent = put()
    parent.state, parent.posted_ts = "posted", "0.5"
    return put(words="all of it", parent=parent)


OPS = ("post", "reply", "update", "delete")
DONE = {"post": "posted", "reply": "posted", "update": "updated", "delete": "deleted"}
CLOSED = ChannelClosedError("slack.channel", error="is_archived")
REFUSED = DeliveryRefusedError("slack.message", error="cant_update_message")
BAD = PayloadRefusedError("slack.payload", error="invalid_blocks")
GONE = MessageGoneError("slack.message", error="message_not_found")
UNKNOWN = DeliveryUnknownError("slack.unclear", error="TimeoutError")


@pytest.mark.parametrize("op", OPS)
def test_each_kind_of_message_is_done_once_and_confirmed(step, put, slack, op):
    row = of(op, put)
    sent = step()
    assert (sent.outcome, row.state) == (DONE[op], "posted")
    assert row.posted_ts == ("1.000000" if op in ("post", "reply") else "0.1") == sent.posted_ts
    assert [len(done) for done in (slack.posted, slack.updated, slack.deleted)] == [
        op in ("post", "reply"),
        op == "update",
        op == "delete",
    ]
    assert step() is None


@pytest.mark.parametrize(
    ("fault", "post", "reply", "update", "delete"),
    [
        # What came of the step, and where the row is after it.
        pytest.param(REFUSED, *["refused refused"] * 2, *["kept posted"] * 2, id="refused"),
        pytest.param(CLOSED, *["refused pending"] * 4, id="closed"),
        pytest.param(BAD, "posted posted", "posted posted", "updated posted", "kept posted", id="payload"),
        pytest.param(GONE, "refused refused", "deferred pending", "kept posted", "deleted posted", id="gone"),
        pytest.param(UNKNOWN, *["unknown unknown"] * 2, *["unknown pending"] * 2, id="unknown"),
        pytest.param("lost", *["unknown unknown"] * 2, *["unknown pending"] * 2, id="lost"),
        pytest.param("busy", *["deferred pending"] * 4, id="busy"),
        pytest.param("not done", *["deferred pending"] * 4, id="not done"),
    ],
)
def test_each_answer_of_slack_has_one_consequence(step, put, slack, outbox, fault, post, reply, update, delete):
    for op, expected in zip(OPS, (post, reply, update, delete), strict=True):
        outbox.rows.clear()
        outbox.shut.clear()
        outbox.next_at.clear()
        row = of(op, put)
        slack.faults = [{"busy": slack.busy(5), "not done": slack.not_done()}.get(fault, fault)]
        assert f"{step().outcome} {row.state}" == expected, op
        assert bool(outbox.shut) == (fault is CLOSED), op
        assert row.attempts == (fault != "busy"), op


@pytest.mark.parametrize("op", OPS)
def test_too_fast_waits_as_long_as_slack_says_and_no_longer_the_next_time(step, put, slack, clock, op):
    row = of(op, put)
    for _ in range(3):
        slack.faults = [slack.busy(7)]
        assert step().outcome == "deferred"
        clock.pass_by(7 * SECOND - SECOND / 1000)
        assert step() is None
        clock.pass_by(SECOND / 1000)
    assert row.attempts == 0
    assert step().outcome == DONE[op]


@pytest.mark.parametrize("op", OPS)
def test_what_slack_did_not_do_is_tried_less_and_less_often(step, put, slack, clock, op):
    of(op, put)
    for tries in (1, 2, 3):
        slack.faults = [slack.not_done(1)]
        assert step().outcome == "deferred"
        clock.pass_by(PACE.after(tries) - SECOND)
        assert step() is None
        clock.pass_by(SECOND)
    assert step().outcome == DONE[op]


@pytest.mark.parametrize("op", OPS)
def test_never_sooner_than_slack_asked(step, put, slack, clock, op):
    of(op, put)
    slack.faults = [slack.not_done(600)]
    step()
    clock.pass_by(599 * SECOND)
    assert step() is None
    clock.pass_by(SECOND)
    assert step().outcome == DONE[op]


@pytest.mark.parametrize("op", ["update", "delete"])
def test_a_change_of_which_no_answer_came_is_made_again_without_looking(step, put, slack, clock, op):
    row = of(op, put)
    slack.faults = ["lost", "lost"]
    step()
    clock.pass_by(PACE.settling - SECOND / 1000)
    assert step() is None
    clock.pass_by(SECOND / 1000)
    step()
    clock.pass_by(PACE.settled(2) - SECOND / 1000)
    assert step() is None
    clock.pass_by(SECOND / 1000)
    assert step().outcome == DONE[op]
    assert slack.looked_for == []
    assert row.state == "posted"


def test_the_change_of_a_process_that_died_is_made_again(step, put, slack, clock, outbox):
    row = put(op="update")
    outbox.claim_next("the dead", clock(), clock() + PACE.lease)
    clock.pass_by(PACE.lease)
    assert step().outcome == "updated"
    assert (slack.looked_for, row.state) == ([], "posted")


def test_the_next_turn_is_counted_from_before_the_call(step, put, slack, clock, outbox):
    row = put()
    begun = clock()
    slack.before = lambda what, claim: clock.pass_by(5 * SECOND)
    step()
    assert outbox.next_at == {row.place: begun + SECOND}


def test_the_next_turn_after_one_that_was_found_is_counted_from_before_the_look(step, put, slack, clock, outbox):
    row = put()
    slack.faults = ["lost"]
    step()
    clock.pass_by(PACE.settling)
    begun = clock()
    slack.before = lambda what, claim: clock.pass_by(5 * SECOND)
    assert step().outcome == "found"
    assert outbox.next_at == {row.place: begun + SECOND}


def test_a_burst_is_sent_at_once_where_it_is_allowed(step, put):
    for _ in range(4):
        put()
    pace = Pace(burst=3)
    assert [bool(step(pace)) for _ in range(4)] == [True, True, True, False]


def test_an_update_slack_cannot_read_falls_back_to_its_words_and_is_reported(step, put, slack, caplog):
    of("update", put)
    slack.faults = [BAD]
    step()
    assert [(claim.content.text, claim.content.blocks) for claim in slack.updated] == [("all of it", ())]
    assert "sent as plain text" in caplog.text


def test_an_update_whose_words_slack_cannot_read_either_leaves_the_message_as_it_is(step, put, slack, outbox, caplog):
    row = of("update", put)
    slack.faults = [BAD, BAD]
    assert step().outcome == "kept"
    assert (row.state, row.error, slack.faults) == ("posted", str(BAD), [])
    assert [record.levelname for record in caplog.records if record.message.startswith("kept")] == ["ERROR"]


def test_a_reply_whose_parent_was_deleted_waits_for_a_new_one(step, put, slack, clock, outbox):
    parent = put()
    reply = put(parent=parent)
    step()
    clock.pass_by(SECOND)
    slack.posted.clear()  # people delete it
    slack.faults = [GONE]
    assert step().outcome == "deferred"
    assert (parent.state, parent.posted_ts, reply.state) == ("unknown", None, "pending")
    outbox.next_at.clear()
    assert step().claim.key == parent.key
    assert slack.looked_for == [parent.key]
    clock.pass_by(SECOND)
    assert step().outcome == "posted"
    assert [claim.thread_ts for claim in slack.posted] == [None, "1.000000"]


def test_a_reply_whose_parent_cannot_be_sent_anew_is_refused(step, put, slack, outbox, caplog):
    reply = of("reply", put)
    outbox.irreplaceable = {reply.parent.key}
    slack.faults = [GONE]
    assert step().outcome == "refused"
    assert (reply.state, reply.parent.state) == ("refused", "posted")
    assert "deliveries retry" in caplog.text


def test_what_was_looked_for_since_is_not_taken_for_what_stood_there_at_the_start(step, put, slack, clock):
    slack.stands["C1", None] = Recent({"key2": Seen("0.5", "words")}, "0.5")
    put()
    step()
    row = put()
    row.state, row.claimed_at = "unknown", clock()
    slack.faults = [slack.busy(0)]
    clock.pass_by(SECOND)
    assert step().outcome == "deferred"  # it was looked for, and is not there any more
    clock.pass_by(SECOND)
    assert step().outcome == "posted"
    assert row.posted_ts == "2.000000"


# When Slack does not say


@pytest.fixture
def unsure(step, put, slack, clock):
    """A message that may have arrived, with a reply waiting for it, and Slack does not say for long."""
    row = put()
    put(parent=row)
    slack.faults = ["lost"]
    step()
    slack.blind = DeliveryDeferredError("slack.scope", retry_at=clock(), error="missing_scope")
    clock.pass_by(PACE.settling)
    assert step().outcome == "unknown"
    clock.pass_by(PACE.unsure_after)
    return row


def errors(caplog):
    return [record.message for record in caplog.records if record.levelname == "ERROR"]


def test_by_default_it_waits_and_says_what_can_be_done(step, unsure, slack, clock, caplog):
    for _ in range(3):
        assert step().outcome == "unknown"
        clock.pass_by(PACE.operator)
    assert (unsure.state, len(slack.posted)) == ("unknown", 1)
    assert "let the app read the channel" in errors(caplog)[0]
    slack.blind = None
    assert step().outcome == "found"


def test_before_that_it_only_waits_whatever_is_to_come(step, put, slack, clock, caplog):
    put()
    slack.faults = ["lost"]
    step()
    slack.blind, over = REFUSED, clock() + PACE.unsure_after
    outcomes = set()
    while clock() < over:
        sent = step(Pace(when_unsure="resend"))
        outcomes |= {sent.outcome} if sent else set()
        clock.pass_by(10 * SECOND)
    assert outcomes == {"unknown"}
    assert len(slack.looked_for) > FEW
    assert errors(caplog) == []


def test_the_first_look_of_a_process_that_was_away_for_long_decides_nothing(step, put, slack, clock):
    row = put()
    slack.faults = ["lost"]
    step()
    clock.pass_by(10 * PACE.unsure_after)
    slack.blind = slack.busy(5)
    assert step(Pace(when_unsure="resend")).outcome == "unknown"
    assert (row.state, len(slack.posted)) == ("unknown", 1)


def test_it_is_sent_again_where_that_is_the_policy_and_that_is_said(step, unsure, slack, caplog):
    sent = step(Pace(when_unsure="resend"))
    assert (sent.outcome, unsure.posted_ts, len(slack.posted)) == ("posted", "2.000000", 2)
    assert "may stand there twice" in errors(caplog)[0]


@pytest.mark.parametrize("fault", ["busy", "not done", "lost"])
@pytest.mark.parametrize("before", [[], [BAD]], ids=["at once", "as plain text"])
def test_what_was_not_sent_again_is_still_not_known(step, unsure, slack, fault, before):
    slack.faults = [*before, {"busy": slack.busy(5), "not done": slack.not_done()}.get(fault, fault)]
    step(Pace(when_unsure="resend"))
    assert unsure.state == "unknown"


def test_it_is_left_out_where_that_is_the_policy_and_that_is_said(step, unsure, slack, caplog):
    assert step(Pace(when_unsure="skip")).outcome == "refused"
    assert (unsure.state, len(slack.posted)) == ("refused", 1)
    assert unsure.error == "skipped slack.scope retry_at=2024-04-12 09:00:00+00:00 error=missing_scope"
    assert "may be missing" in errors(caplog)[0]


# What stood there before


def test_what_stands_there_already_is_adopted_and_its_turn_not_used(step, put, slack, outbox):
    first, second = put(words="one"), put(words="two")
    slack.stands["C1", None] = Recent({first.key: Seen("4.0", "one"), second.key: Seen("5.0", "other")}, "5.0")
    assert [step().outcome, step().outcome] == ["found", "found"]
    assert (first.posted_ts, first.same, first.state) == ("4.0", True, "posted")
    assert (second.posted_ts, second.same, second.op) == ("5.0", False, "update")
    assert (slack.posted, outbox.next_at) == ([], {})


@pytest.mark.parametrize("fault", ["busy", "unknown"])
def test_where_the_channel_cannot_be_read_now_the_message_waits_and_that_is_no_attempt(step, put, slack, clock, fault):
    row = put()
    slack.unread = slack.busy(40) if fault == "busy" else UNKNOWN
    assert step().outcome == "deferred"
    assert (row.state, row.attempts, slack.posted) == ("pending", 0, [])
    slack.unread = None
    clock.pass_by((40 * SECOND if fault == "busy" else PACE.retry) - SECOND)
    assert step() is None
    clock.pass_by(SECOND)
    assert step().outcome == "posted"


@pytest.mark.parametrize("op", ["update", "delete"])
def test_a_channel_is_not_read_for_what_stands_there(step, put, slack, op):
    of(op, put)
    step()
    assert slack.read == []


# A process that is stopped and wakes late


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("over", [False, True], ids=["to the last moment", "one moment too long"])
def test_one_that_sleeps_after_its_claim_does_nothing_on_a_lease_that_is_nearly_over(
    step, put, slack, clock, outbox, op, over
):
    row = of(op, put)
    claim = outbox.claim_next

    def slowly(owner, now, lease_until):
        taken = claim(owner, now, lease_until)
        clock.pass_by(PACE.margin + over * SECOND / 1000)
        return taken

    outbox.claim_next = slowly
    assert step().outcome == ("late" if over else DONE[op])
    assert (row.state, row.attempts) == (("pending", 0) if over else ("posted", 1))
    assert bool(slack.posted or slack.updated or slack.deleted) is not over
    outbox.claim_next = claim
    assert over is bool(step())


@pytest.mark.parametrize("at", ["before the look", "after the look"])
def test_one_that_sleeps_about_its_look_gives_back_what_is_still_unknown(step, put, slack, clock, outbox, at):
    row = put()
    slack.faults = [UNKNOWN]
    step()
    clock.pass_by(PACE.settling)
    claim, find, sleep = outbox.claim_next, slack.find, PACE.margin + SECOND / 1000

    def claimed(owner, now, lease_until):
        taken = claim(owner, now, lease_until)
        clock.pass_by(sleep if at == "before the look" else 0 * SECOND)
        return taken

    def found(claim):
        answer = find(claim)
        clock.pass_by(sleep if at == "after the look" else 0 * SECOND)
        return answer

    outbox.claim_next, slack.find = claimed, found
    assert step().outcome == "late"
    assert (row.state, slack.posted) == ("unknown", [])
    outbox.claim_next, slack.find = claim, find
    assert step().outcome == "posted"
    assert slack.looked_for == [row.key] * 2


def test_one_that_sleeps_while_it_reads_the_channel_gives_back_unsent(step, put, slack, clock):
    row = put()
    recent = slack.recent

    def slowly(*arguments):
        clock.pass_by(PACE.margin + SECOND / 1000)
        return recent(*arguments)

    slack.recent = slowly
    assert step().outcome == "late"
    assert (row.state, slack.posted) == ("pending", [])
    assert step().outcome == "posted", "and does not read it again"
    assert slack.read == [("C1", None)]


def test_one_that_wakes_with_what_it_looked_for_confirms_it(step, put, slack, clock, outbox):
    row = put()
    slack.faults = ["lost"]
    step()
    clock.pass_by(PACE.settling)
    slack.before = lambda what, claim: clock.pass_by(PACE.lease)
    assert step().outcome == "found"
    assert row.state == "posted"
