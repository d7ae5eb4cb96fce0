/** The test call: its set-up in the empty panel, and the bar of the call itself. */

import { html, nothing, type TemplateResult } from "lit";
import type { Lang, StringKey, Translate } from "../strings.js";
import type { Party, TestCall } from "../testcall.js";
import { icon } from "./icons.js";

export interface TestCallModel {
  call: TestCall;
  /** Language in which the adviser is going to speak. */
  language: Lang;
  /** Whether the adviser has asked for the set-up. */
  open: boolean;
  onOpen: () => void;
  onStart: () => void;
}

/** In the lobby: the button, and what to choose before the microphone is asked for. */
export function testCallSetup(model: TestCallModel, t: Translate): TemplateResult {
  const { call, open } = model;
  return html`
    <div class="trial">
      <button
        class="ghost"
        data-act="test-call"
        aria-expanded=${open ? "true" : "false"}
        aria-controls="trial"
        @click=${model.onOpen}
      >
        ${icon("mic")}${t("trial.title")}
      </button>
      <section id="trial" class="trial-form" aria-label=${t("trial.title")} ?hidden=${!open}>
        <p>${t("trial.intro")}</p>
        ${languages(model, t)} ${parties(call, "trial.first", t)}
        <button
          class="primary"
          data-act="test-call-start"
          ?disabled=${call.active}
          @click=${model.onStart}
        >
          ${t(call.state === "starting" ? "trial.starting" : "trial.start")}
        </button>
        ${problem(call, t)}
        <p class="origin">${t("trial.privacy")}</p>
      </section>
    </div>
  `;
}

/** During the call, whatever is on screen: the microphone is open, and that must show. */
export function testCallBar(model: TestCallModel, onScreen: string | null, t: Translate): unknown {
  const { call } = model;
  if (call.state === "live" || call.state === "ending") {
    return html`
      <section class="trial-bar" aria-label=${t("trial.title")} data-trial=${call.state}>
        <p role="status">
          ${icon("mic")}<span>${t(`trial.${call.state}`)}</span>
          ${call.state === "live"
            ? html`<span class="sr">${t(`trial.${call.speaker}`)}</span>`
            : nothing}
        </p>
        ${call.state === "live"
          ? html`${parties(call, "trial.who", t)}
              <button class="primary" data-act="test-call-stop" @click=${() => call.stop()}>
                ${t("trial.stop")}
              </button>`
          : nothing}
      </section>
    `;
  }
  if (call.state === "idle" || onScreen === null || call.conversationId !== onScreen) return nothing;
  return html`
    <section class="trial-bar" aria-label=${t("trial.title")} data-trial="ended">
      <p role="status">${icon("done")}<span>${t("trial.ended")}</span></p>
      ${problem(call, t)}
      <button
        class="ghost"
        data-act="test-call-start"
        ?disabled=${call.active}
        @click=${model.onStart}
      >
        ${t(call.active ? "trial.starting" : "trial.again")}
      </button>
    </section>
  `;
}

function problem(call: TestCall, t: Translate): unknown {
  if (call.problem === null) return nothing;
  const text = t(`trial.problem.${call.problem}`, { detail: call.detail });
  return html`<p class="late" role="alert">${text}</p>`;
}

function parties(call: TestCall, label: StringKey, t: Translate): TemplateResult {
  return html`
    <div class="pick">
      <span id="trial-party">${t(label)}</span>
      <div class="langs" role="group" aria-labelledby="trial-party">
        ${(["customer", "adviser"] as const satisfies Party[]).map(
          (party) => html`<button
            data-party=${party}
            aria-pressed=${call.speaker === party ? "true" : "false"}
            aria-keyshortcuts=${call.state === "live" ? "Alt+C" : nothing}
            @click=${() => call.speakAs(party)}
          >
            ${t(`trial.${party}`)}
          </button>`,
        )}
      </div>
      ${call.state === "live" ? html`<kbd title=${t("help.speaker")}>Alt + C</kbd>` : nothing}
    </div>
  `;
}

function languages(model: TestCallModel, t: Translate): TemplateResult {
  return html`
    <div class="pick">
      <span id="trial-language">${t("trial.language")}</span>
      <div class="langs" role="group" aria-labelledby="trial-language">
        ${(["fr", "en"] as const).map(
          (lang) => html`<button
            data-speech=${lang}
            lang=${lang}
            aria-pressed=${model.language === lang ? "true" : "false"}
            @click=${() => model.call.speakIn(lang)}
          >
            ${lang === "fr" ? "Français" : "English"}
          </button>`,
        )}
      </div>
    </div>
  `;
}
