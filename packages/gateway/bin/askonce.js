#!/usr/bin/env node
// Written in the JavaScript of 2018, so that an old Node gets a sentence and not a syntax error.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

const [major, minor] = process.versions.node.split('.').map(Number);
const main = new URL('../dist/cli/main.js', import.meta.url);
const tickShape = new URL('../dist/cli/tick-shape.js', import.meta.url);

/** node:sqlite warns at every start that it is experimental; the operator of a gateway can't act on that. */
function silenceSqliteNotice() {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    const type = rest[0] && typeof rest[0] === 'object' ? rest[0].type : rest[0];
    const name = type || (warning instanceof Error && warning.name);
    if (name === 'ExperimentalWarning' && String(warning).includes('SQLite')) return;
    emitWarning.call(process, warning, ...rest);
  };
}

/**
 * Nearly everything that is created while modules are loaded stays, so V8 would let its space for young objects grow to
 * 16 MB, which it does not give back. `askonce serve` lets it grow again once it listens (`cli/heap.ts`).
 */
function stopYoungSpaceFromGrowing() {
  setFlagsFromString('--semi-space-growth-factor=1');
}

if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`askonce needs Node.js 22.19 or newer; this is ${process.version} (${process.execPath}).`);
  process.exitCode = 1;
} else if (!existsSync(main)) {
  console.error('askonce is not built yet: run `npm run build` in the repository first.');
  process.exitCode = 1;
} else {
  silenceSqliteNotice();
  stopYoungSpaceFromGrowing();
  import(tickShape.href)
    .then(() => import(main.href))
    .catch((error) => {
      console.error(error);
      process.exitCode = 1;
    });
}
