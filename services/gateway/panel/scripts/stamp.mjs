// Writes dist/build.json: what the bundle was built from and what it holds.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { built, digest, ROOT } from "./sources.mjs";

const dist = join(ROOT, "dist");
const record = { sources: digest(), files: built(dist) };
writeFileSync(join(dist, "build.json"), `${JSON.stringify(record, null, 2)}\n`);
