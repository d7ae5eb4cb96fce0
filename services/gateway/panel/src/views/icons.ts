/** The panel's icons: 20 by 20, drawn with the colour of the text around them, never read aloud. */

import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit";

const PATHS = {
  voice: svg`<path d="M5.200 3.500h2.300l1.300 3.400-1.700 1.300a9 9 0 0 0 4.700 4.700l1.300-1.700 3.400 1.300v2.300c0 .9-.7 1.700-1.700 1.700C8.900 16.500 3.500 11.100 3.500 5.200c0-1 .8-1.700 1.700-1.700Z"/>`,
  chat: svg`<path d="M4 4.500h12c.6 0 1 .4 1 1v7.500c0 .6-.4 1-1 1H9l-3.500 3v-3H4c-.6 0-1-.4-1-1V5.500c0-.6.4-1 1-1Z"/>`,
  mail: svg`<path d="M3.500 5h13v10h-13z M3.500 5.500l6.500 5 6.500-5"/>`,
  action: svg`<path d="M4 10h10.500M10.500 5.500 15 10l-4.500 4.500"/>`,
  cue: svg`<path d="M10 3.500c.5 3.700 2.300 5.600 6 6.500-3.700.9-5.500 2.800-6 6.500-.5-3.700-2.300-5.600-6-6.500 3.700-.9 5.500-2.800 6-6.500Z"/>`,
  book: svg`<path d="M10 5.500C8.500 4.300 6.300 4 3.500 4v11c2.800 0 5 .3 6.500 1.500 1.500-1.200 3.700-1.500 6.500-1.500V4c-2.800 0-5 .3-6.500 1.500Zm0 0v11"/>`,
  quote: svg`<path d="M4 13.500c2-.6 3-1.900 3-4H4.500V6H8v3.500c0 3-1.300 4.900-3.600 5.500M11.500 13.500c2-.6 3-1.900 3-4H12V6h3.500v3.500c0 3-1.300 4.900-3.600 5.500"/>`,
  list: svg`<path d="m3.500 6 1.200 1.200L7 4.800M3.500 13l1.200 1.200L7 11.800M10 6h6.500M10 13h6.500"/>`,
  check: svg`<path d="m4.500 10.500 3.800 3.800 7.200-8.600"/>`,
  close: svg`<path d="m5.500 5.500 9 9m0-9-9 9"/>`,
  chevron: svg`<path d="m5.500 8 4.500 4.500L14.500 8"/>`,
  down: svg`<path d="M10 4.500v11M5.500 11l4.500 4.500 4.500-4.500"/>`,
  live: svg`<circle cx="10" cy="10" r="2.200" fill="currentColor"/><path d="M6 14a5.600 5.600 0 0 1 0-8m8 0a5.600 5.600 0 0 1 0 8"/>`,
  wait: svg`<path d="M15.500 10a5.500 5.500 0 1 1-2-4.200M13.700 3v3h-3"/>`,
  off: svg`<path d="M6 14a5.600 5.600 0 0 1 0-8m8 0a5.600 5.600 0 0 1 0 8M4 4l12 12"/>`,
  done: svg`<circle cx="10" cy="10" r="6.500"/><path d="m7 10.200 2.200 2.200 4-4.700"/>`,
  quiet: svg`<path d="M15.800 12.400A6.300 6.300 0 0 1 7.600 4.200a6.300 6.300 0 1 0 8.200 8.200Z"/>`,
  help: svg`<circle cx="10" cy="10" r="6.500"/><path d="M8.200 8.200c.1-1 .9-1.700 1.900-1.700s1.800.7 1.800 1.600c0 1.400-1.900 1.500-1.900 2.900"/><path d="M10 13.400v.1"/>`,
  mic: svg`<path d="M10 3c1.200 0 2 .9 2 2v4.500a2 2 0 0 1-4 0V5c0-1.100.8-2 2-2ZM5.500 9.500a4.500 4.500 0 0 0 9 0M10 14v3M7.500 17h5"/>`,
  person: svg`<circle cx="10" cy="7" r="3"/><path d="M4.500 16.500c.6-2.900 2.700-4.500 5.500-4.500s4.900 1.600 5.500 4.500"/>`,
  promise: svg`<path d="M6 17V3.500M6 4.500h9l-2 3 2 3H6"/>`,
  warning: svg`<path d="M10 4 17 16H3L10 4Zm0 4.500v3.500m0 1.800v.2"/>`,
  send: svg`<path d="M3.500 10 16.500 4l-4 12.500-3-5.500-6-1Zm6 1 7-7"/>`,
  menu: svg`<path d="M4 6.500h12M4 10h12M4 13.500h12"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${PATHS[name]}</svg>`;
}
