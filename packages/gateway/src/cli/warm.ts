/**
 * `askonce warm`: asks the questions of a file, or requests its routes, before callers do, and stores the answers.
 */
import { AskonceError } from 'askonce';
import { type ArgsDef, defineCommand } from 'citty';
import { progressOn } from '../tuning/progress.ts';

export const warmArguments = {
  file: {
    type: 'positional',
    required: false,
    valueHint: 'FILE',
    description: 'CSV, JSON or JSONL file of questions, or of routes; - is standard input',
  },
  model: { type: 'string', valueHint: 'NAME', description: 'Model of questions that name none (WARM_MODEL)' },
  system: { type: 'string', valueHint: 'TEXT', description: 'System prompt of questions that have none' },
  concurrency: {
    type: 'string',
    valueHint: '3',
    description: 'Questions at a time (WARM_CONCURRENCY)',
  },
  'per-second': {
    type: 'string',
    valueHint: '1',
    description: 'Provider calls per second (WARM_PER_SECOND)',
  },
  'dry-run': { type: 'boolean', description: 'Only look, and report what would be asked' },
  url: {
    type: 'string',
    valueHint: 'URL',
    description: 'Gateway to ask; default: by the settings, if one runs',
  },
  application: {
    type: 'string',
    valueHint: 'URL',
    description: 'Application whose routes (url, method, headers) are warmed, in place of questions',
  },
  host: {
    type: 'string',
    valueHint: 'HOST',
    description: 'Host that callers of the application use; default: that of its URL',
  },
  origin: {
    type: 'string',
    valueHint: 'URL',
    description: 'Scheme and host that callers use at the proxy before the application',
  },
  config: { type: 'string', valueHint: 'FILE', description: 'Settings file, YAML or JSON (ASKONCE_CONFIG)' },
  json: { type: 'boolean', description: 'Print JSON' },
} as const satisfies ArgsDef;

export const warm = defineCommand({
  meta: {
    name: 'askonce warm',
    description:
      'Ask questions before callers do, with OPENAI_API_KEY, ANTHROPIC_API_KEY or WARM_API_KEYS, or request routes of an application, and store the answers; what is stored is skipped. Exits with 1 if some failed, with 2 if the file or the settings are wrong, with 130 after Ctrl-C.',
  },
  args: warmArguments,
  async run({
    args: { file, model, system, concurrency, url, application, host, origin, config, json, ...args },
  }) {
    const ending = new AbortController();
    const end = () => {
      ending.abort();
      process.stderr.write(
        'askonce: ending after the questions that are being asked; Ctrl-C again ends at once\n',
      );
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    const bar = await progressOn(process.stderr, 'warming');
    try {
      if (file === undefined) throw new AskonceError('invalid_request', 'name the file: askonce warm FILE');
      // Loaded here alone: a gateway must not hold what only this command needs.
      const [{ runWarm }, { exitCodeOf, summaryText }] = await Promise.all([
        import('../warm-command/run.ts'),
        import('../warm-command/summary.ts'),
      ]);
      const dryRun = args['dry-run'] === true;
      const summary = await runWarm({
        ...{ file, model, system, url, application, host, origin, config, dryRun },
        concurrency: numberIn('concurrency', concurrency),
        perSecond: numberIn('per-second', args['per-second']),
        environment: process.env,
        signal: ending.signal,
        say: (line) => void process.stderr.write(`${line}\n`),
        onProgress: ({ processed, skipped, created, failed }, share) =>
          bar.at(
            share ?? 0,
            `${processed} processed: ${skipped} skipped, ${created} created, ${failed} failed`,
          ),
      });
      bar.end(`${summary.processed} processed`);
      process.stdout.write(
        `${json === true ? JSON.stringify(summary, undefined, 2) : summaryText(summary, dryRun)}\n`,
      );
      process.exitCode = exitCodeOf(summary);
    } catch (error) {
      bar.end('not warmed');
      if (!AskonceError.isInstance(error) || !wrongInput.has(error.code)) throw error;
      process.stderr.write(`askonce: ${error.message.replace(/\s*\n\s*/g, ' ')}\n`);
      process.exitCode = 2;
    } finally {
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
    }
  },
});

const wrongInput: ReadonlySet<string> = new Set(['invalid_request', 'invalid_settings', 'warm_without_key']);

function numberIn(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new AskonceError('invalid_request', `--${name} must be a number above 0`);
}
