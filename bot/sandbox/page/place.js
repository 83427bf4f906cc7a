// Where in the workspace the page stands, and its address.

/** `/client/T1/C1`, or `/client/T1/C1/thread/1712900000.000100`. */
export function channelPath(team, channel, thread = null) {
  return `/client/${team}/${channel}${thread ? `/thread/${thread}` : ""}`;
}

/** The address of one message, as Slack writes permalinks. */
export function messagePath(channel, ts, thread = null) {
  const inThread = thread && thread !== ts ? `?thread_ts=${thread}&cid=${channel}` : "";
  return `/archives/${channel}/p${ts.replace(".", "")}${inThread}`;
}

/** The place an address names: its channel, the message to show, the thread to open; each may be null. */
export function placeOf(url) {
  const archive = url.pathname.match(/^\/archives\/(\w+)(?:\/p(\d{10,})(\d{6}))?\/?$/);
  if (archive) {
    const ts = archive[2] ? `${archive[2]}.${archive[3]}` : null;
    return { channel: archive[1], ts, thread: url.searchParams.get("thread_ts") };
  }
  const client = url.pathname.match(/^\/client\/\w+\/(\w+)(?:\/thread\/(?:\w+-)?(\d+\.\d+))?\/?$/);
  return { channel: client?.[1] ?? null, ts: null, thread: client?.[2] ?? null };
}
