/** Which cards show, which wait, and in which order: pure rules over the screen's cards. */

import type { CardState, Screen } from "./contracts.js";

export interface Tray {
  /** On screen, in the order to show them. */
  cards: CardState[];
  /** Held back by the adviser's limits; they come when called. */
  held: CardState[];
  /** Taken up, latest last. */
  done: CardState[];
}

/** How many cards that were taken up stay in sight. */
const DONE_IN_SIGHT = 4;

/**
 * Sort the screen's cards.
 *
 * `order` is the order of the cards on screen so far (see `nextOrder`). In quiet mode a card that
 * was not on screen yet waits, even if the server offered it before it knew of the mode.
 */
export function trayOf(screen: Screen, order: readonly string[]): Tray {
  const { quiet, kinds } = screen.preferences;
  const open = screen.cards.filter(
    (card) => card.state === "offered" || card.state === "shown" || card.state === "held",
  );
  const waits = (card: CardState): boolean =>
    card.state === "held" ||
    (card.state === "offered" &&
      !order.includes(card.suggestion.id) &&
      (quiet || kinds[card.suggestion.kind] === false));
  const rank = (card: CardState): number => order.indexOf(card.suggestion.id);
  return {
    cards: open.filter((card) => !waits(card)).sort((a, b) => rank(a) - rank(b)),
    held: open.filter(waits),
    done: screen.cards
      .filter((card) => card.state === "accepted" || card.state === "edited")
      .slice(-DONE_IN_SIGHT),
  };
}

/**
 * The order of the cards once `ids` are on screen: the newest first, except while the adviser's
 * hand is on the list; a card then joins at the end, so that nothing moves under the pointer.
 */
export function nextOrder(order: readonly string[], ids: readonly string[], busy: boolean): string[] {
  const kept = order.filter((id) => ids.includes(id));
  const fresh = ids.filter((id) => !order.includes(id));
  return busy ? [...kept, ...fresh] : [...fresh.reverse(), ...kept];
}
