/** The page: takes the token from the address, starts the panel, and remembers the language. */

import { storedToken, takeFragment } from "./credentials.js";
import { SouffleurPanel } from "./panel.js";

export { apply, compareIds, emptyScreen, fold } from "./screen.js";
export { follow } from "./follow.js";
export { nextOrder, trayOf } from "./tray.js";
export { STRINGS } from "./strings.js";
export { SouffleurPanel };

const LANG_KEY = "souffleur.lang";

function rememberedLang(): string | null {
  try {
    return localStorage.getItem(LANG_KEY);
  } catch {
    return null;
  }
}

function setLang(panel: SouffleurPanel, lang: string): void {
  panel.lang = lang === "en" ? "en" : "fr";
  document.documentElement.lang = panel.lang;
}

const panel = document.querySelector<SouffleurPanel>("souffleur-panel");
if (panel !== null) {
  const fragment = takeFragment();
  const browser = navigator.language.startsWith("en") ? "en" : "fr";
  const given = panel.getAttribute("lang");
  setLang(panel, fragment.lang ?? given ?? rememberedLang() ?? browser);
  panel.addEventListener("lang-changed", (event) => {
    const lang = (event as CustomEvent<string>).detail;
    document.documentElement.lang = lang;
    try {
      localStorage.setItem(LANG_KEY, lang);
    } catch {
      // Without storage the choice holds for this page only.
    }
  });
  if (fragment.conversation !== null) panel.conversationId = fragment.conversation;
  const token = fragment.token ?? storedToken();
  if (token !== null) panel.signIn(token);
}
