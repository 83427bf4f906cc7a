"""The scopes the bot uses, each with what it is for: `config/slack-manifest.yaml` asks for exactly these."""

BOT_SCOPES = {
    "app_mentions:read": "answer a mention",
    "channels:history": "see whether a post with a lost answer arrived in a public channel; hear remarks there",
    "channels:join": "come into a public channel where somebody subscribes",
    "channels:read": "find public channels by name",
    "chat:write": "post",
    "commands": "answer /paper",
    "groups:history": "see whether a post with a lost answer arrived in a private channel; hear remarks there",
    "groups:read": "find private channels the bot was invited to",
    "im:history": "answer questions in a direct message",
    "im:read": "know that a channel is a direct message",
    "im:write": "tell who subscribed when a channel takes nothing more",
    "users:read": "answer in each person's language, at their hours",
}
