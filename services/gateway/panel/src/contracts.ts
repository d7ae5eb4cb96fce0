/** What crosses the adviser's socket: the TypeScript side of services/contracts. */

export type Role = "customer" | "adviser" | "bot";
export type Channel = "voice" | "chat" | "email" | "messaging";

export interface Turn {
  id: string;
  role: Role;
  text: string;
  language: string | null;
  start_ms: number;
  end_ms: number;
  final: boolean;
  words: { text: string; start_ms: number; end_ms: number; confidence: number }[] | null;
  channel: Channel;
}

export interface Prediction {
  label: string | null;
  confidence: number;
  top: { label: string; confidence: number }[];
  score: number | null;
}

export interface TurnAnalysed {
  turn_id: string;
  predictions: Record<string, Prediction>;
  entities: { type: string; text: string; value: string; start: number; end: number }[];
  models: Record<string, string>;
  latency_ms: number;
}

/** Something in a turn that is worth more than a mood, with the sentence that gives it away. */
export interface Moment {
  turn_id: string;
  moment: string;
  confidence: number;
  evidence: TurnEvidence;
}

export type SuggestionKind =
  | "next_best_action"
  | "knowledge"
  | "reply"
  | "cue"
  | "already_said"
  | "checklist"
  | "form";

/** `start` and `end` count code points, never UTF-16 units. */
export interface TurnEvidence {
  source: "turn";
  turn_id: string;
  start: number;
  end: number;
  quote: string;
}
export interface DocumentEvidence {
  source: "document";
  document_id: string;
  version: string;
  date: string;
  start: number;
  end: number;
  quote: string;
}
export interface ContextEvidence {
  source: "context";
  field: string;
  value: string;
  origin: string;
  date: string;
}
export type Evidence = TurnEvidence | DocumentEvidence | ContextEvidence;

export interface Suggestion {
  id: string;
  kind: SuggestionKind;
  subject: string;
  title: string;
  body: string | null;
  reason: string;
  confidence: number;
  turn_id: string;
  evidence: Evidence[];
  actions: { id: string; label: string }[];
  payload: Record<string, unknown>;
}

export type FieldValue = string | number | boolean;

export interface CustomerField {
  name: string;
  value: FieldValue;
  label: string | null;
  origin: string;
  date: string;
}

export interface HistoryItem {
  id: string;
  at: string;
  channel: string;
  summary: string;
  outcome: "solved" | "unsolved" | "promised" | "transferred" | "abandoned" | null;
  promise: string | null;
  promise_due: string | null;
  origin: string;
}

export interface Customer {
  id: string;
  display_name: string | null;
  language: string | null;
  fields: CustomerField[];
  history: HistoryItem[];
  version: number;
  updated_at: string;
}

export interface Preferences {
  language: string | null;
  quiet: boolean;
  cards_per_minute: number;
  kinds: Record<string, boolean>;
}

export type SuggestionState = "offered" | "held" | "shown" | "accepted" | "edited" | "dismissed";

export interface CardState {
  suggestion: Suggestion;
  state: SuggestionState;
}

export interface MoodPoint {
  turn_id: string;
  at_ms: number;
  label: string;
  score: number;
  confidence: number;
}

export interface Screen {
  conversation_id: string;
  channel: Channel | null;
  language: string | null;
  started_at: string | null;
  ended_at: string | null;
  turns: Turn[];
  partials: Turn[];
  analyses: Record<string, TurnAnalysed>;
  mood: MoodPoint[];
  intent: Prediction | null;
  intent_turn_id: string | null;
  moments: Moment[];
  customer: Customer | null;
  cards: CardState[];
  preferences: Preferences;
  degraded: Record<string, string>;
}

interface Envelope {
  id: string;
  conversation_id: string;
  time: string;
}

/** The closed union of conversation events. */
export type ConversationEvent = Envelope &
  (
    | {
        type: "conversation.started";
        data: { channel: Channel; customer_id: string | null; language: string | null };
      }
    | { type: "conversation.transferred"; data: { to_adviser_id: string; note: string | null } }
    | { type: "conversation.ended"; data: { reason: string } }
    | { type: "turn.partial" | "turn.final"; data: Turn }
    | { type: "turn.analysed"; data: TurnAnalysed }
    | { type: "moment.detected"; data: Moment }
    | { type: "context.updated"; data: { customer: Customer } }
    | {
        type: "suggestion.offered" | "suggestion.updated";
        data: { suggestion: Suggestion; held: boolean };
      }
    | { type: "suggestion.withdrawn" | "suggestion.expired"; data: { suggestion_id: string } }
    | {
        type:
          | "suggestion.shown"
          | "suggestion.accepted"
          | "suggestion.edited"
          | "suggestion.dismissed";
        data: { suggestion_id: string; action_id: string | null; text: string | null };
      }
    | { type: "preferences.changed"; data: Preferences }
    | {
        type: "service.degraded" | "service.restored";
        data: { service: string; reason: string };
      }
  );

export interface ConversationSummary {
  id: string;
  channel: Channel;
  customer_id: string | null;
  adviser_id: string | null;
  language: string | null;
  started_at: string;
  ended_at: string | null;
  turns: number;
}

export type Labels = Record<string, { fr: string; en: string }>;

export type ServerFrame =
  | { type: "snapshot"; cursor: string; screen: Screen; labels: Labels }
  | { type: "event"; event: ConversationEvent }
  | { type: "conversations"; items: ConversationSummary[] }
  | { type: "resumed"; cursor: string }
  | { type: "resync" }
  | { type: "degraded" | "restored"; service: string; reason: string }
  | { type: "error"; code: string; detail: string; field: string | null };

export type ClientFrame =
  | { type: "resume"; last_event_id: string }
  | {
      type:
        | "suggestion.shown"
        | "suggestion.accepted"
        | "suggestion.edited"
        | "suggestion.dismissed";
      suggestion_id: string;
      action_id?: string;
      text?: string;
    }
  | ({ type: "preferences" } & Preferences)
  | { type: "turn"; text: string };
