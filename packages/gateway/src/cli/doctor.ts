/**
 * `askonce doctor`: checks settings, stores, ledger, prices, providers, clock and secret, without serving and without sending a prompt.
 */
import { AskonceError } from 'askonce';
import { type ArgsDef, defineCommand } from 'citty';
import type { Check } from '../doctor/check.ts';
import { diagnose } from '../doctor/diagnose.ts';

export const doctorArguments = {
  config: { type: 'string', valueHint: 'FILE', description: 'Settings file, YAML or JSON (ASKONCE_CONFIG)' },
  json: { type: 'boolean', description: 'Print JSON' },
} as const satisfies ArgsDef;

export const doctor = defineCommand({
  meta: {
    name: 'askonce doctor',
    description:
      'Check settings, stores, ledger, prices, providers, clock and secret without serving. Exits with 1 if a check fails.',
  },
  args: doctorArguments,
  async run({ args }) {
    const checks = await checksOf(args.config);
    const text = args.json
      ? JSON.stringify({ checks }, undefined, 2)
      : checks.map(({ state, what, message }) => `${state.padEnd(4)}  ${what}: ${message}`).join('\n');
    process.stdout.write(`${text}\n`);
    if (checks.some(({ state }) => state === 'fail')) process.exitCode = 1;
  },
});

async function checksOf(config: string | undefined): Promise<readonly Check[]> {
  try {
    return await diagnose({ config, environment: process.env });
  } catch (error) {
    if (!AskonceError.isInstance(error)) throw error;
    return [{ state: 'fail', what: 'settings', message: error.message }];
  }
}
