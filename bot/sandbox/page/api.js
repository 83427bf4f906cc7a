// The page's questions to its server.

/** The server said no, or could not be reached; `message` is for a person. */
export class Refusal extends Error {
  constructor(error, message) {
    super(message);
    this.error = error;
  }
}

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Refusal("unreachable", "The workspace cannot be reached. Is it still running?");
  }
  let body = null;
  try {
    body = await response.json();
  } catch {
    throw new Refusal("no_json", `The workspace answered with status ${response.status} and nothing to read.`);
  }
  if (!response.ok || body?.ok === false) {
    throw new Refusal(body?.error ?? `status_${response.status}`, body?.message || body?.error || `The workspace answered with status ${response.status}.`);
  }
  return body;
}

export function loadState(user) {
  return answer(fetch(`/page/state${user ? `?user=${encodeURIComponent(user)}` : ""}`, { cache: "no-store" }));
}

/** POST one of `send`, `edit`, `delete`, `dm`, `action`, `invite`. */
export function ask(what, body) {
  return answer(
    fetch(`/page/${what}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  );
}
