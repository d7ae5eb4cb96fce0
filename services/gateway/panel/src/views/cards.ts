/** Suggestion cards: what to do, why, and how sure; those held back wait to be called. */

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { CardState, Evidence, Role, Suggestion, SuggestionKind } from "../contracts.js";
import { confidenceLevel, confidenceWord, fieldLabel, formatDate, formatValue, wordFor } from "../format.js";
import { isStringKey, type Lang, type Translate } from "../strings.js";
import { icon, type IconName } from "./icons.js";

const ICONS: Record<SuggestionKind, IconName> = {
  next_best_action: "action",
  knowledge: "book",
  reply: "chat",
  cue: "cue",
  already_said: "quote",
  checklist: "list",
  form: "list",
};

export interface CardsModel {
  lang: Lang;
  cards: readonly CardState[];
  held: readonly CardState[];
  done: readonly CardState[];
  quiet: boolean;
  open: string | null;
  focused: string | null;
  roleOf: (turnId: string) => Role | null;
  /** What the CRM calls a field, if it says. */
  labelOf: (field: string) => string | null;
  onAccept: (suggestion: Suggestion, actionId?: string) => void;
  onDismiss: (suggestion: Suggestion) => void;
  onWhy: (suggestion: Suggestion) => void;
  onPull: () => void;
  onFocus: (id: string) => void;
  onGoToTurn: (turnId: string) => void;
}

export function cards(model: CardsModel, t: Translate): TemplateResult {
  return html`
    <section class="cards" aria-labelledby="cards-title">
      <div class="section-head">
        <h2 id="cards-title" tabindex="-1">${t("cards.title")}</h2>
        ${model.held.length === 0 ? nothing : heldBar(model, t)}
      </div>
      ${model.cards.length === 0
        ? html`<p class="rest">${t(model.quiet ? "cards.quietEmpty" : "cards.empty")}</p>`
        : nothing}
      <div class="card-list">
        ${repeat(
          model.cards,
          (card) => card.suggestion.id,
          (card) => cardView(card.suggestion, model, t),
        )}
      </div>
      ${model.done.length === 0 ? nothing : doneList(model, t)}
    </section>
  `;
}

function heldBar(model: CardsModel, t: Translate): TemplateResult {
  const count = model.held.length;
  return html`
    <span class="held">
      <span>${count === 1 ? t("cards.heldOne") : t("cards.heldMany", { count })}</span>
      <button class="link" data-act="pull" aria-keyshortcuts="Alt+S" @click=${model.onPull}>
        ${t("cards.pull")}
      </button>
    </span>
  `;
}

function doneList(model: CardsModel, t: Translate): TemplateResult {
  return html`
    <div class="done">
      <h3>${t("cards.doneTitle")}</h3>
      <ul>
        ${repeat(
          model.done,
          (card) => card.suggestion.id,
          (card) => html`<li>${icon("check")}<span>${card.suggestion.title}</span></li>`,
        )}
      </ul>
    </div>
  `;
}

function cardView(card: Suggestion, model: CardsModel, t: Translate): TemplateResult {
  const open = model.open === card.id;
  const level = confidenceLevel(card.confidence);
  return html`
    <article
      class="card ${card.kind}"
      data-card=${card.id}
      tabindex=${model.focused === card.id ? "0" : "-1"}
      aria-labelledby="title-${card.id}"
      @focusin=${() => model.onFocus(card.id)}
    >
      <header>
        <span class="kind">${icon(ICONS[card.kind] ?? "action")}${wordFor("kind", card.kind, t)}</span>
        <span class="sure ${level}">
          <span class="sr">${t("confidence.prefix")} </span>${confidenceWord(card.confidence, t)}
        </span>
      </header>
      <h3 id="title-${card.id}">${card.title}</h3>
      ${card.body ? html`<p class="body">${card.body}</p>` : nothing}
      <p class="reason">${card.reason}</p>
      <div class="acts">
        ${acceptButtons(card, model, t)}
        <button
          class="ghost"
          data-act="why"
          aria-expanded=${open ? "true" : "false"}
          aria-controls="why-${card.id}"
          aria-keyshortcuts="Alt+W"
          @click=${() => model.onWhy(card)}
        >
          ${t("cards.why")}${icon("chevron")}
        </button>
        <button
          class="ghost dismiss"
          data-act="dismiss"
          aria-keyshortcuts="Alt+D"
          @click=${() => model.onDismiss(card)}
        >
          ${t("cards.dismiss")}
        </button>
      </div>
      <div class="why" id="why-${card.id}" ?hidden=${!open}>
        <h4>${t("cards.sources")}</h4>
        <ul>
          ${card.evidence.map((piece) => html`<li>${evidence(piece, model, t)}</li>`)}
        </ul>
      </div>
    </article>
  `;
}

function acceptButtons(card: Suggestion, model: CardsModel, t: Translate): unknown {
  if (card.actions.length > 0) {
    return card.actions.map(
      (action, index) => html`<button
        class=${index === 0 ? "primary" : "ghost"}
        data-act="accept"
        aria-keyshortcuts=${index === 0 ? "Alt+A" : nothing}
        @click=${() => model.onAccept(card, action.id)}
      >
        ${action.label}
      </button>`,
    );
  }
  const key = `accept.${card.kind}`;
  return html`<button
    class="primary"
    data-act="accept"
    aria-keyshortcuts="Alt+A"
    @click=${() => model.onAccept(card)}
  >
    ${t(isStringKey(key) ? key : "accept.knowledge")}
  </button>`;
}

function evidence(piece: Evidence, model: CardsModel, t: Translate): TemplateResult {
  if (piece.source === "turn") {
    const role = model.roleOf(piece.turn_id);
    const said =
      role === "adviser" ? "evidence.youSaid" : role === "bot" ? "evidence.botSaid" : "evidence.said";
    return html`
      <span class="origin">${t(said)}</span>
      <blockquote>${quoted(piece.quote, model.lang)}</blockquote>
      <button class="link" data-act="go" @click=${() => model.onGoToTurn(piece.turn_id)}>
        ${t("cards.goToTurn")}
      </button>
    `;
  }
  const date = formatDate(piece.date, model.lang);
  if (piece.source === "document") {
    const { document_id: id, version } = piece;
    return html`
      <span class="origin">${t("evidence.document", { id, version })}, ${date}</span>
      <blockquote>${quoted(piece.quote, model.lang)}</blockquote>
    `;
  }
  return html`
    <span class="fact">
      <b>${fieldLabel({ name: piece.field, label: model.labelOf(piece.field) }, t)}</b>
      <span>${formatValue(piece.value, model.lang, t)}</span>
    </span>
    <span class="origin">${t("evidence.from", { origin: piece.origin, date })}</span>
  `;
}

function quoted(text: string, lang: Lang): string {
  return lang === "fr" ? `«\u00a0${text}\u00a0»` : `“${text}”`;
}
