/** What deserves attention in the conversation, each a way to the words that gave it away. */

import { html, nothing, type TemplateResult } from "lit";
import type { Moment } from "../contracts.js";
import { wordFor } from "../format.js";
import type { Translate } from "../strings.js";

/** More at once would be read by nobody: the kinds heard last stay. */
const SHOWN = 4;

export interface MomentsModel {
  moments: readonly Moment[];
  /** The kind whose quotes are marked in the transcript. */
  open: string | null;
  onOpen: (kind: string) => void;
}

/** The kinds heard last, each in the place where it first came, so that none moves under the hand. */
export function kindsOf(moments: readonly Moment[]): string[] {
  const latest = new Set<string>();
  for (const { moment } of moments.toReversed()) if (latest.size < SHOWN) latest.add(moment);
  const first = new Set(moments.map(({ moment }) => moment));
  return [...first].filter((kind) => latest.has(kind));
}

export function momentList(model: MomentsModel, t: Translate): TemplateResult | typeof nothing {
  const kinds = kindsOf(model.moments);
  if (kinds.length === 0) return nothing;
  return html`
    <ul class="moments" aria-label=${t("moments.title")} data-testid="moments">
      ${kinds.map((kind) => {
        const last = model.moments.findLast(({ moment }) => moment === kind) as Moment;
        return html`<li>
          <button
            data-moment=${kind}
            aria-pressed=${model.open === kind ? "true" : "false"}
            title=${t("moments.quote", { quote: last.evidence.quote })}
            @click=${() => model.onOpen(kind)}
          >
            ${wordFor("moment", kind, t)}
          </button>
        </li>`;
      })}
    </ul>
  `;
}
