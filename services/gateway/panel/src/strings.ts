/** The words of the interface by language, and how they are filled in. */

import { en } from "./strings.en.js";
import { fr } from "./strings.fr.js";

export type Lang = "fr" | "en";

export type StringKey = keyof typeof fr;

export const STRINGS: Record<Lang, Record<StringKey, string>> = { fr, en };

export type Translate = (key: StringKey, values?: Record<string, string | number>) => string;

/** The translator of one language; `{name}` in a string is replaced from `values`. */
export function translator(lang: Lang): Translate {
  const strings = STRINGS[lang];
  return (key, values = {}) =>
    strings[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Whether `key` is one of ours: for keys that are made from data. */
export function isStringKey(key: string): key is StringKey {
  return Object.hasOwn(fr, key);
}
