// Reads an AsyncAPI document from standard input and fails on what the official parser calls an error or a warning.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

// 3.0 is what most generators read; that 3.1 exists is no fault of the document.
const IGNORED = new Set(["asyncapi-latest-version"]);

const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
const faults = diagnostics.filter((each) => !IGNORED.has(each.code));
for (const each of faults) console.error(`${each.path.join(".")}: ${each.message} (${each.code})`);
if (!document || faults.length) process.exit(1);
console.log(`AsyncAPI ${document.version()}: ${document.channels().length} channels, ${document.operations().length} operations`);
