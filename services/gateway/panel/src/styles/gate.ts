/** Before and beside the conversation: the gate and the help. */

import { css } from "lit";

export const gateStyles = css`
  .gate {
    display: grid;
    flex: 1;
    place-content: center;
    justify-items: center;
    gap: 1.1rem;
    padding: 2rem;
    text-align: center;
  }

  .gate h2 {
    font-size: 1.25rem;
    letter-spacing: -0.01em;
    color: var(--ink);
  }

  .gate p {
    color: var(--muted);
    text-wrap: balance;
  }

  .gate p.late {
    color: var(--tense);
  }

  .emblem {
    display: grid;
    place-items: center;
    width: 72px;
    height: 72px;
    border-radius: 24px;
    background: var(--accent-soft);
    color: var(--accent);
    font-size: 1.7rem;
  }

  .gate form p {
    text-wrap: wrap;
  }

  .gate form {
    display: grid;
    gap: 0.6rem;
    width: min(360px, 86vw);
    padding: 1.6rem;
    border-radius: 16px;
    background: var(--surface);
    box-shadow: var(--shadow);
    text-align: left;
  }

  .gate label {
    margin-top: 0.4rem;
    font-size: 0.87rem;
    font-weight: 600;
  }

  input,
  textarea {
    width: 100%;
    padding: 0.55rem 0.75rem;
    border: 1px solid var(--muted);
    border-radius: 9px;
    background: var(--surface);
    font: inherit;
    color: inherit;
  }

  .help {
    width: min(460px, calc(100% - 2rem));
    padding: 1.3rem 1.5rem 1.5rem;
    border: 1px solid var(--line);
    border-radius: 16px;
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow);
  }

  .help::backdrop {
    background: rgb(10 14 18 / 45%);
  }

  .help h2 {
    font-size: 1.1rem;
    color: var(--ink);
  }

  .help dl {
    margin: 0.9rem 0;
  }

  .help dl div {
    display: flex;
    gap: 1rem;
    padding: 0.3rem 0;
  }

  .help dt {
    flex: 0 0 9.5em;
  }

  kbd {
    padding: 0.1em 0.45em;
    border: 1px solid var(--line);
    border-bottom-width: 2px;
    border-radius: 6px;
    background: var(--ground);
    font: inherit;
    font-size: 0.82rem;
    white-space: nowrap;
  }

  .help .ghost {
    margin-top: 1rem;
  }
`;
