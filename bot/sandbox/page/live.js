// What happens in the workspace, as it happens.

const FIRST_WAIT = 400;
const LONGEST_WAIT = 10_000;

/** A line that is taken up again whenever it drops. `onOpen` must read the state anew: what happened meanwhile is not told. */
export class Live {
  constructor({ onEvent, onOpen, onDrop }) {
    this.on = { onEvent, onOpen, onDrop };
    this.socket = null;
    this.user = null;
    this.wait = FIRST_WAIT;
    this.timer = 0;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  /** Listen for this user, and no longer for another. */
  listen(user) {
    this.stop();
    this.user = user;
    this.connect();
  }

  stop() {
    this.user = null;
    clearTimeout(this.timer);
    const old = this.socket;
    this.socket = null;
    old?.close();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/page/live?user=${encodeURIComponent(this.user)}`);
    this.socket = socket;
    socket.addEventListener("open", () => {
      if (socket !== this.socket) return;
      this.wait = FIRST_WAIT;
      this.on.onOpen();
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.socket) this.on.onEvent(JSON.parse(data));
    });
    socket.addEventListener("close", () => {
      if (socket !== this.socket) return;
      this.socket = null;
      this.on.onDrop();
      // Many pages must not come back in the same instant.
      this.timer = setTimeout(() => this.connect(), this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    });
  }

  /** Someone looks, or the network is back: try now. */
  hurry() {
    if (this.socket || !this.user) return;
    clearTimeout(this.timer);
    this.wait = FIRST_WAIT;
    this.connect();
  }
}
