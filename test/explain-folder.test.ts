/** `askonce explain` on a data folder, in a process of its own that nothing else keeps alive. */
import { expect, it } from 'vitest';
import { chatRequest } from './support/remembering-provider.ts';
import { openShell } from './support/runbook/shell.ts';
import { startWorld } from './support/runbook/world.ts';

it('askonce explain waits for the index of a data folder with a semantic tier, and ends with an explanation', async () => {
  const world = await startWorld({ redis: false, environment: { ENABLE_SEMANTIC_CACHE: 'on' } });
  await world.ask('How do I change my password?');
  await world.gateway.end('SIGTERM');
  const shell = openShell();
  const request = JSON.stringify({
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer sk-test' },
    body: JSON.parse(chatRequest('How can I change my password?')),
  });
  try {
    const { exit, output } = await shell.run(`askonce explain <<< '${request}'`, {
      ...world.environment,
      ASKONCE_PORT: new URL(world.gateway.url).port,
    });
    expect({ exit, output }).toEqual({ exit: 0, output: expect.stringContaining('"nearest"') });
  } finally {
    shell.remove();
  }
}, 60_000);
