/**
 * A provider on loopback whose every answer the test gives.
 */
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

export interface ManualCall {
  readonly body: string;
  readonly response: ServerResponse;
}

export interface ManualProvider {
  /** Origin. */
  readonly url: string;
  readonly calls: readonly ManualCall[];
  /** The call at `index`, once it has come. */
  call(index: number): Promise<ManualCall>;
}

export async function manualProvider(): Promise<ManualProvider> {
  const calls: ManualCall[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => calls.push({ body, response }));
    response.on('error', () => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    async call(index) {
      await eventually(() => calls.length > index, `call ${index} to come`);
      const call = calls[index];
      if (call === undefined) throw new Error('unreachable');
      return call;
    },
  };
}

/** Resolves once it has happened; rejects after half a minute. */
export async function eventually(happened: () => boolean, what = 'it to happen'): Promise<void> {
  for (let turn = 0; turn < 3000; turn++) {
    if (happened()) return;
    await wait(10);
  }
  throw new Error(`waited in vain for ${what}`);
}
