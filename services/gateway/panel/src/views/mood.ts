/** The mood line: the tone of the customer's words over the conversation, with its text. */

import { html, svg, type TemplateResult } from "lit";
import type { MoodPoint } from "../contracts.js";
import { moodSummary, moodWords } from "../format.js";
import type { Translate } from "../strings.js";

const WIDTH = 132;
const HEIGHT = 34;
const MARGIN = 5;
/** Older points leave on the left, so that a long call stays legible. */
const SHOWN = 24;

interface Dot {
  x: number;
  y: number;
}

function place(mood: readonly MoodPoint[]): Dot[] {
  const points = mood.slice(-SHOWN);
  const step = (WIDTH - 2 * MARGIN) / Math.max(7, points.length - 1);
  return points.map((point, index) => ({
    x: MARGIN + index * step,
    y: HEIGHT / 2 - point.score * (HEIGHT / 2 - MARGIN),
  }));
}

/** A smooth line through the dots that never overshoots them (horizontal tangents). */
function curve(dots: readonly Dot[]): string {
  const [first, ...rest] = dots;
  if (first === undefined) return "";
  let from = first;
  let path = `M${first.x.toFixed(1)} ${first.y.toFixed(1)}`;
  for (const to of rest) {
    const middle = ((from.x + to.x) / 2).toFixed(1);
    path += `C${middle} ${from.y.toFixed(1)} ${middle} ${to.y.toFixed(1)} ${to.x.toFixed(1)} ${to.y.toFixed(1)}`;
    from = to;
  }
  return path;
}

export function moodLine(mood: readonly MoodPoint[], t: Translate): TemplateResult {
  const summary = moodSummary(mood);
  if (summary === null) return html`<span class="faint">${t("strip.noMood")}</span>`;
  const dots = place(mood);
  const last = dots.at(-1) as Dot;
  const words = moodWords(summary, t);
  return html`
    <svg class="moodline" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
      <path class="moodbase" d="M${MARGIN} ${HEIGHT / 2}H${WIDTH - MARGIN}" />
      <path class="moodpath" d=${curve(dots)} />
      ${svg`<circle class="mooddot ${summary.level}" cx=${last.x.toFixed(1)} cy=${last.y.toFixed(1)} r="4" />`}
    </svg>
    <span class="moodwords" title=${t("mood.note")}>${words}</span>
  `;
}
