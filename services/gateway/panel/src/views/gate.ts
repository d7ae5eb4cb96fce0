/** What shows when there is no conversation on screen: signing in, waiting, refusals. */

import { html, nothing, type TemplateResult } from "lit";
import type { Phase } from "../session.js";
import type { StringKey, Translate } from "../strings.js";
import { icon, type IconName } from "./icons.js";

export interface GateModel {
  phase: Exclude<Phase, "showing">;
  tokenRefused: boolean;
  onToken: (token: string) => void;
  onRetry: () => void;
  /** What one may do while waiting. */
  meanwhile: unknown;
}

export function gate(model: GateModel, t: Translate): TemplateResult {
  if (model.phase === "signed_out") return signIn(model, t);
  const icons: Record<typeof model.phase, IconName> = {
    connecting: "wait",
    joining: "wait",
    waiting: "cue",
    forbidden: "off",
    unknown: "off",
    superseded: "off",
  };
  const action: Partial<Record<Phase, StringKey>> = {
    unknown: "state.retry",
    forbidden: "state.retry",
    superseded: "state.resumeHere",
  };
  const key = action[model.phase];
  return html`
    <main class="gate ${model.phase}">
      <div class="emblem">${icon(icons[model.phase])}</div>
      <div role="status">
        <h2>${t(`state.${model.phase}Title`)}</h2>
        <p>${t(`state.${model.phase}Body`)}</p>
      </div>
      ${key
        ? html`<button class="primary" @click=${model.onRetry}>${t(key)}</button>`
        : nothing}
      ${model.phase === "waiting" ? model.meanwhile : nothing}
    </main>
  `;
}

function signIn(model: GateModel, t: Translate): TemplateResult {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const token = new FormData(event.target as HTMLFormElement).get("token");
    if (typeof token === "string" && token.trim()) model.onToken(token.trim());
  };
  return html`
    <main class="gate signed_out">
      <form @submit=${submit}>
        <h2>${t("signin.title")}</h2>
        <p>${t("signin.body")}</p>
        ${model.tokenRefused ? html`<p class="late" role="alert">${t("signin.expired")}</p>` : nothing}
        <label for="token">${t("signin.label")}</label>
        <input id="token" name="token" type="password" autocomplete="off" required />
        <button class="primary">${t("signin.submit")}</button>
      </form>
    </main>
  `;
}
