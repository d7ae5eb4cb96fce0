/** The panel's state: who is signed in, which conversation is followed, and its screen. */

import { Link, type LinkState } from "./connection.js";
import type { ClientFrame, ConversationSummary, Labels, ServerFrame } from "./contracts.js";
import { storeToken } from "./credentials.js";
import { follow } from "./follow.js";
import { fold, type Folded } from "./screen.js";

export type Phase =
  | "signed_out"
  | "connecting"
  | "waiting"
  | "joining"
  | "showing"
  | "forbidden"
  | "unknown"
  | "superseded";

export class Session {
  token: string | null = null;
  tokenRefused = false;
  folded: Folded | null = null;
  labels: Labels = {};
  conversations: ConversationSummary[] = [];
  current: string | null = null;
  /** Parts that the stream says are down, outside of the conversation's events: Redis itself. */
  outages: readonly string[] = [];
  /** The latest message of ours that the service could not take. */
  refusal: string | null = null;

  private picked = false;
  private pinned = false;
  private lobby: Link | null = null;
  private stream: Link | null = null;

  constructor(
    private readonly base: () => string,
    private readonly changed: () => void,
  ) {}

  /** Start with a token; `conversationId` pins the panel to that one conversation. */
  signIn(token: string, conversationId: string | null): void {
    this.close();
    this.token = token;
    this.tokenRefused = false;
    storeToken(token);
    this.pinned = conversationId !== null;
    if (this.pinned) {
      this.show(conversationId);
    } else {
      this.lobby = this.open(null);
      this.lobby.start();
      if (this.current !== null) this.show(this.current);
    }
    this.changed();
  }

  signOut(refused = false): void {
    this.close();
    this.token = null;
    this.tokenRefused = refused;
    if (!refused) {
      this.folded = null;
      this.current = null;
      this.picked = false;
      this.conversations = [];
    }
    storeToken(null);
    this.changed();
  }

  /** Close the sockets; the last screen stays. */
  close(): void {
    this.lobby?.stop();
    this.stream?.stop();
    this.lobby = null;
    this.stream = null;
  }

  pick(conversationId: string): void {
    this.picked = true;
    if (conversationId !== this.current) this.show(conversationId);
    this.changed();
  }

  /** Show a conversation until it ends; then the newest live one is followed again. */
  join(conversationId: string): void {
    this.picked = false;
    this.show(conversationId);
    this.changed();
  }

  /** Go back to following the newest live conversation. */
  followNext(): void {
    this.picked = false;
    this.followNewest();
    this.changed();
  }

  retry(): void {
    this.stream?.retryNow();
    this.lobby?.retryNow();
  }

  /** Send to the conversation on screen; false when there is no connection. */
  send(frame: ClientFrame): boolean {
    return this.stream?.send(frame) ?? false;
  }

  dismissRefusal(): void {
    this.refusal = null;
    this.changed();
  }

  get ended(): boolean {
    return this.folded !== null && this.folded.screen.ended_at !== null;
  }

  get linkState(): LinkState {
    return (this.stream ?? this.lobby)?.state ?? "stopped";
  }

  get phase(): Phase {
    if (this.token === null) return "signed_out";
    const link = this.linkState;
    if (link === "forbidden" || link === "unknown" || link === "superseded") return link;
    if (this.folded !== null) return "showing";
    if (this.current !== null) return "joining";
    return link === "live" ? "waiting" : "connecting";
  }

  /** A live conversation other than the one on screen, once that one has ended. */
  get next(): string | null {
    if (!this.ended || this.pinned) return null;
    const id = follow({ current: this.current, picked: false }, this.conversations, true);
    return id === this.current ? null : id;
  }

  private show(conversationId: string | null): void {
    this.stream?.stop();
    if (conversationId !== this.current) this.folded = null;
    this.current = conversationId;
    this.refusal = null;
    this.outages = [];
    this.stream = conversationId === null ? null : this.open(conversationId);
    this.stream?.start();
  }

  private open(conversationId: string | null): Link {
    return new Link({
      base: this.base(),
      token: this.token ?? "",
      conversationId,
      onFrame: (frame) => this.hear(frame),
      onState: (state) => {
        // What was said of outages held for the connection that is gone.
        if (conversationId !== null && state !== "live") this.outages = [];
        if (state === "signed_out") this.signOut(true);
        else this.changed();
      },
      lastEventId: () => (conversationId === null ? null : (this.folded?.cursor ?? null)),
    });
  }

  private hear(frame: ServerFrame): void {
    switch (frame.type) {
      case "snapshot":
        this.folded = { cursor: frame.cursor, screen: frame.screen };
        this.labels = frame.labels;
        break;
      case "event":
        if (this.folded !== null) this.folded = fold(this.folded, frame.event);
        break;
      case "conversations":
        this.conversations = frame.items;
        break;
      case "degraded":
      case "restored": {
        const others = this.outages.filter((part) => part !== frame.service);
        this.outages = frame.type === "degraded" ? [...others, frame.service] : others;
        break;
      }
      case "error":
        this.refusal = frame.detail;
        break;
      case "resumed":
      case "resync":
        break; // What was missed, or a fresh snapshot, follows; the last screen stays until then.
    }
    this.followNewest();
    this.changed();
  }

  private followNewest(): void {
    if (this.pinned) return;
    const next = follow(
      { current: this.current, picked: this.picked },
      this.conversations,
      this.ended || this.linkState === "unknown" || this.linkState === "forbidden",
    );
    if (next !== this.current) this.show(next);
  }
}
