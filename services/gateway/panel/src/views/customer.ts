/** The customer's card: facts with their origin on demand, history, and promises still open. */

import { html, nothing, type TemplateResult } from "lit";
import type { Customer, CustomerField, HistoryItem } from "../contracts.js";
import { channelName, fieldLabel, formatDate, formatValue, openPromises } from "../format.js";
import type { Lang, Translate } from "../strings.js";
import { icon } from "./icons.js";

export interface CustomerModel {
  lang: Lang;
  now: Date;
  customer: Customer | null;
  origins: boolean;
  allHistory: boolean;
  onOrigins: () => void;
  onAllHistory: () => void;
}

/** How many earlier contacts show before "older" is asked for. */
const RECENT = 4;

export function customerCard(model: CustomerModel, t: Translate): TemplateResult {
  const { customer } = model;
  return html`
    <section class="record" aria-labelledby="customer-title">
      <div class="section-head">
        <h2 id="customer-title">${t("customer.title")}</h2>
        ${customer && customer.fields.length > 0
          ? html`<button
              class="link"
              data-act="origins"
              aria-pressed=${model.origins ? "true" : "false"}
              @click=${model.onOrigins}
            >
              ${t("customer.origins")}
            </button>`
          : nothing}
      </div>
      ${customer === null
        ? html`<p class="rest">${t("customer.none")}</p>`
        : html`
            <p class="name">${customer.display_name ?? t("customer.unknown")}</p>
            ${promises(customer, model, t)}
            <dl class="fields">${customer.fields.map((field) => fact(field, model, t))}</dl>
            ${history(customer, model, t)}
          `}
    </section>
  `;
}

function fact(field: CustomerField, model: CustomerModel, t: Translate): TemplateResult {
  const date = formatDate(field.date, model.lang);
  return html`
    <div>
      <dt>${fieldLabel(field, t)}</dt>
      <dd>
        ${formatValue(field.value, model.lang, t)}
        ${model.origins
          ? html`<span class="origin">${t("evidence.from", { origin: field.origin, date })}</span>`
          : nothing}
      </dd>
    </div>
  `;
}

function promises(customer: Customer, model: CustomerModel, t: Translate): unknown {
  const open = openPromises(customer.history);
  return customer.history
    .filter((item) => open.has(item.id))
    .map(
      (item) => html`
        <div class="promise">
          ${icon("promise")}
          <p>
            <b>${t("customer.openPromise")}</b>
            <span>${item.promise}</span>
            <span class="origin">${due(item, model, t)}${channelName(item.channel, t)},
              ${formatDate(item.at, model.lang)}</span>
          </p>
        </div>
      `,
    );
}

function due(item: HistoryItem, model: CustomerModel, t: Translate): unknown {
  if (item.promise_due === null) return nothing;
  const late = Date.parse(item.promise_due) < model.now.getTime();
  const date = formatDate(item.promise_due, model.lang);
  return html`<span class=${late ? "late" : ""}
      >${t(late ? "customer.overdue" : "customer.due", { date })}</span
    > · `;
}

function history(customer: Customer, model: CustomerModel, t: Translate): TemplateResult {
  const items = [...customer.history].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const shown = model.allHistory ? items : items.slice(0, RECENT);
  const hidden = items.length - shown.length;
  return html`
    <h3>${t("customer.history")}</h3>
    ${items.length === 0 ? html`<p class="rest">${t("customer.noHistory")}</p>` : nothing}
    <ol class="history">
      ${shown.map(
        (item) => html`
          <li>
            <span class="origin">
              ${formatDate(item.at, model.lang)} · ${channelName(item.channel, t)}
              ${item.outcome
                ? html`· <span class="outcome ${item.outcome}">${t(`outcome.${item.outcome}`)}</span>`
                : nothing}
            </span>
            <p>${item.summary}</p>
            ${model.origins ? html`<span class="origin">${item.origin}</span>` : nothing}
          </li>
        `,
      )}
    </ol>
    ${hidden > 0
      ? html`<button class="link" @click=${model.onAllHistory}>
          ${t("customer.more", { count: hidden })}
        </button>`
      : nothing}
  `;
}
