/** Suggestion cards and the customer's card. */

import { css } from "lit";

export const cardStyles = css`
  .cards {
    display: flex;
    flex-direction: column;
    gap: 0.5rem;
  }

  .cards > .section-head {
    padding: 0 0.2rem;
  }

  .card-list {
    display: flex;
    flex-direction: column;
    gap: 0.7rem;
  }

  .held {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    padding: 0 0.7rem;
    border-radius: 99px;
    background: var(--cue-soft);
    color: var(--cue);
    font-size: 0.87rem;
  }

  .held .link {
    color: inherit;
  }

  .cards .rest {
    padding: 1.15rem;
    border: 1px dashed var(--line);
    border-radius: var(--radius);
    text-align: center;
  }

  .card {
    --kind: var(--accent);
    --kind-soft: var(--accent-soft);

    padding: 0.8rem 1rem 0.9rem;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
    animation: arrive 260ms ease-out;
  }

  .card.cue {
    --kind: var(--cue);
    --kind-soft: var(--cue-soft);
  }

  .card.knowledge,
  .card.already_said {
    --kind: var(--know);
    --kind-soft: var(--know-soft);
  }

  @keyframes arrive {
    from {
      opacity: 0;
      transform: translateY(-6px);
    }
  }

  .card header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 0.6rem;
  }

  .kind {
    display: inline-flex;
    align-items: center;
    gap: 0.4rem;
    color: var(--kind);
    font-size: 0.82rem;
    font-weight: 600;
  }

  .kind .icon {
    padding: 3px;
    width: 24px;
    height: 24px;
    border-radius: 8px;
    background: var(--kind-soft);
  }

  .sure {
    flex: none;
    padding: 0.05rem 0.55rem;
    border: 1px solid var(--line);
    border-radius: 99px;
    font-size: 0.78rem;
    color: var(--muted);
  }

  .sure.high {
    border-color: transparent;
    background: var(--sunken);
    color: var(--ink);
  }

  .sure.low {
    border-style: dashed;
    border-color: var(--muted);
  }

  .card h3 {
    margin-top: 0.4rem;
    font-size: 1.08rem;
    font-weight: 650;
    line-height: 1.3;
    letter-spacing: -0.008em;
    text-wrap: pretty;
  }

  .card .body {
    margin-top: 0.2rem;
  }

  .card .reason {
    margin-top: 0.35rem;
    color: var(--muted);
    font-size: 0.9rem;
  }

  .acts {
    display: flex;
    flex-wrap: wrap;
    gap: 0.45rem;
    margin-top: 0.75rem;
  }

  .acts .primary {
    background: var(--kind);
    color: var(--accent-ink);
  }

  .acts .primary:hover {
    background: color-mix(in srgb, var(--kind) 88%, var(--ink));
  }

  .acts .dismiss {
    margin-left: auto;
    border-color: transparent;
    color: var(--muted);
  }

  .acts [aria-expanded="true"] .icon {
    transform: rotate(180deg);
  }

  @container panel (width < 720px) {
    .card {
      padding: 0.65rem 0.8rem 0.75rem;
    }

    .acts {
      gap: 0.3rem;
      margin-top: 0.6rem;
    }

    .acts button {
      padding: 0 0.65em;
    }

    .acts .icon {
      display: none;
    }
  }

  .why {
    margin-top: 0.8rem;
    padding-top: 0.7rem;
    border-top: 1px solid var(--line);
  }

  .why[hidden] {
    display: none;
  }

  .why h4 {
    font-size: 0.82rem;
    font-weight: 600;
    color: var(--muted);
  }

  .why li {
    display: grid;
    justify-items: start;
    margin-top: 0.5rem;
    padding-left: 0.75rem;
    border-left: 3px solid var(--kind-soft);
  }

  .fact {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.6rem;
  }

  .fact b {
    font-weight: 600;
  }

  .done {
    padding: 0.2rem 0.3rem;
  }

  .done h3,
  .record h3 {
    font-size: 0.8rem;
    font-weight: 600;
    color: var(--muted);
  }

  .done li {
    display: flex;
    gap: 0.5rem;
    align-items: flex-start;
    padding: 0.1rem 0;
    color: var(--muted);
    font-size: 0.92rem;
  }

  .done .icon {
    margin-top: 0.15em;
    color: var(--good);
  }

  .record {
    padding: 0.7rem 1.1rem 1rem;
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
  }

  .record .name {
    font-size: 1.08rem;
    font-weight: 650;
    letter-spacing: -0.008em;
  }

  .promise {
    display: flex;
    gap: 0.6rem;
    margin: 0.6rem 0 0.2rem;
    padding: 0.65rem 0.8rem;
    border-radius: 10px;
    background: var(--warm-soft);
  }

  .promise > .icon {
    margin-top: 0.15em;
    color: var(--warm);
  }

  .promise p {
    display: grid;
  }

  .promise b {
    color: var(--warm);
    font-size: 0.85rem;
  }

  .fields {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(118px, 100%), 1fr));
    gap: 0.55rem 1.2rem;
    margin: 0.6rem 0 0.9rem;
  }

  .fields dt {
    color: var(--muted);
    font-size: 0.82rem;
  }

  .fields dd {
    font-weight: 550;
    overflow-wrap: anywhere;
  }

  .fields dd .origin {
    display: block;
    font-weight: 400;
  }

  .history li {
    position: relative;
    padding: 0.45rem 0 0.45rem 1.1rem;
    border-left: 2px solid var(--line);
    margin-left: 5px;
  }

  .history li::before {
    content: "";
    position: absolute;
    top: 0.95rem;
    left: -6px;
    width: 10px;
    height: 10px;
    border: 2px solid var(--surface);
    border-radius: 50%;
    background: var(--muted);
  }

  .history li:has(.outcome.unsolved, .outcome.abandoned)::before {
    background: var(--tense);
  }

  .history li:has(.outcome.solved)::before {
    background: var(--good);
  }

  .history li:has(.outcome.promised)::before {
    background: var(--warm);
  }

  .outcome {
    display: inline-block;
    white-space: nowrap;
    font-weight: 600;
  }

  .outcome.unsolved,
  .outcome.abandoned {
    color: var(--tense);
  }

  .outcome.solved {
    color: var(--good);
  }

  .outcome.promised {
    color: var(--warm);
  }

  .history p {
    font-size: 0.94rem;
  }
`;
