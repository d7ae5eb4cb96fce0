/** Colours (light and dark, AA on their grounds), type and the elements they share. */

import { css } from "lit";

export const themeStyles = css`
  :host {
    --ground: #f4f3ef;
    --surface: #ffffff;
    --sunken: #ebe9e3;
    --ink: #1c232c;
    --muted: #57606c;
    --line: #dedbd3;
    --accent: #1d5c68;
    --accent-ink: #ffffff;
    --accent-soft: #e1eef0;
    --cue: #74406f;
    --cue-soft: #f5eaf3;
    --know: #2f5590;
    --know-soft: #e8eef8;
    --good: #2a7355;
    --tense: #a8502a;
    --warm: #80560a;
    --warm-soft: #fbf1dc;
    --mark: #ffe9a8;
    --mark-ink: #3d2f00;
    --shadow: 0 1px 2px rgb(28 35 44 / 6%), 0 4px 14px rgb(28 35 44 / 5%);
    --radius: 12px;

    color-scheme: light dark;
    container: panel / inline-size;
    display: block;
    height: 100%;
    font-family: -apple-system, "Segoe UI Variable Text", "Segoe UI", Roboto, "Helvetica Neue",
      "Noto Sans", "Liberation Sans", Arial, sans-serif;
    font-size: 15px;
    line-height: 1.5;
    color: var(--ink);
    background: var(--ground);
    -webkit-font-smoothing: antialiased;
  }

  @media (prefers-color-scheme: dark) {
    :host {
      --ground: #12161b;
      --surface: #1a2027;
      --sunken: #232b34;
      --ink: #e9ecef;
      --muted: #a4adb8;
      --line: #2d3640;
      --accent: #7cc5d1;
      --accent-ink: #0b1d21;
      --accent-soft: #1b343a;
      --cue: #d8a3d1;
      --cue-soft: #33223a;
      --know: #9cbdf0;
      --know-soft: #1f2c42;
      --good: #7cc9a4;
      --tense: #eb9d78;
      --warm: #e5b95f;
      --warm-soft: #352a14;
      --mark: #5d4a12;
      --mark-ink: #fff3cf;
      --shadow: 0 1px 2px rgb(0 0 0 / 30%), 0 6px 18px rgb(0 0 0 / 22%);
    }
  }

  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  h1,
  h2,
  h3,
  h4,
  p,
  dl,
  dd,
  ol,
  ul,
  blockquote {
    margin: 0;
    padding: 0;
  }

  ol,
  ul {
    list-style: none;
  }

  h2 {
    font-size: 0.8rem;
    font-weight: 600;
    letter-spacing: 0.01em;
    color: var(--muted);
  }

  .icon {
    width: 1.2em;
    height: 1.2em;
    flex: none;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }

  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.4em;
    min-height: 34px;
    padding: 0 0.85em;
    border: 1px solid transparent;
    border-radius: 9px;
    font: inherit;
    font-size: 0.9rem;
    font-weight: 550;
    color: inherit;
    background: none;
    cursor: pointer;
    transition: background-color 120ms, border-color 120ms;
  }

  button:disabled {
    opacity: 0.45;
    cursor: default;
  }

  .primary {
    background: var(--accent);
    color: var(--accent-ink);
  }

  .primary:hover:not(:disabled) {
    background: color-mix(in srgb, var(--accent) 88%, var(--ink));
  }

  .ghost {
    border-color: var(--line);
  }

  .ghost:hover,
  .tool:hover:not(:disabled) {
    background: var(--sunken);
  }

  .link {
    min-height: 26px;
    padding: 0;
    color: var(--accent);
    font-weight: 500;
    text-decoration: underline;
    text-decoration-thickness: 1px;
    text-underline-offset: 3px;
  }

  .link:hover {
    text-decoration-thickness: 2px;
  }

  .tool {
    padding: 0 0.55em;
  }

  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }

  .origin,
  .faint,
  .rest {
    color: var(--muted);
    font-size: 0.85rem;
  }

  .late {
    color: var(--tense);
    font-weight: 600;
  }

  .sr {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }

  @media (forced-colors: active) {
    .card,
    .turn .said,
    .sure {
      border: 1px solid CanvasText;
    }
  }
`;
