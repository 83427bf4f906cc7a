"""The Bolt app and the Web API: a listener acknowledges, understands, asks, answers. No SQL, no parsing, no layout."""
