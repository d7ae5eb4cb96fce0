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
 * one that the adviser picked. `currentEnded`: the one on screen has ended or cannot be shown.
 */
export function follow(
  following: Following,
  items: readonly ConversationSummary[],
  currentEnded: boolean,
): string | null {
  // The list is cut at the newest ones: not being in it does not mean that a conversation has ended.
  if (following.current !== null && (following.picked || !currentEnded)) return following.current;
  const others = items.filter((item) => item.ended_at === null && item.id !== following.current);
  const newest = others.reduce<ConversationSummary | null>(
    (best, item) =>
      best === null || Date.parse(item.started_at) > Date.parse(best.started_at) ? item : best,
    null,
  );
  return newest?.id ?? following.current;
}
