/** `npm run bench`: every figure beside its floor or its peer, measured in the same run. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { installServices } from '../scripts/services/install.ts';
import { questions, wantedRows } from './rows.ts';
import { runQuestion, type Shortfall, stopRunning } from './run.ts';
import { failureOf, listOfRows, type Result, resultLine, resultOf, skipOf, tableHead } from './table.ts';

const usage = `npm run bench -- [NAME …] [--json FILE] [--quick] [--list]
  NAME         a row, a question for all its rows, or what questions begin with (semantic); default: every row
  --json FILE  also write the results to FILE
  --quick      leave out rows that take long or much memory, unless they are named
  --list       print every row with its goal, and measure nothing
The exit code is 1 where a row could not be measured; a goal that is missed is not a failure.`;

interface Selection {
  readonly names: readonly string[];
  readonly quick: boolean;
  readonly json?: string | undefined;
}

/** Prints what it can answer at once; undefined then. */
function selection(): Selection | undefined {
  const { values, positionals } = parsed();
  if (values.help) console.log(usage);
  else if (values.list) console.log(listOfRows());
  else return { names: positionals, quick: values.quick, json: values.json };
  return undefined;
}

function parsed() {
  const off = { type: 'boolean', default: false } as const;
  const options = { json: { type: 'string' }, quick: off, list: off, help: off } as const;
  try {
    const read = parseArgs({ options, allowPositionals: true });
    const unknown = read.positionals.filter((name) => wantedRows([name]).length === 0);
    if (unknown.length === 0) return read;
    refuse(`There is no row ${unknown.join(', ')}; --list prints all.`);
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(reason: string): never {
  console.error(`${reason}\n${usage}`);
  process.exit(2);
}

async function measureAll(selected: Selection): Promise<readonly Result[]> {
  const wanted = wantedRows(selected.names, selected.quick);
  const needsRedis = wanted.some(([question]) => questions[question]?.needsRedis);
  const redisMissing = needsRedis ? installServices(['redis']).redis : undefined;
  const results: Result[] = [];
  const add = (result: Result) => {
    results.push(result);
    console.log(resultLine(result));
  };
  console.log(tableHead);
  for (const [question, rows] of wanted) {
    const missing = questions[question]?.needsRedis ? redisMissing : undefined;
    const shortfall: Shortfall | undefined =
      missing === undefined
        ? await runQuestion(question, rows, (measured) => add(resultOf(measured)))
        : { failed: missing };
    for (const row of rows) {
      if (results.some((result) => result.row === row)) continue;
      if (shortfall !== undefined && 'skipped' in shortfall) add(skipOf(row, shortfall.skipped));
      else add(failureOf(row, shortfall?.failed ?? 'its question ended without it'));
    }
  }
  return results;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    stopRunning();
    process.exit(exitCodes[signal]);
  });

const selected = selection();
if (selected !== undefined) {
  const results = await measureAll(selected);
  if (selected.json !== undefined) writeFileSync(selected.json, `${JSON.stringify(results, null, 2)}\n`);
  process.exitCode = results.some(({ error }) => error !== undefined) ? 1 : 0;
}
