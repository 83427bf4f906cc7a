"""What every error code of the Web API means for a message: the one table, and nothing that acts on it.

The codes are those of the method pages of chat.postMessage, .update and .delete, conversations.history and .replies. A
code means the same wherever it comes from, but for two: a message that is not there is what a deletion wants, and it is
no parent's fault where a message has none (`poster`).
"""

from enum import Enum


class Failure(Enum):
    """What comes next after Slack answered with a code."""

    BUSY = "slack.busy"
    """Too fast: wait as long as ``Retry-After`` says."""
    UNCLEAR = "slack.unclear"
    """It may have been done: look before anything is sent again."""
    NOT_DONE = "slack.not_done"
    """It was not done, and a later try may succeed."""
    CHANNEL = "slack.channel"
    """Nothing more can be posted to this channel."""
    GONE = "slack.gone"
    """What is to be changed, or replied to, is not in the channel any more."""
    MESSAGE = "slack.message"
    """This message cannot be, or cannot be changed; others can."""
    PAYLOAD = "slack.payload"
    """Slack cannot read what we built: the fault is ours."""
    INSTALL = "slack.install"
    """The token is dead: nothing works until a person installs the app again."""
    SCOPE = "slack.scope"
    """The token may not do this: a person has to grant a scope."""
    STRANGE = "slack.strange"
    """A code that is not in the table: it may be about this message, the channel, or Slack's own bad day."""


_CODES: tuple[tuple[Failure, str], ...] = (
    (Failure.BUSY, "ratelimited rate_limited"),
    (Failure.UNCLEAR, "internal_error fatal_error service_unavailable"),
    (
        Failure.NOT_DONE,
        # message_limit_exceeded: the free plan's own cap, which ends with the month or the plan.
        "request_timeout team_added_to_org external_channel_migrating accesslimited message_limit_exceeded",
    ),
    (
        Failure.CHANNEL,
        "channel_not_found is_archived is_inactive not_in_channel posting_to_channel_denied ekm_access_denied "
        "messages_tab_disabled user_not_in_channel restricted_action restricted_action_read_only_channel "
        "restricted_action_thread_only_channel",
    ),
    (Failure.GONE, "message_not_found thread_not_found cannot_reply_to_message"),
    (
        Failure.MESSAGE,
        # The two restrictions are about replies: what goes into the channel itself still may.
        "cant_update_message edit_window_closed block_mismatch update_failed cant_delete_message "
        "compliance_exports_prevent_deletion restricted_action_non_threadable_channel restricted_action_thread_locked",
    ),
    (
        Failure.PAYLOAD,
        "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text invalid_arguments "
        "invalid_metadata_format metadata_too_large markdown_text_conflict too_many_attachments invalid_attachments "
        "invalid_metadata_schema attachment_payload_limit_exceeded",
    ),
    (
        Failure.INSTALL,
        "account_inactive token_revoked invalid_auth token_expired not_authed team_access_not_granted "
        "org_login_required two_factor_setup_required",
    ),
    (Failure.SCOPE, "missing_scope no_permission not_allowed_token_type"),
)

ONCE_MORE = frozenset({"update_failed"})
"""Of these `MESSAGE` is the meaning of the second time; the first is tried again."""

FAILURES: dict[str, Failure] = {code: failure for failure, codes in _CODES for code in codes.split()}


def failure_of(code: str) -> Failure:
    """What this code means."""
    return FAILURES.get(code, Failure.STRANGE)
