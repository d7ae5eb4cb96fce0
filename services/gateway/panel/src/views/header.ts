/** The header: whose conversation, the state of the connection, and the panel's few switches. */

import { html, nothing, type TemplateResult } from "lit";
import type { LinkState } from "../connection.js";
import type { ConversationSummary, Screen } from "../contracts.js";
import { channelName } from "../format.js";
import type { Lang, Translate } from "../strings.js";
import { icon, type IconName } from "./icons.js";

export interface HeaderModel {
  lang: Lang;
  screen: Screen | null;
  link: LinkState;
  quiet: boolean;
  conversations: readonly ConversationSummary[];
  current: string | null;
  onLang: (lang: Lang) => void;
  onQuiet: () => void;
  onHelp: () => void;
  onPick: (id: string) => void;
}

const CHANNEL_ICONS: Record<string, IconName> = { voice: "voice", email: "mail" };

export function header(model: HeaderModel, t: Translate): TemplateResult {
  const { screen } = model;
  const name = screen?.customer?.display_name;
  return html`
    <header class="bar">
      <h1 class="brand">${mark}<span>Souffleur</span></h1>
      ${screen?.channel
        ? html`<p class="about" data-testid="channel">
            ${icon(CHANNEL_ICONS[screen.channel] ?? "chat")}
            <span>${channelName(screen.channel, t)}</span>
            ${name ? html`<b>${name}</b>` : nothing}
          </p>`
        : html`<p class="about"></p>`}
      ${linkState(model, t)} ${chooser(model, t)}
      ${screen === null ? nothing : quietSwitch(model, t)}
      <div class="langs" role="group" aria-label=${t("header.language")}>
        ${(["fr", "en"] as const).map(
          (lang) => html`<button
            data-lang=${lang}
            lang=${lang}
            aria-pressed=${model.lang === lang ? "true" : "false"}
            aria-label=${lang === "fr" ? "Français" : "English"}
            @click=${() => model.onLang(lang)}
          >
            ${lang.toUpperCase()}
          </button>`,
        )}
      </div>
      <button class="tool" data-act="help" aria-label=${t("header.help")} @click=${model.onHelp}>
        ${icon("help")}
      </button>
    </header>
  `;
}

function quietSwitch(model: HeaderModel, t: Translate): TemplateResult {
  return html`
    <button
      class="tool quiet"
      data-act="quiet"
      aria-pressed=${model.quiet ? "true" : "false"}
      aria-keyshortcuts="Alt+Q"
      title=${t(model.quiet ? "header.quietOn" : "header.quietOff")}
      @click=${model.onQuiet}
    >
      ${icon("quiet")}<span class="tool-label">${t("header.quiet")}</span>
    </button>
  `;
}

const mark = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="9" />
  <path
    class="bubble"
    d="M7 12.500c0-3 2.500-5.500 5.500-5.500h4c3 0 5.500 2.500 5.500 5.500S19.500 18 16.500 18h-3.200L9 21.600v-4.700a5.500 5.500 0 0 1-2-4.400Z"
  />
  <path class="breath" d="M19.500 23.500c2.800-.6 5-2.900 5.500-5.700M22 26.500c3.500-1.200 6.100-4.200 6.700-8" />
</svg>`;

function linkState(model: HeaderModel, t: Translate): TemplateResult {
  const name = model.link === "live" ? liveState(model.screen) : model.link;
  const icons: Partial<Record<typeof name, IconName>> = {
    live: "live",
    ready: "done",
    ended: "done",
    connecting: "wait",
    reconnecting: "wait",
  };
  return html`
    <p class="state ${name}" role="status" data-state=${name}>
      ${icon(icons[name] ?? "off")}<span>${t(`link.${name}`)}</span>
    </p>
  `;
}

function liveState(screen: Screen | null): "ready" | "ended" | "live" {
  if (screen === null) return "ready";
  return screen.ended_at === null ? "live" : "ended";
}

function chooser(model: HeaderModel, t: Translate): unknown {
  if (model.conversations.length === 0) return nothing;
  const pick = (event: Event, id: string): void => {
    (event.currentTarget as HTMLElement).closest<HTMLElement>("[popover]")?.hidePopover();
    model.onPick(id);
  };
  return html`
    <button
      class="tool"
      data-act="conversations"
      popovertarget="conversations"
      title=${t("header.chooseConversation")}
    >
      ${icon("menu")}<span class="tool-label">${t("header.conversations")}</span>
      <span class="count">${model.conversations.length}</span>
    </button>
    <div id="conversations" class="sheet" popover aria-label=${t("header.chooseConversation")}>
      <h2>${t("header.chooseConversation")}</h2>
      <ul>
        ${model.conversations.map(
          (item) => html`<li>
            <button
              data-conversation=${item.id}
              aria-current=${item.id === model.current ? "true" : "false"}
              @click=${(event: Event) => pick(event, item.id)}
            >
              ${icon(CHANNEL_ICONS[item.channel] ?? "chat")}
              <span>
                <b>${channelName(item.channel, t)}</b>
                <span class="origin">${item.customer_id ?? item.id}</span>
              </span>
              ${item.id === model.current
                ? html`<span class="origin">${t("header.current")}</span>`
                : nothing}
            </button>
          </li>`,
        )}
      </ul>
    </div>
  `;
}
