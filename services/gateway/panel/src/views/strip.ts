/** One look: what the customer wants and how the conversation feels, in words. */

import { html, nothing, type TemplateResult } from "lit";
import type { Labels, Screen } from "../contracts.js";
import { confidenceLevel, confidenceWord } from "../format.js";
import type { Lang, Translate } from "../strings.js";
import { momentList, type MomentsModel } from "./moments.js";
import { moodLine } from "./mood.js";

export interface StripModel {
  screen: Screen;
  labels: Labels;
  lang: Lang;
  moments: MomentsModel;
}

export function strip(model: StripModel, t: Translate): TemplateResult {
  const { intent, mood } = model.screen;
  const label = intent?.label ?? null;
  const name = label === null ? null : (model.labels[label]?.[model.lang] ?? label.replaceAll("_", " "));
  return html`
    <div class="strip">
      <div class="now">
        <h2>${t("strip.intent")}</h2>
        <p data-testid="intent">
          ${name === null
            ? html`<span class="faint">${t("strip.noIntent")}</span>`
            : html`<b>${name}</b>`}
          ${intent === null || name === null
            ? nothing
            : html`<span class="sure ${confidenceLevel(intent.confidence)}">
                <span class="sr">${t("confidence.prefix")} </span>${confidenceWord(intent.confidence, t)}
              </span>`}
        </p>
        ${momentList(model.moments, t)}
      </div>
      <div class="mood">
        <h2>${t("strip.mood")}</h2>
        <p data-testid="mood">${moodLine(mood, t)}</p>
      </div>
    </div>
  `;
}
