/**
 * `askonce report`: reports what was saved and spent in a month.
 */
import { type ArgsDef, defineCommand } from 'citty';

export const reportArguments = {
  month: {
    type: 'string',
    valueHint: '2026-11',
    description: 'Month of the report; default: the current one',
  },
  format: {
    type: 'string',
    valueHint: 'markdown|csv',
    description: 'Format; default: csv for a file that ends so, else markdown',
  },
  out: {
    type: 'string',
    valueHint: 'FILE',
    description: 'File that the report is written to, instead of stdout',
  },
  'time-zone': {
    type: 'string',
    valueHint: 'Europe/Paris',
    description: 'Time zone in which months begin; default: UTC',
  },
  questions: {
    type: 'string',
    valueHint: '10',
    description: 'How many of the top questions are shown; 0 for none',
  },
  config: { type: 'string', valueHint: 'FILE', description: 'Settings file, YAML or JSON (ASKONCE_CONFIG)' },
} as const satisfies ArgsDef;

export const report = defineCommand({
  meta: {
    name: 'askonce report',
    description:
      'Report what was saved and spent in a month, beside the month before, for someone who pays. Reads the ledger of the settings, whether a gateway runs or not, and changes nothing in it.',
  },
  args: reportArguments,
  async run({ args: { month, format, out, questions, config, 'time-zone': timeZone } }) {
    // Loaded here alone: a gateway must not hold what only this command needs.
    const { runReport } = await import('../report/run.ts');
    const environment = process.env;
    const text = await runReport({ month, format, out, timeZone, questions, config, environment });
    process.stdout.write(text);
  },
});
