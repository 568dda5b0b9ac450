/**
 * `askonce tune`: recommends a threshold of the semantic tier, from labelled pairs or from a log.
 */
import { type ArgsDef, defineCommand } from 'citty';

export const tuneArguments = {
  file: {
    type: 'positional',
    required: false,
    valueHint: 'PAIRS',
    description: 'CSV or JSONL file of labelled pairs: question, question, same (1 or 0)',
  },
  log: {
    type: 'string',
    valueHint: 'FILE',
    description: 'Log that ASKONCE_CAPTURE has written, instead of pairs',
  },
  rate: {
    type: 'string',
    valueHint: '0.02',
    description: 'Share of wrong answers per hit to stay within (SEMANTIC_MAX_ERROR_RATE)',
  },
  pairs: {
    type: 'string',
    valueHint: 'FILE',
    description: 'Write the near pairs of the log to a CSV file, to be labelled',
  },
  most: { type: 'string', valueHint: '1000', description: 'Pairs of the log that are judged at most' },
  config: { type: 'string', valueHint: 'FILE', description: 'Settings file, YAML or JSON (ASKONCE_CONFIG)' },
  json: { type: 'boolean', description: 'Print JSON' },
} as const satisfies ArgsDef;

export const tune = defineCommand({
  meta: {
    name: 'askonce tune',
    description:
      'Recommend a threshold of the semantic tier: what each would have served of your own pairs or log, and how much of it wrongly. Uses the embedder, guards and gates of the settings.',
  },
  args: tuneArguments,
  async run({ args: { file, log, rate, pairs, most, config, json } }) {
    // Loaded here alone: a gateway must not hold what only this command needs.
    const { runTune } = await import('../tuning/run.ts');
    const text = await runTune({
      pairs: file,
      log,
      rate: numberIn('rate', rate),
      writeTo: pairs,
      most: numberIn('most', most),
      json: json === true,
      config,
      environment: process.env,
      errors: process.stderr,
    });
    process.stdout.write(`${text}\n`);
  },
});

function numberIn(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} must be a number above 0`);
}
