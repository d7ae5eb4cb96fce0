/** The live transcript: what was said and what is being said, each turn in its own place. */

import { html, nothing, type TemplateResult } from "lit";
import { classMap } from "lit/directives/class-map.js";
import { repeat } from "lit/directives/repeat.js";
import type { Evidence, Screen, Turn, TurnEvidence } from "../contracts.js";
import { cutByCodePoints } from "../format.js";
import type { Translate } from "../strings.js";
import { icon } from "./icons.js";

/** Turns and partials in the order they were begun, so that a final takes its partial's place. */
export function timeline(screen: Screen): Turn[] {
  return [...screen.turns, ...screen.partials]
    .map((turn, index) => ({ turn, index }))
    .sort((a, b) => a.turn.start_ms - b.turn.start_ms || a.index - b.index)
    .map(({ turn }) => turn);
}

/** The quotes of the evidence that is open, by turn. */
export function quotesByTurn(evidence: readonly Evidence[]): Map<string, TurnEvidence[]> {
  const quotes = new Map<string, TurnEvidence[]>();
  for (const piece of evidence) {
    if (piece.source !== "turn") continue;
    quotes.set(piece.turn_id, [...(quotes.get(piece.turn_id) ?? []), piece]);
  }
  return quotes;
}

function words(turn: Turn, quotes: readonly TurnEvidence[], t: Translate): unknown {
  if (quotes.length === 0) return turn.text;
  const spans: { start: number; end: number }[] = [];
  for (const quote of [...quotes].sort((a, b) => a.start - b.start)) {
    const last = spans.at(-1);
    if (last && quote.start <= last.end) last.end = Math.max(last.end, quote.end);
    else spans.push({ start: quote.start, end: quote.end });
  }
  const pieces = cutByCodePoints(turn.text, spans.flatMap((span) => [span.start, span.end]));
  return pieces.map((piece, index) =>
    index % 2 === 0
      ? piece
      : html`<mark><span class="sr">${t("transcript.quoted")} </span>${piece}</mark>`,
  );
}

function line(
  turn: Turn,
  before: Turn | undefined,
  quotes: readonly TurnEvidence[],
  t: Translate,
): TemplateResult {
  const follows = before?.role === turn.role;
  const classes = { turn: true, [turn.role]: true, partial: !turn.final, follows };
  return html`
    <li class=${classMap(classes)} data-turn=${turn.id} data-role=${turn.role}>
      <span class=${follows ? "sr" : "who"}>${t(`role.${turn.role}`)}</span>
      <p class="said" lang=${turn.language ?? nothing}>${words(turn, quotes, t)}</p>
      ${turn.final ? nothing : html`<span class="sr">${t("turn.speaking")}</span>`}
    </li>
  `;
}

export interface TranscriptModel {
  screen: Screen;
  quotes: Map<string, TurnEvidence[]>;
  newLines: boolean;
  onScroll: (event: Event) => void;
  onNewLines: () => void;
}

export function transcript(model: TranscriptModel, t: Translate): TemplateResult {
  const turns = timeline(model.screen);
  // On a call the adviser hears the customer: reading the log aloud would talk over them.
  const live = model.screen.channel === "voice" ? "off" : "polite";
  return html`
    <div class="log-wrap">
      <div
        class="log"
        role="log"
        aria-live=${live}
        aria-label=${t("transcript.title")}
        tabindex="0"
        @scroll=${model.onScroll}
      >
        ${turns.length === 0 ? html`<p class="faint hint">${t("transcript.empty")}</p>` : nothing}
        <ol class="turns">
          ${repeat(
            turns,
            (turn) => turn.id,
            (turn, index) => line(turn, turns[index - 1], model.quotes.get(turn.id) ?? [], t),
          )}
        </ol>
      </div>
      ${model.newLines
        ? html`<button class="newlines" @click=${model.onNewLines}>
            ${icon("down")} ${t("transcript.newLines")}
          </button>`
        : nothing}
    </div>
  `;
}
