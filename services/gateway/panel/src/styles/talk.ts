/** The transcript and the reply box. */

import { css } from "lit";

export const talkStyles = css`
  .talk {
    display: flex;
    flex-direction: column;
    min-height: 0;
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
    overflow: hidden;
  }

  .log-wrap {
    position: relative;
    display: flex;
    flex: 1;
    flex-direction: column;
    min-height: 0;
  }

  .log {
    flex: 1;
    min-height: 0;
    padding: 0.9rem 1.1rem 1.1rem;
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--line) transparent;
  }

  .log:focus-visible {
    outline-offset: -3px;
    border-radius: var(--radius);
  }

  .hint {
    padding: 2rem 0;
    text-align: center;
  }

  .turns {
    display: flex;
    flex-direction: column;
  }

  .turn {
    display: grid;
    justify-items: start;
    max-width: 84%;
    margin-top: 0.95rem;
  }

  .turn:first-child {
    margin-top: 0;
  }

  .turn.follows {
    margin-top: 0.25rem;
  }

  .turn.adviser {
    align-self: flex-end;
    justify-items: end;
  }

  .who {
    padding: 0 0.2rem 0.15rem;
    font-size: 0.8rem;
    font-weight: 600;
    color: var(--muted);
  }

  .said {
    padding: 0.5rem 0.85rem;
    border: 1px solid transparent;
    border-radius: 4px 14px 14px 14px;
    background: var(--sunken);
    overflow-wrap: anywhere;
    white-space: pre-line;
    transition: color 160ms;
  }

  .turn.adviser .said {
    border-radius: 14px 4px 14px 14px;
    background: var(--accent-soft);
  }

  .turn.bot .said {
    border: 1px dashed var(--line);
    background: none;
  }

  .turn.partial .said {
    color: var(--muted);
  }

  .turn.partial .said::after {
    content: " …";
    letter-spacing: 0.1em;
  }

  mark {
    padding: 0.08em 0.15em;
    border-radius: 4px;
    background: var(--mark);
    color: var(--mark-ink);
    box-decoration-break: clone;
    -webkit-box-decoration-break: clone;
  }

  .newlines {
    position: absolute;
    bottom: 0.8rem;
    left: 50%;
    transform: translateX(-50%);
    border-radius: 99px;
    background: var(--ink);
    color: var(--surface);
    box-shadow: var(--shadow);
  }

  .reply {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0.3rem 0.6rem;
    align-items: end;
    padding: 0.7rem 0.9rem 0.6rem;
    border-top: 1px solid var(--line);
  }

  .reply textarea {
    resize: none;
    field-sizing: content;
    min-height: 44px;
    max-height: 9em;
  }

  .reply button {
    min-height: 44px;
  }

  @container panel (width < 720px) {
    .log {
      padding: 0.7rem;
    }

    .turn {
      max-width: 92%;
    }

    .reply button span,
    .reply .origin {
      display: none;
    }
  }
`;
