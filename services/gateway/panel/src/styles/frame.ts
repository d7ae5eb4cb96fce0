/** The frame: header, banners, the desk's columns, and how they fold in a narrow panel. */

import { css } from "lit";

export const frameStyles = css`
  .panel {
    display: flex;
    flex-direction: column;
    height: 100%;
    min-height: 0;
  }

  .bar {
    display: flex;
    align-items: center;
    gap: 0.35rem;
    min-height: 52px;
    padding: 0.4rem 1rem;
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }

  .brand {
    display: flex;
    align-items: center;
    gap: 0.55rem;
    font-size: 1rem;
    font-weight: 650;
    letter-spacing: -0.01em;
  }

  .mark {
    width: 26px;
    height: 26px;
  }

  .mark rect {
    fill: var(--accent);
  }

  .mark .bubble {
    fill: var(--accent-ink);
  }

  .mark .breath {
    fill: none;
    stroke: var(--accent-ink);
    stroke-width: 2;
    stroke-linecap: round;
    opacity: 0.6;
  }

  .about {
    display: flex;
    flex: 1;
    align-items: center;
    gap: 0.45rem;
    min-width: 0;
    margin-left: 0.9rem;
    padding-left: 1rem;
    border-left: 1px solid var(--line);
    color: var(--muted);
    white-space: nowrap;
  }

  .about:empty {
    border-color: transparent;
  }

  .about b {
    overflow: hidden;
    font-weight: 600;
    color: var(--ink);
    text-overflow: ellipsis;
  }

  .state {
    display: flex;
    align-items: center;
    gap: 0.35rem;
    padding: 0 0.6rem;
    font-size: 0.87rem;
    color: var(--muted);
    white-space: nowrap;
  }

  .state.live {
    color: var(--good);
  }

  .state.reconnecting,
  .state.connecting {
    color: var(--warm);
  }

  .state.forbidden,
  .state.unknown {
    color: var(--tense);
  }

  .quiet[aria-pressed="true"] {
    color: var(--cue);
    background: var(--cue-soft);
    border-color: color-mix(in srgb, var(--cue) 35%, transparent);
  }

  .langs {
    display: flex;
    padding: 2px;
    border-radius: 9px;
    background: var(--sunken);
  }

  .langs button {
    min-height: 28px;
    padding: 0 0.5em;
    border-radius: 7px;
    font-size: 0.8rem;
    color: var(--muted);
  }

  .langs button[aria-pressed="true"] {
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow);
  }

  .count {
    min-width: 1.5em;
    padding: 0 0.35em;
    border-radius: 99px;
    background: var(--sunken);
    font-size: 0.78rem;
    text-align: center;
  }

  .sheet {
    inset: 56px 1rem auto auto;
    width: min(320px, calc(100% - 2rem));
    max-height: 60%;
    margin: 0;
    padding: 0.9rem;
    overflow: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow);
  }

  .sheet li button {
    justify-content: flex-start;
    width: 100%;
    min-height: 46px;
    margin-top: 0.3rem;
    text-align: left;
    font-weight: 400;
  }

  .sheet li button > span:first-of-type {
    display: grid;
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }

  .sheet li button:hover,
  .sheet li button[aria-current="true"] {
    background: var(--accent-soft);
  }

  .banner,
  .notice {
    display: flex;
    align-items: center;
    gap: 0.6rem;
    padding: 0.5rem 1.1rem;
    border-bottom: 1px solid var(--line);
    background: var(--sunken);
    font-size: 0.9rem;
  }

  .banner.wait,
  .banner.warn {
    background: var(--warm-soft);
    color: var(--warm);
  }

  .banner .link {
    margin-left: auto;
  }

  .notice {
    justify-content: space-between;
    background: var(--warm-soft);
    color: var(--warm);
  }

  .desk {
    display: grid;
    flex: 1;
    grid-template: auto minmax(0, 1fr) / minmax(0, 1.22fr) minmax(330px, 1fr);
    gap: 1rem;
    min-height: 0;
    width: 100%;
    max-width: 1500px;
    margin: 0 auto;
    padding: 1rem;
  }

  /* The last known screen: still legible, visibly not live. */
  .desk.stale {
    filter: grayscale(0.85);
  }

  .tabs {
    display: none;
  }

  .side {
    display: flex;
    flex-direction: column;
    gap: 1rem;
    min-height: 0;
    overflow: auto;
    /* Room for the shadows and focus rings of what scrolls inside. */
    margin: -4px;
    padding: 4px;
  }

  .section-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.2rem 0.8rem;
    min-height: 30px;
  }

  /* Wide enough for the customer to stand beside the cards. */
  @container panel (width >= 1180px) {
    .desk {
      grid-template: auto minmax(0, 1fr) / minmax(0, 1.2fr) minmax(360px, 1fr) minmax(270px, 0.72fr);
    }

    .side {
      display: contents;
    }

    .cards,
    .record {
      min-height: 0;
      overflow: auto;
    }

    .cards {
      margin: -4px;
      padding: 4px;
    }

    .record {
      align-self: start;
      max-height: 100%;
    }
  }

  @container panel (width < 940px) {
    .tool-label,
    .count {
      display: none;
    }
  }

  @container panel (width < 720px) {
    .bar {
      flex-wrap: wrap;
      gap: 0.15rem;
      padding: 0.3rem 0.6rem;
    }

    .brand span,
    .about span {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }

    .about {
      margin-left: 0.4rem;
      padding-left: 0.6rem;
    }

    .state {
      padding: 0 0.3rem;
    }

    .desk {
      display: flex;
      flex-direction: column;
      gap: 0.6rem;
      padding: 0.6rem;
    }

    /* Cards stay in sight; the conversation and the customer take turns below. */
    .side {
      display: contents;
    }

    .cards {
      order: 1;
      flex: 0 1 auto;
      max-height: 50%;
      overflow: auto;
    }

    .tabs {
      display: flex;
      order: 2;
      flex: none;
      padding: 3px;
      border-radius: 10px;
      background: var(--sunken);
    }

    .tabs button {
      flex: 1;
      min-height: 30px;
    }

    .tabs button[aria-pressed="true"] {
      background: var(--surface);
      box-shadow: var(--shadow);
    }

    .talk,
    .record {
      order: 3;
      flex: 1 1 0;
      min-height: 0;
      overflow: auto;
    }

    .desk[data-tab="conversation"] .record,
    .desk[data-tab="customer"] .talk {
      display: none;
    }
  }
`;
