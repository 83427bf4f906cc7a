"""Every code of the platform notes' section 3.5, row by row, written down a second time on purpose."""

from collections import Counter

import pytest

from bot.slack.failures import _CODES, FAILURES, ONCE_MORE, Failure, failure_of

ROWS = {
    "wait": {Failure.BUSY: "ratelimited rate_limited"},
    "transient, outcome unknown": {Failure.UNCLEAR: "internal_error fatal_error service_unavailable"},
    "transient, not done": {
        Failure.NOT_DONE: "request_timeout team_added_to_org external_channel_migrating accesslimited"
    },
    "channel permanently bad": {
        Failure.CHANNEL: "channel_not_found is_archived is_inactive not_in_channel restricted_action "
        "restricted_action_read_only_channel restricted_action_thread_only_channel posting_to_channel_denied "
        "ekm_access_denied messages_tab_disabled user_not_in_channel",
        # Here we differ: a thread that is locked, or that may not be, closes no channel; its replies are refused.
        Failure.MESSAGE: "restricted_action_non_threadable_channel restricted_action_thread_locked",
    },
    "message bad": {
        Failure.GONE: "message_not_found thread_not_found cannot_reply_to_message",
        Failure.MESSAGE: "cant_update_message edit_window_closed block_mismatch update_failed",
    },
    "payload bad (our bug)": {
        Failure.PAYLOAD: "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text "
        "invalid_arguments invalid_metadata_format metadata_too_large markdown_text_conflict too_many_attachments"
    },
    "install dead": {
        Failure.INSTALL: "account_inactive token_revoked invalid_auth token_expired not_authed team_access_not_granted "
        "org_login_required"
    },
    "scope": {Failure.SCOPE: "missing_scope no_permission not_allowed_token_type"},
    "not in the notes": {
        Failure.NOT_DONE: "message_limit_exceeded",
        Failure.MESSAGE: "cant_delete_message compliance_exports_prevent_deletion",
        Failure.PAYLOAD: "invalid_attachments invalid_metadata_schema attachment_payload_limit_exceeded",
        Failure.INSTALL: "two_factor_setup_required",
    },
}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table_means_what_comes_next(row):
    expected = {code: failure for failure, codes in ROWS[row].items() for code in codes.split()}
    assert {code: failure_of(code) for code in expected} == expected


def test_the_table_holds_each_code_once_and_no_other():
    written = Counter(code for _, codes in _CODES for code in codes.split())
    assert set(written.values()) == {1}
    assert set(FAILURES) == {code for row in ROWS.values() for codes in row.values() for code in codes.split()}


def test_what_is_worth_one_more_try_is_refused_after_it():
    assert {failure_of(code) for code in ONCE_MORE} == {Failure.MESSAGE}


def test_a_code_nobody_has_heard_of_is_taken_for_nothing_that_is_known():
    assert failure_of("brand_new_error") is Failure.STRANGE
