/** `npm run load`: a gateway as users run it, with its embedded store, under load. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Finding, findingLine, line, type Skipped } from './findings.ts';
import { manyKeys } from './scenarios/many-keys.ts';
import { oneKey } from './scenarios/one-key.ts';
import { twoGateways } from './scenarios/two-gateways.ts';

const usage = `npm run load -- [--short] [--strict] [--json FILE]
  --short      a few seconds instead of half a minute
  --strict     times and a rate that miss their goals also fail; for a machine that does nothing else
  --json FILE  also write the findings to FILE
The exit code is 1 where the provider was called more or less often than it must be, or an answer failed.`;

interface Options {
  readonly short: boolean;
  readonly strict: boolean;
  readonly json?: string | undefined;
}

/** On whatever machine, a run ends by then, in ms: what still runs is ended, and the run has failed. */
const deadlineMs = { short: 120_000, long: 300_000 } as const;

/** Undefined if the usage was asked for. @throws Error if the words are wrong */
function optionsIn(words: readonly string[]): Options | undefined {
  const off = { type: 'boolean', default: false } as const;
  const options = { json: { type: 'string' }, short: off, strict: off, help: off } as const;
  const { values } = parseArgs({ args: [...words], options });
  return values.help ? undefined : values;
}

async function run({ short, strict, json }: Options): Promise<boolean> {
  const scenarios = [
    oneKey,
    () => manyKeys(short ? { seconds: 4, warmUpSeconds: 2 } : { seconds: 30, warmUpSeconds: 5 }),
    twoGateways,
  ];
  const findings: Finding[] = [];
  const skipped: Skipped[] = [];
  console.log(line(['load', 'what', 'found', 'goal', 'met']));
  for (const scenario of scenarios) {
    const found = await scenario();
    if ('why' in found) {
      skipped.push(found);
      console.log(`${line([found.scenario, 'skipped:'])} ${found.why}`);
      continue;
    }
    findings.push(...found);
    for (const finding of found) console.log(findingLine(finding));
  }
  const missed = findings.filter(({ met }) => !met);
  const failed = missed.filter(({ kind }) => strict || kind === 'count');
  const passed = failed.length === 0;
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ short, strict, passed, findings, skipped }, undefined, 2)}\n`);
  if (missed.length > failed.length)
    console.log(
      'load: a time or the rate missed its goal, which depends on the machine; with --strict it fails.',
    );
  console.log(passed ? 'load: passed.' : `load: FAILED: ${failed.map(({ what }) => what).join('; ')}.`);
  return passed;
}

function optionsOrExit(): Options | undefined {
  try {
    return optionsIn(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}

const options = optionsOrExit();
if (options === undefined) {
  console.log(usage);
  process.exit(0);
}
// The servers end with this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
setTimeout(
  () => {
    console.error('load: FAILED: it did not end in time.');
    process.exit(1);
  },
  options.short ? deadlineMs.short : deadlineMs.long,
).unref();
process.exit((await run(options)) ? 0 : 1);
