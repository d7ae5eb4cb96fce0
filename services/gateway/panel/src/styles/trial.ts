/** The test call's set-up and bar. */

import { css } from "lit";

export const trialStyles = css`
  .trial {
    display: grid;
    justify-items: center;
    gap: 0.9rem;
  }

  .trial-form {
    display: grid;
    gap: 0.9rem;
    width: min(430px, 86vw);
    padding: 1.3rem 1.5rem;
    border-radius: 16px;
    background: var(--surface);
    box-shadow: var(--shadow);
    text-align: left;
  }

  .trial-form[hidden] {
    display: none;
  }

  .gate .trial-form p {
    text-wrap: wrap;
  }

  .pick {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.3rem 0.8rem;
    font-size: 0.9rem;
    font-weight: 550;
  }

  .pick .langs button {
    min-height: 32px;
    padding: 0 0.8em;
    font-size: 0.88rem;
  }

  .trial-bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 1.2rem;
    padding: 0.5rem 1.1rem;
    border-bottom: 1px solid var(--line);
    background: var(--cue-soft);
  }

  .trial-bar > p {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    font-size: 0.9rem;
  }

  .trial-bar[data-trial="live"] > p {
    color: var(--cue);
    font-weight: 600;
  }

  .trial-bar > button {
    margin-left: auto;
  }

  @media (forced-colors: active) {
    .langs button[aria-pressed="true"] {
      outline: 2px solid CanvasText;
    }
  }
`;
