/**
 * `askonce top`: shows live what a running gateway does.
 */
import { type ArgsDef, defineCommand } from 'citty';

export const topArguments = {
  url: {
    type: 'string',
    valueHint: 'http://127.0.0.1:8787',
    description: 'Admin address of the gateway; default: that of the gateway with these settings',
  },
  interval: { type: 'string', valueHint: '2', description: 'Seconds between two readings' },
  once: { type: 'boolean', description: 'Print one block of text after two readings, and end' },
  json: { type: 'boolean', description: 'Print a line of JSON for each interval' },
  config: { type: 'string', valueHint: 'FILE', description: 'Settings file, YAML or JSON (ASKONCE_CONFIG)' },
} as const satisfies ArgsDef;

export const top = defineCommand({
  meta: {
    name: 'askonce top',
    description:
      'Show live what a running gateway does: hit rate, traffic, times, money, top questions, reasons, stores and health. Reads its admin calls (ASKONCE_ADMIN_KEY); ? lists the keys. Where there is no terminal, prints a block of text for each interval.',
  },
  args: topArguments,
  async run({ args: { url, interval, once, json, config } }) {
    // Loaded here alone: a gateway must not hold what only this command needs.
    const { runTop } = await import('../top/run.ts');
    const ended = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended.abort());
    await runTop({
      url,
      interval,
      once: once === true,
      json: json === true,
      config,
      environment: process.env,
      input: process.stdin,
      output: process.stdout,
      signal: ended.signal,
    });
  },
});
