/** A test call: the adviser plays both parties at their own microphone, one at a time. */

import { Microphone } from "./microphone.js";
import type { Lang } from "./strings.js";

export type Party = "customer" | "adviser";

/** `idle`: none; `ended`: the last one is over and still on screen. */
export type TestCallState = "idle" | "starting" | "live" | "ending" | "ended";

/** Why a call did not start, or stopped; a detail of the server's comes with `refused`. */
export type TestCallProblem = "denied" | "no_device" | "insecure" | "device" | "lost" | "refused";

/** More than this waits to be sent (10 s of sound): the line is too slow for a call. */
const MOST_WAITING = 10 * 2 * 2 * 16_000;
/** How long the last words may take to be recognised before the socket is let go of. */
const LAST_WORDS_MS = 20_000;
const PATIENCE_MS = 8_000;

const PROBLEMS: Record<string, TestCallProblem> = {
  NotAllowedError: "denied",
  NotFoundError: "no_device",
  SecurityError: "insecure",
  TimeoutError: "lost",
};

interface Ticket {
  ticket: string;
  conversation_id: string;
}

type Answer =
  | { type: "started"; conversation_id: string }
  | { type: "stopped" }
  | { type: "error"; detail: string };

/** The call could not be opened; `detail` is the server's. */
class Refusal extends Error {}

export class TestCall {
  state: TestCallState = "idle";
  speaker: Party = "customer";
  language: Lang | null = null;
  problem: TestCallProblem | null = null;
  detail = "";
  /** Of the call that is on, or of the last one. */
  conversationId: string | null = null;

  private microphone: Microphone | null = null;
  private socket: WebSocket | null = null;
  private timer = 0;
  /** Rises with every call and every end, so that what comes late is not taken for this call's. */
  private generation = 0;

  /** `opened` hears of the new conversation, `changed` of everything. */
  constructor(
    private readonly opened: (conversationId: string) => void,
    private readonly changed: () => void,
  ) {}

  get active(): boolean {
    return this.state === "starting" || this.state === "live" || this.state === "ending";
  }

  speakAs(party: Party): void {
    this.speaker = party;
    this.changed();
  }

  switchSpeaker(): void {
    this.speakAs(this.speaker === "customer" ? "adviser" : "customer");
  }

  speakIn(language: Lang): void {
    this.language = language;
    this.changed();
  }

  async start(base: string, token: string, language: Lang): Promise<void> {
    if (this.active) return;
    this.generation += 1;
    const { generation } = this;
    this.language = language;
    this.problem = null;
    this.set("starting");
    try {
      const microphone = await Microphone.open(
        (frame) => this.send(frame),
        () => this.fail(generation, "device"),
      );
      if (generation !== this.generation) return microphone.close();
      this.microphone = microphone;
      const ticket = await getTicket(base, token);
      if (generation === this.generation) this.connect(base, ticket, language);
    } catch (error) {
      if (error instanceof Refusal) this.detail = error.message;
      const name = error instanceof Error ? error.name : "";
      const problem = error instanceof DOMException ? (PROBLEMS[name] ?? "device") : "lost";
      this.fail(generation, error instanceof Refusal ? "refused" : problem);
    }
  }

  /** Hang up: nothing more is heard, and the last words are waited for. */
  stop(): void {
    if (this.state === "starting") return this.leave(this.before);
    if (this.state !== "live") return;
    this.silence();
    this.socket?.send(JSON.stringify({ type: "stop" }));
    const { generation } = this;
    this.timer = window.setTimeout(() => {
      if (generation === this.generation) this.leave("ended");
    }, LAST_WORDS_MS);
    this.set("ending");
  }

  /** The panel goes away, or its adviser does. */
  abandon(): void {
    this.stop();
    this.conversationId = null;
    this.leave("idle");
  }

  /** Where a call that does not start leaves us: the one before it may still be on screen. */
  private get before(): "idle" | "ended" {
    return this.conversationId === null ? "idle" : "ended";
  }

  private set(state: TestCallState): void {
    this.state = state;
    this.changed();
  }

  private silence(): void {
    this.microphone?.close();
    this.microphone = null;
  }

  private leave(state: "idle" | "ended"): void {
    this.generation += 1;
    window.clearTimeout(this.timer);
    this.silence();
    this.socket?.close(1000);
    this.socket = null;
    this.set(state);
  }

  private fail(generation: number, problem: TestCallProblem): void {
    if (generation !== this.generation) return;
    this.problem = problem;
    this.leave(this.state === "starting" ? this.before : "ended");
  }

  private connect(base: string, { ticket }: Ticket, language: Lang): void {
    const { generation } = this;
    const url = new URL("/v1/ingest/audio", base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, ["souffleur.v1", `ticket.${ticket}`]);
    this.socket = socket;
    this.timer = window.setTimeout(() => this.fail(generation, "lost"), PATIENCE_MS);
    const start = { type: "start", sample_rate: 16_000, encoding: "pcm_s16le", channels: 2, language };
    socket.onopen = () => socket.send(JSON.stringify(start));
    socket.onmessage = (message: MessageEvent<string>) => {
      if (generation === this.generation) this.hear(JSON.parse(message.data) as Answer);
    };
    socket.onclose = () => this.fail(generation, "lost");
  }

  private hear(answer: Answer): void {
    switch (answer.type) {
      case "started":
        window.clearTimeout(this.timer);
        this.conversationId = answer.conversation_id;
        this.set("live");
        this.opened(answer.conversation_id);
        break;
      case "stopped":
        this.leave("ended");
        break;
      case "error":
        this.detail = answer.detail;
        this.fail(this.generation, "refused");
        break;
    }
  }

  /** Both parties, interleaved: left the customer, right the adviser; who listens is silent. */
  private send(frame: Int16Array): void {
    if (this.state !== "live" || this.socket === null) return;
    if (this.socket.bufferedAmount > MOST_WAITING) return this.fail(this.generation, "lost");
    const bytes = new DataView(new ArrayBuffer(frame.length * 4));
    const side = this.speaker === "customer" ? 0 : 2;
    frame.forEach((sample, index) => bytes.setInt16(index * 4 + side, sample, true));
    this.socket.send(bytes);
  }
}

async function getTicket(base: string, token: string): Promise<Ticket> {
  const response = await fetch(new URL("/v1/tickets", base), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ purpose: "test_call" }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (response.ok) return (await response.json()) as Ticket;
  const { detail } = (await response.json()) as { detail?: string };
  throw new Refusal(detail ?? String(response.status));
}
