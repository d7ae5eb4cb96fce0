/** Values as a person reads them, in the language of the interface. */

import type { Channel, CustomerField, HistoryItem, MoodPoint } from "./contracts.js";
import { isStringKey, type Lang, type StringKey, type Translate } from "./strings.js";

const LOCALES: Record<Lang, string> = { fr: "fr-FR", en: "en-GB" };
const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/;

/** A calendar date without its time of day, e.g. "12 novembre 2026". */
export function formatDate(iso: string, lang: Lang): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return new Intl.DateTimeFormat(LOCALES[lang], {
    day: "numeric",
    month: "long",
    year: "numeric",
    // A date without a time means that day everywhere.
    ...(iso.length === 10 ? { timeZone: "UTC" } : {}),
  }).format(date);
}

/**
 * A field's value: dates, numbers and yes/no by language, texts as they came. The usual one-word
 * states that systems write in English ("delivered") are said in the adviser's language.
 */
export function formatValue(value: string | number | boolean, lang: Lang, t: Translate): string {
  if (typeof value === "boolean") return t(value ? "value.yes" : "value.no");
  if (typeof value === "number") return new Intl.NumberFormat(LOCALES[lang]).format(value);
  if (ISO_DATE.test(value)) return formatDate(value, lang);
  const key = `status.${value}`;
  return isStringKey(key) ? t(key) : value;
}

/** A field's name for people: the CRM's label, else ours, else the name without underscores. */
export function fieldLabel(field: Pick<CustomerField, "name" | "label">, t: Translate): string {
  if (field.label !== null) return field.label;
  for (const key of [`field.${field.name}`, field.name]) if (isStringKey(key)) return t(key);
  const words = field.name.replace(/^history\./, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A translated word for a value of a closed set, or the value itself when it is new to us. */
export function wordFor(prefix: string, value: string, t: Translate): string {
  const key = `${prefix}.${value}`;
  return isStringKey(key) ? t(key) : value.replaceAll("_", " ");
}

export function channelName(channel: Channel | string, t: Translate): string {
  return wordFor("channel", channel, t);
}

export type ConfidenceLevel = "high" | "medium" | "low";

/** Calibrated probabilities as three words: a percentage would promise too much. */
export function confidenceLevel(confidence: number): ConfidenceLevel {
  if (confidence >= 0.85) return "high";
  return confidence >= 0.6 ? "medium" : "low";
}

export function confidenceWord(confidence: number, t: Translate): string {
  return t(`confidence.${confidenceLevel(confidence)}`);
}

/** The customer's mood now and where it goes, over the last turns. */
export interface MoodSummary {
  level: "negative" | "neutral" | "positive";
  trend: "rising" | "falling" | "steady" | null;
}

const TREND_STEP = 0.25;

export function moodSummary(mood: readonly MoodPoint[]): MoodSummary | null {
  const last = mood.at(-1);
  if (last === undefined) return null;
  const level =
    last.label === "negative" || last.label === "positive" ? last.label : ("neutral" as const);
  if (mood.length < 3) return { level, trend: null };
  const scores = mood.map((point) => point.score);
  const recent = mean(scores.slice(-2));
  const before = mean(scores.slice(-5, -2));
  const step = recent - before;
  const trend = step > TREND_STEP ? "rising" : step < -TREND_STEP ? "falling" : "steady";
  return { level, trend };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

export function moodWords(summary: MoodSummary, t: Translate): string {
  const level = t(`mood.${summary.level}` as StringKey);
  return summary.trend === null ? level : `${level}, ${t(`mood.${summary.trend}` as StringKey)}`;
}

/** History newest first, with the promises that no later contact solved. */
export function openPromises(history: readonly HistoryItem[]): Set<string> {
  const open = new Set<string>();
  for (const item of history) {
    if (item.promise === null) continue;
    const solvedLater = history.some(
      (later) => later.outcome === "solved" && Date.parse(later.at) > Date.parse(item.at),
    );
    if (!solvedLater) open.add(item.id);
  }
  return open;
}

/** Cut a text by code points, as the contracts count offsets. */
export function cutByCodePoints(text: string, cuts: readonly number[]): string[] {
  const points = Array.from(text);
  const edges = [0, ...cuts.map((cut) => Math.min(Math.max(cut, 0), points.length)), points.length];
  return edges.slice(1).map((end, index) => points.slice(edges[index], end).join(""));
}
