/** The strip: what the customer wants, what deserves attention, and the mood line. */

import { css } from "lit";

export const stripStyles = css`
  .strip {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
  }

  .now,
  .mood {
    padding: 0.65rem 1.1rem 0.75rem;
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
  }

  /* What deserves attention stands beside the title, so that nothing moves when it comes. */
  .now {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    grid-auto-rows: minmax(24px, auto);
    gap: 0 0.8rem;
  }

  .now p {
    grid-column: 1 / -1;
  }

  .strip p {
    display: flex;
    align-items: center;
    gap: 0.2rem 0.7rem;
    min-height: 34px;
  }

  .now b {
    font-size: 1.22rem;
    font-weight: 650;
    letter-spacing: -0.012em;
    line-height: 1.25;
  }

  .moments {
    display: flex;
    flex-wrap: wrap;
    grid-area: 1 / 2;
    justify-content: flex-end;
    gap: 0.35rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }

  .moments button {
    min-height: 24px;
    padding: 0 0.65rem;
    border: 1px solid transparent;
    border-radius: 99px;
    background: var(--warm-soft);
    color: var(--warm);
    font-size: 0.86rem;
    font-weight: 550;
  }

  .moments button[aria-pressed="true"] {
    border-color: currentColor;
    background: var(--mark);
    color: var(--mark-ink);
  }

  .moodline {
    flex: none;
    width: 132px;
    height: 34px;
  }

  .moodbase {
    stroke: var(--line);
    stroke-dasharray: 2 4;
    fill: none;
  }

  .moodpath {
    fill: none;
    stroke: var(--muted);
    stroke-width: 2;
    stroke-linecap: round;
  }

  .mooddot {
    stroke: var(--surface);
    stroke-width: 1.5;
    fill: var(--muted);
  }

  .mooddot.negative {
    fill: var(--tense);
  }

  .mooddot.positive {
    fill: var(--good);
  }

  .moodwords {
    font-weight: 550;
    line-height: 1.3;
  }

  @container panel (width >= 1180px) {
    .mood {
      grid-column: 2 / -1;
    }
  }

  @container panel (width < 720px) {
    .strip {
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
      border-radius: var(--radius);
      background: var(--surface);
      box-shadow: var(--shadow);
    }

    .now,
    .mood {
      padding: 0.45rem 0.85rem;
      box-shadow: none;
    }

    .mood {
      display: flex;
      align-items: center;
      justify-content: space-between;
      padding-top: 0;
    }

    .mood p {
      min-height: 26px;
    }

    .moodline {
      width: 100px;
      height: 26px;
    }

    .mood h2 {
      display: none;
    }

    .now b {
      font-size: 1.08rem;
    }
  }
`;
