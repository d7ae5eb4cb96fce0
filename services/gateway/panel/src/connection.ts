/** A socket of the adviser's stream that heals itself: ticket, resume, resync, back-off. */

import type { ClientFrame, ServerFrame } from "./contracts.js";

export type LinkState =
  | "connecting"
  | "live"
  | "reconnecting"
  | "signed_out"
  | "forbidden"
  | "unknown"
  | "superseded"
  | "stopped";

export interface LinkOptions {
  /** Where the gateway is, e.g. `https://souffleur.example`; the page's own origin by default. */
  base: string;
  token: string;
  /** `null` follows no conversation: the socket then lists the live ones. */
  conversationId: string | null;
  onFrame: (frame: ServerFrame) => void;
  onState: (state: LinkState) => void;
  /** Id of the last event on the screen, `null` before the first snapshot. */
  lastEventId: () => string | null;
}

const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 10_000;
/** After "too many messages" or "try later". */
const BUSY_DELAY_MS = 5_000;
const UNKNOWN_DELAY_MS = 3_000;
/** A ticket or a handshake that takes longer than this counts as lost. */
const PATIENCE_MS = 8_000;

/** What a close code says about trying again; every other code means "reconnect". */
const FINAL_CODES: Record<number, LinkState> = {
  1008: "forbidden",
  4401: "signed_out",
  4403: "forbidden",
  4404: "unknown",
  4409: "superseded",
};

export class Link {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private generation = 0;
  private timer = 0;
  private everLive = false;
  private current: LinkState = "stopped";

  constructor(private readonly options: LinkOptions) {}

  get state(): LinkState {
    return this.current;
  }

  start(): void {
    window.addEventListener("online", this.retryNow);
    window.addEventListener("offline", this.dropNow);
    void this.connect();
  }

  /** Close for good. */
  stop(): void {
    window.removeEventListener("online", this.retryNow);
    window.removeEventListener("offline", this.dropNow);
    this.abandon();
    this.set("stopped");
  }

  /** Send a frame; false when there is no connection, so that the caller can say so. */
  send(frame: ClientFrame): boolean {
    if (this.current !== "live" || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Try at once instead of waiting for the back-off (also after `superseded`). */
  readonly retryNow = (): void => {
    if (this.current === "live" || this.current === "stopped") return;
    this.attempt = 0;
    this.abandon();
    void this.connect();
  };

  private readonly dropNow = (): void => {
    if (this.current === "live") this.again(0);
  };

  private set(state: LinkState): void {
    if (this.current === state) return;
    this.current = state;
    this.options.onState(state);
  }

  /** Forget the socket in hand: nothing it still says is heard. */
  private abandon(): void {
    this.generation += 1;
    window.clearTimeout(this.timer);
    this.socket?.close(1000);
    this.socket = null;
  }

  private again(atLeastMs: number): void {
    this.abandon();
    this.set(this.everLive ? "reconnecting" : "connecting");
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.attempt);
    this.attempt += 1;
    // Jitter, so that a thousand panels do not come back in the same instant.
    const delay = Math.max(atLeastMs, ceiling * (0.5 + Math.random() / 2));
    this.timer = window.setTimeout(() => void this.connect(), delay);
  }

  /** Stay in a state that trying again at once would not change. */
  private rest(state: LinkState): void {
    this.set(state);
    // A desktop may open the panel before the call's first event: the conversation may yet come.
    if (state === "unknown") {
      this.timer = window.setTimeout(() => void this.connect(), UNKNOWN_DELAY_MS);
    }
  }

  private async connect(): Promise<void> {
    const generation = this.generation;
    if (this.current !== "unknown") this.set(this.everLive ? "reconnecting" : "connecting");
    const ticket = await this.ticket();
    if (generation !== this.generation) return;
    if (typeof ticket === "object") {
      if ("retryAfterMs" in ticket) this.again(ticket.retryAfterMs);
      else this.rest(ticket.state);
      return;
    }
    const url = new URL("/v1/adviser/stream", this.options.base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (this.options.conversationId !== null) {
      url.searchParams.set("conversation_id", this.options.conversationId);
    }
    const socket = new WebSocket(url, ["souffleur.v1", `ticket.${ticket}`]);
    this.socket = socket;
    this.timer = window.setTimeout(() => {
      if (generation === this.generation) this.again(0);
    }, PATIENCE_MS);
    socket.onopen = () => {
      if (generation !== this.generation) return;
      const last = this.options.lastEventId();
      if (last !== null) socket.send(JSON.stringify({ type: "resume", last_event_id: last }));
    };
    socket.onmessage = (message: MessageEvent<string>) => {
      if (generation !== this.generation) return;
      window.clearTimeout(this.timer);
      this.attempt = 0;
      this.everLive = true;
      this.set("live");
      this.options.onFrame(JSON.parse(message.data) as ServerFrame);
    };
    socket.onclose = (event) => {
      if (generation !== this.generation) return;
      const final = FINAL_CODES[event.code];
      if (final === undefined) {
        this.again(event.code === 4429 || event.code === 1013 ? BUSY_DELAY_MS : 0);
        return;
      }
      this.abandon();
      this.rest(final);
    };
  }

  /** A fresh single-use ticket, or what to do instead. */
  private async ticket(): Promise<string | { state: LinkState } | { retryAfterMs: number }> {
    const { base, token, conversationId } = this.options;
    try {
      const response = await fetch(new URL("/v1/tickets", base), {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(conversationId === null ? {} : { conversation_id: conversationId }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (response.ok) return ((await response.json()) as { ticket: string }).ticket;
      if (response.status === 401) return { state: "signed_out" };
      if (response.status === 403) return { state: "forbidden" };
      if (response.status === 404) return { state: "unknown" };
      return { retryAfterMs: 1000 * Number(response.headers.get("retry-after") ?? 0) || 0 };
    } catch {
      return { retryAfterMs: 0 };
    }
  }
}
