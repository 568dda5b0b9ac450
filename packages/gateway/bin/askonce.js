#!/usr/bin/env node
// Plain JavaScript that any Node can parse, so that an old one gets a sentence and not a stack trace.
import { existsSync } from 'node:fs';
import process from 'node:process';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`askonce needs Node.js 22.19 or newer; this is ${process.version} (${process.execPath}).`);
  process.exit(1);
}

const main = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('askonce is not built yet: run `npm run build` in the repository first.');
  process.exit(1);
}

// node:sqlite announces on every start that it is experimental. Nobody who starts a gateway can act on
// that, so this one warning stays unprinted; all others come through.
const emitWarning = process.emitWarning;
process.emitWarning = (warning, ...rest) => {
  const [typeOrOptions] = rest;
  const type =
    typeof typeOrOptions === 'object' && typeOrOptions !== null ? typeOrOptions.type : typeOrOptions;
  const name = type ?? (warning instanceof Error ? warning.name : undefined);
  if (name === 'ExperimentalWarning' && String(warning).includes('SQLite')) return;
  emitWarning.call(process, warning, ...rest);
};

await import(main.href);
