/**
 * `askonce maintenance`: removes what is not worth its space, or counts it.
 */
import { type ArgsDef, defineCommand } from 'citty';

export const maintenanceArguments = {
  kinds: {
    type: 'string',
    valueHint: 'LIST',
    description: 'Of expired, low-value, low-quality, defragment, with commas between them. Default: all',
  },
  'dry-run': { type: 'boolean', description: 'Count, and change nothing' },
  json: { type: 'boolean', description: 'Print the report as JSON' },
  url: {
    type: 'string',
    valueHint: 'URL',
    description: "The gateway's admin address. Default: by the settings",
  },
  config: { type: 'string', valueHint: 'FILE', description: 'Settings file, YAML or JSON (ASKONCE_CONFIG)' },
} as const satisfies ArgsDef;

export const maintenance = defineCommand({
  meta: {
    name: 'askonce maintenance',
    description:
      'Remove entries that have expired, are hardly used or of low quality, and have the store give room back. Asks the gateway that runs with these settings, else opens the data folder or Redis.',
  },
  args: maintenanceArguments,
  async run({ args }) {
    // Loaded here alone: a gateway must not hold what only this command needs.
    const [{ runMaintenance }, { reportLines }] = await Promise.all([
      import('../maintenance-command/run.ts'),
      import('../maintenance-command/lines.ts'),
    ]);
    const { by, report } = await runMaintenance({
      kinds: args.kinds,
      dryRun: args['dry-run'] ?? false,
      url: args.url,
      config: args.config,
      environment: process.env,
    });
    process.stderr.write(`maintained by ${by}\n`);
    const text = args.json ? JSON.stringify(report, undefined, 2) : reportLines(report).join('\n');
    process.stdout.write(`${text}\n`);
    if (!report.complete) process.exitCode = 1;
  },
});
