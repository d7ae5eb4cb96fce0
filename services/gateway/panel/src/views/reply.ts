/** The reply box of a written conversation. */

import { html, type TemplateResult } from "lit";
import type { Translate } from "../strings.js";
import { icon } from "./icons.js";

export interface ReplyModel {
  online: boolean;
  onSend: () => void;
}

/** The gateway refuses longer turns. */
const MAX_CHARACTERS = 8000;

export function reply(model: ReplyModel, t: Translate): TemplateResult {
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    model.onSend();
  };
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    model.onSend();
  };
  return html`
    <form class="reply" @submit=${onSubmit}>
      <label class="sr" for="reply">${t("reply.label")}</label>
      <textarea
        id="reply"
        rows="2"
        maxlength=${MAX_CHARACTERS}
        placeholder=${t("reply.placeholder")}
        aria-describedby="reply-hint"
        @keydown=${onKey}
      ></textarea>
      <button class="primary" data-act="send" ?disabled=${!model.online}>
        ${icon("send")}<span>${t("reply.send")}</span>
      </button>
      <span id="reply-hint" class="origin">${t(model.online ? "reply.hint" : "reply.offline")}</span>
    </form>
  `;
}
