/** `<souffleur-panel>`: what the adviser sees and does, over a session. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { CardState, ClientFrame, Moment, Role, Screen, Suggestion } from "./contracts.js";
import { Session } from "./session.js";
import { shortcutOf, type Shortcut } from "./shortcuts.js";
import { translator, type Lang, type Translate } from "./strings.js";
import { styles } from "./styles/index.js";
import { TestCall } from "./testcall.js";
import { nextOrder, trayOf, type Tray } from "./tray.js";
import { cards } from "./views/cards.js";
import { customerCard } from "./views/customer.js";
import { gate } from "./views/gate.js";
import { header } from "./views/header.js";
import { help } from "./views/help.js";
import { banners, notices } from "./views/banners.js";
import { reply } from "./views/reply.js";
import { strip } from "./views/strip.js";
import { testCallBar, testCallSetup, type TestCallModel } from "./views/testcall.js";
import { quotesByTurn, transcript } from "./views/transcript.js";

/** Within this many pixels of its end, the transcript counts as being at its end. */
const AT_END_PX = 32;

const EMPTY_TRAY: Tray = { cards: [], held: [], done: [] };

export class SouffleurPanel extends LitElement {
  static override styles = styles;
  static override properties = {
    conversationId: { attribute: "conversation-id" },
    lang: { reflect: true },
    base: {},
    tab: { state: true },
    open: { state: true },
    noted: { state: true },
    focused: { state: true },
    origins: { state: true },
    allHistory: { state: true },
    atEnd: { state: true },
    announcement: { state: true },
    notice: { state: true },
    trialOpen: { state: true },
  };

  /** Follow this conversation only; without it, the newest live one. */
  declare conversationId: string | null;
  declare lang: string;
  /** Origin of the gateway; the page's own by default. */
  declare base: string;
  declare private tab: "conversation" | "customer";
  declare private open: string | null;
  declare private noted: string | null;
  declare private focused: string | null;
  declare private origins: boolean;
  declare private allHistory: boolean;
  declare private atEnd: boolean;
  declare private announcement: string;
  declare private notice: string | null;
  declare private trialOpen: boolean;

  private readonly session: Session;
  private readonly trial: TestCall;
  private tray: Tray = EMPTY_TRAY;
  private order: string[] = [];
  private readonly reported = new Set<string>();
  private shownConversation: string | null = null;
  private shownTrial: TestCall["state"] = "idle";
  /** Conversation and language for which the server knows in what language to write cards. */
  private toldLanguage: string | null = null;
  private turnCount = 0;
  private returnToEnd = false;

  constructor() {
    super();
    this.conversationId = null;
    this.lang = "fr";
    this.base = location.origin;
    this.tab = "conversation";
    this.open = null;
    this.noted = null;
    this.focused = null;
    this.origins = false;
    this.allHistory = false;
    this.atEnd = true;
    this.announcement = "";
    this.notice = null;
    this.trialOpen = false;
    this.session = new Session(
      () => this.base,
      () => this.requestUpdate(),
    );
    this.trial = new TestCall(
      (id) => this.session.join(id),
      () => this.requestUpdate(),
    );
  }

  /** Start, or start again, with the adviser's token. */
  signIn(token: string): void {
    this.session.signIn(token, this.conversationId);
  }

  private signOut(): void {
    this.trial.abandon();
    this.session.signOut();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("keydown", this.onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("keydown", this.onKey);
    this.trial.abandon();
    this.session.close();
  }

  private get language(): Lang {
    return this.lang === "en" ? "en" : "fr";
  }

  private get screenNow(): Screen | null {
    return this.session.folded?.screen ?? null;
  }

  // --- before and after each rendering ---

  protected override willUpdate(): void {
    const screen = this.screenNow;
    if (screen?.conversation_id !== this.shownConversation) this.forget(screen);
    if (screen === null) {
      this.tray = EMPTY_TRAY;
      return;
    }
    const tray = trayOf(screen, this.order);
    const ids = tray.cards.map((card) => card.suggestion.id);
    const fresh = ids.filter((id) => !this.order.includes(id));
    this.order = nextOrder(this.order, ids, this.handOnCards());
    this.tray = trayOf(screen, this.order);
    if (fresh.length > 0) this.announce(fresh);
    const first = this.tray.cards[0]?.suggestion.id ?? null;
    if (this.focused === null || !ids.includes(this.focused)) this.focused = first;
    if (this.open !== null && !ids.includes(this.open)) this.open = null;
  }

  protected override updated(_changed: PropertyValues): void {
    this.reportShown();
    this.reportLanguage();
    this.followTrial();
    const log = this.log;
    const screen = this.screenNow;
    if (log === null || screen === null) return;
    this.turnCount = this.atEnd ? screen.turns.length : this.turnCount;
    if (this.atEnd) log.scrollTop = log.scrollHeight;
  }

  /** Another conversation: nothing of the one before stays open. */
  private forget(screen: Screen | null): void {
    this.shownConversation = screen?.conversation_id ?? null;
    this.order = [];
    this.reported.clear();
    this.open = null;
    this.noted = null;
    this.focused = null;
    this.allHistory = false;
    this.atEnd = true;
    this.announcement = "";
    this.notice = null;
  }

  private handOnCards(): boolean {
    const list = this.renderRoot.querySelector(".card-list");
    return list !== null && (list.matches(":hover") || list.matches(":focus-within"));
  }

  private announce(ids: readonly string[]): void {
    const t = translator(this.language);
    this.announcement = this.tray.cards
      .filter((card) => ids.includes(card.suggestion.id))
      .map((card) => t("cards.new", { title: card.suggestion.title }))
      .join(" ");
  }

  /** Tell the server which cards reached the screen, once each. */
  private reportShown(): void {
    for (const { suggestion, state } of this.tray.cards) {
      if (state !== "offered" || this.reported.has(suggestion.id)) continue;
      if (this.session.send({ type: "suggestion.shown", suggestion_id: suggestion.id })) {
        this.reported.add(suggestion.id);
      }
    }
  }

  /** Cards are written in the adviser's language, which is that of their panel; said once a change. */
  private reportLanguage(): void {
    const screen = this.screenNow;
    if (screen === null || screen.ended_at !== null) return;
    const told = `${screen.conversation_id} ${this.language}`;
    if (told === this.toldLanguage) return;
    const { preferences } = screen;
    if ((preferences.language ?? screen.language) !== this.language) {
      const frame = { type: "preferences" as const, ...preferences, language: this.language };
      if (!this.session.send(frame)) return;
    }
    this.toldLanguage = told;
  }

  // --- what the adviser does ---

  private send(frame: ClientFrame): boolean {
    const sent = this.session.send(frame);
    this.notice = sent ? null : "unsent";
    return sent;
  }

  private accept = (suggestion: Suggestion, actionId?: string): void => {
    const sent = this.send({
      type: "suggestion.accepted",
      suggestion_id: suggestion.id,
      ...(actionId === undefined ? {} : { action_id: actionId }),
    });
    if (sent && suggestion.kind === "reply") this.insertReply(suggestion.body ?? suggestion.title);
    this.moveFocusFrom(suggestion.id);
  };

  private dismiss = (suggestion: Suggestion): void => {
    this.send({ type: "suggestion.dismissed", suggestion_id: suggestion.id });
    this.moveFocusFrom(suggestion.id);
  };

  private why = (suggestion: Suggestion): void => {
    const opening = this.open !== suggestion.id;
    this.open = opening ? suggestion.id : null;
    this.noted = null;
    this.focused = suggestion.id;
    const quote = suggestion.evidence.find((piece) => piece.source === "turn");
    this.showQuote(opening, quote?.turn_id ?? null);
  };

  private note = (kind: string): void => {
    const opening = this.noted !== kind;
    this.noted = opening ? kind : null;
    this.open = null;
    this.showQuote(opening, this.notedMoments.at(-1)?.turn_id ?? null);
  };

  /** Bring the turn that is quoted into sight, and go back to the end once it has been read. */
  private showQuote(opening: boolean, turnId: string | null): void {
    if (opening && turnId !== null) {
      this.returnToEnd = this.returnToEnd || this.atEnd;
      void this.updateComplete.then(() => this.reveal(turnId));
    } else if (!opening && this.returnToEnd) {
      this.returnToEnd = false;
      this.toEnd();
    }
  }

  private get notedMoments(): Moment[] {
    return this.screenNow?.moments.filter(({ moment }) => moment === this.noted) ?? [];
  }

  private pull = (): void => {
    const held = this.tray.held;
    for (const { suggestion } of held) {
      if (!this.send({ type: "suggestion.shown", suggestion_id: suggestion.id })) return;
      this.reported.add(suggestion.id);
    }
  };

  private toggleQuiet = (): void => {
    const screen = this.screenNow;
    if (screen === null) return;
    const { preferences } = screen;
    this.send({ type: "preferences", ...preferences, quiet: !preferences.quiet });
  };

  /** The card is about to leave: keep the keyboard's place in the list. */
  private moveFocusFrom(id: string): void {
    const list = this.renderRoot.querySelector(".card-list");
    if (!list?.matches(":focus-within")) return;
    const ids = this.tray.cards.map((card) => card.suggestion.id);
    const next = ids[ids.indexOf(id) + 1] ?? ids[ids.indexOf(id) - 1];
    if (next === undefined) this.renderRoot.querySelector<HTMLElement>("#cards-title")?.focus();
    else this.focusCard(next);
  }

  private focusCard(id: string): void {
    this.focused = id;
    this.renderRoot.querySelector<HTMLElement>(`[data-card="${CSS.escape(id)}"]`)?.focus();
  }

  private onKey = (event: KeyboardEvent): void => {
    const shortcut = shortcutOf(event);
    if (shortcut === "speaker") {
      if (this.trial.state !== "live") return;
      event.preventDefault();
      return this.trial.switchSpeaker();
    }
    if (shortcut === null || this.screenNow === null) return;
    if (this.renderRoot.querySelector("dialog[open]") !== null) return;
    event.preventDefault();
    this.run(shortcut);
  };

  private run(shortcut: Exclude<Shortcut, "speaker">): void {
    if (shortcut === "quiet") return this.toggleQuiet();
    if (shortcut === "pull") return this.pull();
    const card = this.tray.cards.find((known) => known.suggestion.id === this.focused);
    const suggestion = card?.suggestion;
    if (suggestion === undefined) return;
    if (shortcut === "accept") this.accept(suggestion, suggestion.actions[0]?.id);
    else if (shortcut === "dismiss") this.dismiss(suggestion);
    else this.why(suggestion);
  }

  private onArrow = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || !(event.target as HTMLElement).closest(".card-list")) return;
    const ids = this.tray.cards.map((card) => card.suggestion.id);
    const next = ids[ids.indexOf(this.focused ?? "") + step];
    if (next === undefined) return;
    event.preventDefault();
    this.focusCard(next);
  };

  // --- the transcript's scrolling ---

  private get log(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(".log");
  }

  private onScroll = (event: Event): void => {
    const log = event.target as HTMLElement;
    this.atEnd = log.scrollHeight - log.scrollTop - log.clientHeight <= AT_END_PX;
    if (this.atEnd) this.returnToEnd = false;
  };

  private toEnd = (): void => {
    this.atEnd = true;
  };

  private reveal = (turnId: string): void => {
    this.tab = "conversation";
    void this.updateComplete.then(() => {
      const turn = this.log?.querySelector<HTMLElement>(`[data-turn="${CSS.escape(turnId)}"]`);
      turn?.scrollIntoView({ block: "nearest" });
    });
  };

  // --- the chat reply ---

  private get replyBox(): HTMLTextAreaElement | null {
    return this.renderRoot.querySelector<HTMLTextAreaElement>("#reply");
  }

  private insertReply(text: string): void {
    const box = this.replyBox;
    if (box === null) return;
    box.value = box.value.trim() ? `${box.value.trimEnd()} ${text}` : text;
    box.focus();
  }

  private sendReply = (): void => {
    const text = this.replyBox?.value.trim();
    if (!text || !this.send({ type: "turn", text }) || this.replyBox === null) return;
    this.replyBox.value = "";
    this.toEnd();
  };

  // --- the test call ---

  private startTrial = (): void => {
    const { token } = this.session;
    if (token === null) return;
    void this.trial.start(this.base, token, this.trial.language ?? this.language);
  };

  /** The lobby gives way to the call, and the call to its end: the keyboard's place moves along. */
  private followTrial(): void {
    const { state } = this.trial;
    if (state === this.shownTrial) return;
    this.shownTrial = state;
    if (state !== "live" && state !== "ended") return;
    const wanted = state === "live" ? '[aria-pressed="true"]' : "button";
    this.renderRoot.querySelector<HTMLElement>(`.trial-bar ${wanted}`)?.focus();
  }

  private get trialModel(): TestCallModel {
    return {
      call: this.trial,
      language: this.trial.language ?? this.language,
      open: this.trialOpen,
      onOpen: () => (this.trialOpen = !this.trialOpen),
      onStart: this.startTrial,
    };
  }

  // --- rendering ---

  protected override render(): TemplateResult {
    const t = translator(this.language);
    const { phase } = this.session;
    const screen = phase === "showing" ? this.screenNow : null;
    return html`
      <div class="panel" lang=${this.language} @keydown=${this.onArrow}>
        ${header(
          {
            lang: this.language,
            screen,
            link: phase === "signed_out" ? "signed_out" : this.session.linkState,
            quiet: screen?.preferences.quiet ?? false,
            conversations: this.session.conversations,
            current: this.session.current,
            onLang: (lang) => {
              this.lang = lang;
              this.dispatchEvent(new CustomEvent("lang-changed", { detail: lang, bubbles: true }));
            },
            onQuiet: this.toggleQuiet,
            onHelp: () => this.renderRoot.querySelector("dialog")?.showModal(),
            onPick: (id) => this.session.pick(id),
          },
          t,
        )}
        ${testCallBar(this.trialModel, this.session.current, t)}
        ${screen === null
          ? gate(
              {
                phase: phase === "showing" ? "joining" : phase,
                tokenRefused: this.session.tokenRefused,
                onToken: (token) => this.signIn(token),
                onRetry: () => this.session.retry(),
                meanwhile: testCallSetup(this.trialModel, t),
              },
              t,
            )
          : this.conversation(screen, t)}
        <div class="sr" role="status" aria-live="polite" data-testid="announcement">
          ${this.announcement}
        </div>
        ${help(() => this.signOut(), t)}
      </div>
    `;
  }

  private conversation(screen: Screen, t: Translate): TemplateResult {
    const session = this.session;
    const stale = session.linkState !== "live";
    const openCard = this.tray.cards.find((card) => card.suggestion.id === this.open);
    return html`
      ${banners(
        {
          screen,
          outages: session.outages,
          stale,
          next: session.next,
          onNext: () => session.followNext(),
        },
        t,
      )}
      ${notices(
        {
          unsent: this.notice !== null,
          refusal: session.refusal,
          onClose: () => {
            this.notice = null;
            session.dismissRefusal();
          },
        },
        t,
      )}
      <main class="desk ${stale ? "stale" : ""}" data-tab=${this.tab}>
        ${strip(
          {
            screen,
            labels: session.labels,
            lang: this.language,
            moments: { moments: screen.moments, open: this.noted, onOpen: this.note },
          },
          t,
        )}
        ${this.tabs(t)}
        <section class="talk" id="talk" aria-label=${t("transcript.title")}>
          ${transcript(
            {
              screen,
              quotes: quotesByTurn(
                openCard?.suggestion.evidence ?? this.notedMoments.map(({ evidence }) => evidence),
              ),
              newLines: !this.atEnd && screen.turns.length > this.turnCount,
              onScroll: this.onScroll,
              onNewLines: this.toEnd,
            },
            t,
          )}
          ${screen.channel === "voice" || screen.channel === null || screen.ended_at !== null
            ? nothing
            : reply({ online: !stale, onSend: this.sendReply }, t)}
        </section>
        <aside class="side">
          ${this.cards(screen, t)}
          ${customerCard(
            {
              lang: this.language,
              now: new Date(),
              customer: screen.customer,
              origins: this.origins,
              allHistory: this.allHistory,
              onOrigins: () => (this.origins = !this.origins),
              onAllHistory: () => (this.allHistory = true),
            },
            t,
          )}
        </aside>
      </main>
    `;
  }

  private cards(screen: Screen, t: Translate): TemplateResult {
    const roles = new Map<string, Role>(screen.turns.map((turn) => [turn.id, turn.role]));
    const fields = screen.customer?.fields ?? [];
    const { cards: shown, held, done }: Record<keyof Tray, CardState[]> = this.tray;
    return cards(
      {
        lang: this.language,
        cards: shown,
        held,
        done,
        quiet: screen.preferences.quiet,
        open: this.open,
        focused: this.focused,
        roleOf: (turnId) => roles.get(turnId) ?? null,
        labelOf: (name) => fields.find((field) => field.name === name)?.label ?? null,
        onAccept: this.accept,
        onDismiss: this.dismiss,
        onWhy: this.why,
        onPull: this.pull,
        onFocus: (id) => (this.focused = id),
        onGoToTurn: this.reveal,
      },
      t,
    );
  }

  /** Only in a narrow panel: conversation or customer, one at a time. */
  private tabs(t: Translate): TemplateResult {
    return html`
      <div class="tabs" role="group" aria-label=${t("tabs.label")}>
        ${(["conversation", "customer"] as const).map(
          (tab) => html`<button
            data-tab=${tab}
            aria-pressed=${this.tab === tab ? "true" : "false"}
            @click=${() => (this.tab = tab)}
          >
            ${t(`tabs.${tab}`)}
          </button>`,
        )}
      </div>
    `;
  }
}

customElements.define("souffleur-panel", SouffleurPanel);
