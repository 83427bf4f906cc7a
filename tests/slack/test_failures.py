from collections import Counter

import pytest

from bot.slack.failures import _CODES, FAILURES, Failure, failure_of

# Section by section of Slack's method pages, written down a second time on purpose.
ROWS = {
    Failure.BUSY: ["ratelimited", "rate_limited"],
    Failure.UNCLEAR: ["internal_error", "fatal_error", "service_unavailable"],
    Failure.NOT_DONE: [
        "request_timeout",
        "team_added_to_org",
        "external_channel_migrating",
        "accesslimited",
        "message_limit_exceeded",
    ],
    Failure.CHANNEL: [
        "channel_not_found",
        "is_archived",
        "is_inactive",
        "not_in_channel",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "posting_to_channel_denied",
        "ekm_access_denied",
        "messages_tab_disabled",
        "user_not_in_channel",
    ],
    Failure.MESSAGE: [
        "message_not_found",
        "thread_not_found",
        "cannot_reply_to_message",
        "cant_update_message",
        "edit_window_closed",
        "block_mismatch",
        "update_failed",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
    ],
    Failure.PAYLOAD: [
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "invalid_arguments",
        "invalid_metadata_format",
        "metadata_too_large",
        "markdown_text_conflict",
        "too_many_attachments",
        "invalid_attachments",
    ],
    Failure.INSTALL: [
        "account_inactive",
        "token_revoked",
        "invalid_auth",
        "token_expired",
        "not_authed",
        "team_access_not_granted",
        "org_login_required",
    ],
    Failure.SCOPE: ["missing_scope", "no_permission", "not_allowed_token_type"],
}


@pytest.mark.parametrize(("code", "failure"), [(code, failure) for failure, codes in ROWS.items() for code in codes])
def test_a_code_means_what_the_table_says(code, failure):
    assert failure_of(code) is failure


def test_the_table_holds_each_code_once_and_no_other():
    written = Counter(code for _, codes in _CODES for code in codes.split())
    assert set(written.values()) == {1}
    assert set(FAILURES) == {code for codes in ROWS.values() for code in codes}


def test_a_code_nobody_has_heard_of_is_taken_for_nothing_that_is_known():
    assert failure_of("brand_new_error") is Failure.STRANGE
