/** Help: the shortcuts, what Souffleur never does, and signing out. */

import { html, type TemplateResult } from "lit";
import type { StringKey, Translate } from "../strings.js";
import { icon } from "./icons.js";

const KEYS: [string, StringKey][] = [
  ["Alt + A", "help.accept"],
  ["Alt + D", "help.dismiss"],
  ["Alt + W", "help.why"],
  ["Alt + S", "help.pull"],
  ["Alt + Q", "help.quiet"],
  ["Alt + C", "help.speaker"],
];

export function help(onSignOut: () => void, t: Translate): TemplateResult {
  const close = (event: Event): void =>
    (event.currentTarget as HTMLElement).closest("dialog")?.close();
  const leave = (event: Event): void => {
    close(event);
    onSignOut();
  };
  return html`
    <dialog class="help" aria-labelledby="help-title">
      <div class="section-head">
        <h2 id="help-title">${t("help.title")}</h2>
        <button class="tool" aria-label=${t("help.close")} @click=${close}>${icon("close")}</button>
      </div>
      <p>${t("help.intro")}</p>
      <dl>
        ${KEYS.map(
          ([keys, what]) => html`<div><dt><kbd>${keys}</kbd></dt><dd>${t(what)}</dd></div>`,
        )}
        <div><dt><kbd>${t("help.arrows")}</kbd></dt><dd>${t("help.cards")}</dd></div>
      </dl>
      <p class="origin">${t("help.privacy")}</p>
      <button class="ghost" data-act="signout" @click=${leave}>${t("signin.signOut")}</button>
    </dialog>
  `;
}
