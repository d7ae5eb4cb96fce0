/** Keyboard shortcuts: Alt and a letter, wherever the focus is. */

export const SHORTCUTS = {
  a: "accept",
  d: "dismiss",
  w: "why",
  s: "pull",
  q: "quiet",
  c: "speaker",
} as const;

export type Shortcut = (typeof SHORTCUTS)[keyof typeof SHORTCUTS];

/** The shortcut that a key press asks for, if any. */
export function shortcutOf(event: KeyboardEvent): Shortcut | null {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return null;
  const typed = event.key.toLowerCase();
  // The letter on the key counts (AZERTY!), except where Alt turns it into another sign (macOS).
  const letter = /^[a-z]$/.test(typed) ? typed : event.code.replace(/^Key/, "").toLowerCase();
  return (SHORTCUTS as Record<string, Shortcut>)[letter] ?? null;
}
