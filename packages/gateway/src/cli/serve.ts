/**
 * `askonce serve`: runs the gateway until a signal stops it.
 */
import { type ArgsDef, defineCommand } from 'citty';
import { startGateway } from '../start.ts';
import { greeting } from './greeting.ts';
import { collectAtRest, limitHeap } from './heap.ts';
import { stopOnSignal } from './signals.ts';

export const serveArguments = {
  port: { type: 'string', valueHint: '8787', description: 'Port to listen on (ASKONCE_PORT)' },
  host: { type: 'string', valueHint: '127.0.0.1', description: 'Address to listen on (ASKONCE_HOST)' },
  config: { type: 'string', valueHint: 'FILE', description: 'Settings file, YAML or JSON (ASKONCE_CONFIG)' },
} as const satisfies ArgsDef;

export const serve = defineCommand({
  meta: {
    name: 'askonce serve',
    description:
      'Serve OpenAI and Anthropic clients, and ask their providers once. Stops on SIGTERM and Ctrl-C.',
  },
  args: serveArguments,
  async run({ args: { port, host, config } }) {
    const gateway = await startGateway({
      settings: { port: port === undefined ? undefined : toPort(port), host },
      config,
      environment: process.env,
    });
    limitHeap();
    stopOnSignal(gateway, collectAtRest());
    process.stdout.write(`${greeting(gateway).join('\n')}\n`);
  },
});

/** Nothing (`--port=`) is no number: it must not choose just any free port, as 0 does. */
function toPort(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
