/** The panel's style sheets, in the order in which they apply. */

import { cardStyles } from "./cards.js";
import { frameStyles } from "./frame.js";
import { gateStyles } from "./gate.js";
import { stripStyles } from "./strip.js";
import { talkStyles } from "./talk.js";
import { themeStyles } from "./theme.js";
import { trialStyles } from "./trial.js";

export const styles = [
  themeStyles,
  frameStyles,
  stripStyles,
  gateStyles,
  talkStyles,
  cardStyles,
  trialStyles,
];
