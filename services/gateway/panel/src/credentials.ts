/** The adviser's token: taken from the URL fragment, kept for this tab only. */

const KEY = "souffleur.token";

/** What the URL fragment says (`#token=...&conversation=...&lang=fr`). */
export interface Fragment {
  token: string | null;
  conversation: string | null;
  lang: string | null;
}

/** Read the fragment and take the token out of the address bar and of the tab's history. */
export function takeFragment(): Fragment {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const fragment = {
    token: parameters.get("token"),
    conversation: parameters.get("conversation"),
    lang: parameters.get("lang"),
  };
  if (fragment.token !== null) {
    parameters.delete("token");
    const rest = parameters.toString();
    history.replaceState(null, "", location.pathname + location.search + (rest ? `#${rest}` : ""));
  }
  return fragment;
}

export function storedToken(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null; // An embedding page may forbid storage; the token then lives in memory only.
  }
}

export function storeToken(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // As above.
  }
}
