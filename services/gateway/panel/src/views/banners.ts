/** Banners for what the adviser must know of the service, and notices of what was not taken. */

import { html, nothing, type TemplateResult } from "lit";
import type { Screen } from "../contracts.js";
import { isStringKey, type Translate } from "../strings.js";
import { icon } from "./icons.js";

export interface BannersModel {
  screen: Screen;
  /** Parts that are down although no event says so. */
  outages: readonly string[];
  stale: boolean;
  /** A live conversation to go to, once this one has ended. */
  next: string | null;
  onNext: () => void;
}

export function banners(model: BannersModel, t: Translate): TemplateResult {
  const { screen, stale, next } = model;
  const parts = new Set([...Object.keys(screen.degraded), ...model.outages]);
  return html`
    <div class="banners" role="status">
      ${stale
        ? html`<p class="banner wait" data-banner="reconnecting">
            ${icon("wait")}<span>${t("state.reconnecting")}</span>
          </p>`
        : nothing}
      ${[...parts].map((part) => {
        const key = `degraded.${part}`;
        return html`<p class="banner warn" data-banner="degraded">
          ${icon("warning")}<span>${t(isStringKey(key) ? key : "degraded.other")}</span>
        </p>`;
      })}
      ${screen.ended_at !== null
        ? html`<p class="banner" data-banner="ended">
            ${icon("done")}
            <span>${t("state.ended")} ${next === null ? nothing : t("state.next")}</span>
            ${next === null
              ? nothing
              : html`<button class="link" data-act="next" @click=${model.onNext}>
                  ${t("state.follow")}
                </button>`}
          </p>`
        : nothing}
    </div>
  `;
}

export interface NoticesModel {
  unsent: boolean;
  refusal: string | null;
  onClose: () => void;
}

export function notices(model: NoticesModel, t: Translate): unknown {
  if (!model.unsent && model.refusal === null) return nothing;
  return html`
    <div class="notice" role="alert">
      <span>
        ${model.unsent
          ? t("notice.unsent")
          : t("notice.error", { detail: model.refusal ?? "" })}
      </span>
      <button class="tool" aria-label=${t("notice.close")} @click=${model.onClose}>
        ${icon("close")}
      </button>
    </div>
  `;
}
