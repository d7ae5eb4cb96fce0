// What the bundle is built from, and one digest over it. services/gateway/panel's Python test
// computes the same digest, so that an out-of-date bundle is found without Node.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const FILES = ["index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.js"];

/** Paths relative to the panel's folder, with `/`, sorted by code points. */
export function sources() {
  const inside = readdirSync(join(ROOT, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1).replaceAll("\\", "/"));
  return [...FILES, ...inside].sort();
}

/** sha256 over `<sha256 of the file>  <path>\n` of every source. */
export function digest() {
  const whole = createHash("sha256");
  for (const path of sources()) whole.update(`${fileDigest(join(ROOT, path))}  ${path}\n`);
  return whole.digest("hex");
}

export function fileDigest(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** `{path: sha256}` of the files of a built folder, without its own record. */
export function built(folder) {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "build.json")
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1).replaceAll("\\", "/"), fileDigest(path)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
