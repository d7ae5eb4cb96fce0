/** The adviser's screen as a fold over events: the same rules as services/gateway/screen.py. */

import type {
  CardState,
  ConversationEvent,
  Moment,
  MoodPoint,
  Screen,
  Suggestion,
  SuggestionState,
  Turn,
  TurnAnalysed,
} from "./contracts.js";

/** A screen and the id of the last event in it. */
export interface Folded {
  cursor: string;
  screen: Screen;
}

/** Order two event ids `<epoch>-<offset>`: negative when `a` comes first, 0 when they are equal. */
export function compareIds(a: string, b: string): number {
  const [epochA = 0, offsetA = 0] = a.split("-").map(Number);
  const [epochB = 0, offsetB = 0] = b.split("-").map(Number);
  return epochA - epochB || offsetA - offsetB;
}

/** Take one event in; an event that is not newer than the cursor changes nothing. */
export function fold(state: Folded, event: ConversationEvent): Folded {
  if (compareIds(event.id, state.cursor) <= 0) return state;
  return { cursor: event.id, screen: apply(state.screen, event) };
}

/** An empty screen, as the server starts from. */
export function emptyScreen(conversationId: string): Screen {
  return {
    conversation_id: conversationId,
    channel: null,
    language: null,
    started_at: null,
    ended_at: null,
    turns: [],
    partials: [],
    analyses: {},
    mood: [],
    intent: null,
    intent_turn_id: null,
    moments: [],
    customer: null,
    cards: [],
    preferences: { language: null, quiet: false, cards_per_minute: 4, kinds: {} },
    degraded: {},
  };
}

/** The screen after `event`; the screen given stays as it is. */
export function apply(screen: Screen, event: ConversationEvent): Screen {
  switch (event.type) {
    case "conversation.started":
      return {
        ...screen,
        channel: event.data.channel,
        language: event.data.language,
        started_at: event.time,
      };
    case "conversation.transferred":
      return screen;
    case "conversation.ended":
      return { ...screen, ended_at: event.time, partials: [] };
    case "turn.partial":
      return withPartial(screen, event.data);
    case "turn.final":
      return withFinal(screen, event.data);
    case "turn.analysed":
      return withAnalysis(screen, event.data);
    case "moment.detected":
      return { ...screen, moments: noted(screen.moments, event.data) };
    case "context.updated":
      return { ...screen, customer: event.data.customer };
    case "suggestion.offered":
    case "suggestion.updated":
      return { ...screen, cards: offered(screen.cards, event.data.suggestion, event.data.held) };
    case "suggestion.withdrawn":
    case "suggestion.expired":
      return {
        ...screen,
        cards: screen.cards.filter(
          (card) =>
            card.suggestion.id !== event.data.suggestion_id || ACTED_ON.includes(card.state),
        ),
      };
    case "suggestion.shown":
    case "suggestion.accepted":
    case "suggestion.edited":
    case "suggestion.dismissed":
      return {
        ...screen,
        cards: judged(screen.cards, event.data.suggestion_id, STATE_OF[event.type]),
      };
    case "preferences.changed":
      return { ...screen, preferences: event.data };
    case "service.degraded":
      return {
        ...screen,
        degraded: { ...screen.degraded, [event.data.service]: event.data.reason },
      };
    case "service.restored": {
      const { [event.data.service]: _restored, ...degraded } = screen.degraded;
      return { ...screen, degraded };
    }
    default:
      return screen; // A newer server may send more kinds of events: they change nothing here.
  }
}

function withPartial(screen: Screen, turn: Turn): Screen {
  if (screen.turns.some((known) => known.id === turn.id)) return screen;
  return { ...screen, partials: placed(screen.partials, turn) };
}

function withFinal(screen: Screen, turn: Turn): Screen {
  return {
    ...screen,
    turns: placed(screen.turns, turn),
    partials: screen.partials.filter((partial) => partial.id !== turn.id),
  };
}

/** Turns in the order of their start, then of arrival. */
function placed(turns: Turn[], turn: Turn): Turn[] {
  const others = turns.filter((other) => other.id !== turn.id);
  return insertedBy(others, turn, (other) => other.start_ms);
}

function insertedBy<T>(sorted: T[], item: T, key: (item: T) => number): T[] {
  const at = sorted.findLastIndex((other) => key(other) <= key(item)) + 1;
  return sorted.toSpliced(at, 0, item);
}

function withAnalysis(screen: Screen, analysis: TurnAnalysed): Screen {
  const next: Screen = {
    ...screen,
    analyses: { ...screen.analyses, [analysis.turn_id]: analysis },
  };
  const { sentiment, intent } = analysis.predictions;
  if (intent && intent.label !== null) {
    next.intent = intent;
    next.intent_turn_id = analysis.turn_id;
  }
  const turn = screen.turns.find((known) => known.id === analysis.turn_id);
  // Only the customer's words have a mood: never the adviser's.
  if (turn?.role === "customer" && sentiment && sentiment.label !== null && sentiment.score !== null) {
    const point: MoodPoint = {
      turn_id: turn.id,
      at_ms: turn.end_ms,
      label: sentiment.label,
      score: sentiment.score,
      confidence: sentiment.confidence,
    };
    const others = screen.mood.filter((other) => other.turn_id !== turn.id);
    next.mood = insertedBy(others, point, (other) => other.at_ms);
  }
  return next;
}

/** A moment of a turn stands once, in the order of arrival. */
function noted(moments: Moment[], moment: Moment): Moment[] {
  const at = moments.findIndex(
    (known) => known.turn_id === moment.turn_id && known.moment === moment.moment,
  );
  return at < 0 ? [...moments, moment] : moments.with(at, moment);
}

/** States that are the adviser's own doing: nothing but their next word changes them. */
const ACTED_ON: readonly SuggestionState[] = ["accepted", "edited", "dismissed"];

const STATE_OF = {
  "suggestion.shown": "shown",
  "suggestion.accepted": "accepted",
  "suggestion.edited": "edited",
  "suggestion.dismissed": "dismissed",
} as const satisfies Record<string, SuggestionState>;

function offered(cards: CardState[], suggestion: Suggestion, held: boolean): CardState[] {
  const at = cards.findIndex((card) => card.suggestion.id === suggestion.id);
  const known = cards[at];
  if (known === undefined) return [...cards, { suggestion, state: held ? "held" : "offered" }];
  const kept = ACTED_ON.includes(known.state) || (!held && known.state === "shown");
  const state = kept ? known.state : held ? "held" : "offered";
  return cards.with(at, { suggestion, state });
}

function judged(cards: CardState[], id: string, state: SuggestionState): CardState[] {
  return cards.map((card) =>
    card.suggestion.id === id && (state !== "shown" || !ACTED_ON.includes(card.state))
      ? { ...card, state }
      : card,
  );
}
