/** Which conversation the panel shows: a pure rule over the list of live ones. */

import type { ConversationSummary } from "./contracts.js";

export interface Following {
  current: string | null;
  /** The adviser chose it from the list. */
  picked: boolean;
}

/**
 * The conversation to show next.
 *
 * The newest live one is followed, but the panel never leaves a live conversation by itself, nor
 * one that the adviser picked.
 */
export function follow(
  following: Following,
  items: readonly ConversationSummary[],
  currentEnded: boolean,
): string | null {
  const live = items.filter((item) => item.ended_at === null);
  const stillLive = !currentEnded && live.some((item) => item.id === following.current);
  if (following.current !== null && (following.picked || stillLive)) return following.current;
  const others = live.filter((item) => item.id !== following.current);
  const newest = others.reduce<ConversationSummary | null>(
    (best, item) =>
      best === null || Date.parse(item.started_at) > Date.parse(best.started_at) ? item : best,
    null,
  );
  return newest?.id ?? following.current;
}
