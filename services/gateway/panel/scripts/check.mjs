// Builds into a temporary folder and fails when the committed bundle is not that build.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { built, digest, ROOT } from "./sources.mjs";

const folder = mkdtempSync(join(tmpdir(), "souffleur-panel-"));
try {
  const vite = join(ROOT, "node_modules", "vite", "bin", "vite.js");
  const options = ["build", "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"];
  execFileSync(process.execPath, [vite, ...options], { cwd: ROOT, stdio: "inherit" });
  const committed = JSON.parse(readFileSync(join(ROOT, "dist", "build.json"), "utf8"));
  const expected = { sources: digest(), files: built(folder) };
  const held = built(join(ROOT, "dist"));
  if (!isDeepStrictEqual(committed, expected) || !isDeepStrictEqual(held, expected.files)) {
    console.error("dist/ is not what the sources build; run `npm run build` and commit dist/.");
    process.exitCode = 1;
  } else {
    console.log(`dist/ is up to date (sources ${expected.sources.slice(0, 12)}).`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
