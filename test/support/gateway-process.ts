/**
 * A gateway as users run it: the command line, in a process of its own that can be killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import type { Exchange } from './gateway.ts';

const program = fileURLToPath(new URL('../../packages/gateway/src/cli/main.ts', import.meta.url));
const commandLine = [
  process.execPath,
  '--conditions=askonce-source',
  '--disable-warning=ExperimentalWarning',
  program,
  'serve',
  '--port',
];

export interface GatewayProcessOptions {
  readonly dataDir: string;
  /** Origin of the provider that serves both families. */
  readonly provider: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Shell text before the program, ending in a command that runs it: `ulimit -f 9; exec`. */
  readonly under?: string | undefined;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** Whether it runs in a mount name space of its own, which ends with the process. Needs root. */
  readonly unshared?: boolean | undefined;
}

interface AdminAnswer {
  readonly status: number;
  /** JSON. */
  readonly body: unknown;
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GatewayProcess {
  readonly child: ChildProcess;
  /** Without a slash at its end. */
  readonly url: string;
  /** All that it has written to stderr. */
  readonly err: string;
  readonly ended: Promise<End>;
  /** Posts a JSON body over kept-alive connections, with a credential unless the headers bring one. */
  ask(path: string, body: string, headers?: Readonly<Record<string, string>>): Promise<Exchange>;
  /** Makes an admin call with the key of {@link sharing}, and with a JSON body if one is given. */
  admin(method: string, path: string, body?: unknown): Promise<AdminAnswer>;
  /** Ends the process with a signal, and waits for its exit. */
  end(signal: NodeJS.Signals): Promise<End>;
}

/** A process that did not come to listen, with what it printed instead. */
export interface FailedStart extends End {
  readonly err: string;
}

/** Starts one and waits until it listens or has ended. */
export async function startGatewayProcess(
  options: GatewayProcessOptions,
): Promise<GatewayProcess | FailedStart> {
  const { child, err } = spawned(options);
  // Only once its output is closed has all of it been read.
  const ended = once(child, 'close').then((): End => ({ code: child.exitCode, signal: child.signalCode }));
  const url = await Promise.race([listening(child), ended.then(() => undefined)]);
  if (url === undefined) return { ...(await ended), err: err.text };
  const agent = new Agent({ pipelining: 1, connections: 64 });
  return {
    child,
    url,
    get err() {
      return err.text;
    },
    ended,
    async ask(path, body, headers = {}) {
      const answer = await request(url + path, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test', ...headers },
        body,
      });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      return { status: answer.statusCode, headers: answer.headers, body: bytes };
    },
    async admin(method, path, body) {
      const answer = await request(url + path, {
        method,
        dispatcher: agent,
        headers: {
          authorization: `Bearer ${adminKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      return { status: answer.statusCode, body: await answer.body.json() };
    },
    async end(signal) {
      child.kill(signal);
      const how = await ended;
      await agent.destroy();
      return how;
    },
  };
}

function spawned({
  dataDir,
  provider,
  environment,
  under,
  port = 0,
  unshared = false,
}: GatewayProcessOptions) {
  const shell = under === undefined ? [] : ['bash', '-c', `${under} "$@"`, 'bash'];
  const [command = '', ...words] = [
    ...(unshared ? ['unshare', '-m'] : []),
    ...shell,
    ...commandLine,
    `${port}`,
  ];
  const child = spawn(command, words, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      ASKONCE_DATA_DIR: dataDir,
      OPENAI_BASE_URL: `${provider}/v1`,
      ANTHROPIC_BASE_URL: provider,
      // A slow operation on a busy machine is a miss by the usual budget; the tests are not about its speed.
      ASKONCE_STORE_BUDGET_MS: '30000',
      ...environment,
    },
  });
  const err = { text: '' };
  child.stderr.on('data', (chunk: Buffer) => {
    err.text += chunk.toString('utf8');
  });
  return { child, err };
}

async function listening(child: ChildProcess): Promise<string> {
  let out = '';
  const { promise, resolve } = Promise.withResolvers<string>();
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
    const url = /listens on (http:\S+)/.exec(out)?.[1];
    if (url !== undefined) resolve(url);
  });
  return await promise;
}

/** What gateways share: the Redis of a test, and a prefix of its own if the Redis is not. */
interface SharedBy {
  readonly redisUrl?: string | undefined;
  /** `host:port` each. */
  readonly clusterNodes?: readonly string[] | undefined;
  readonly prefix?: string | undefined;
}

/** The environment of a gateway that shares. */
function sharing({ redisUrl, clusterNodes, prefix }: SharedBy): Readonly<Record<string, string>> {
  return {
    ASKONCE_SECRET: sharedSecret,
    ASKONCE_ADMIN_KEY: adminKey,
    ASKONCE_ADMIN_BURST: '100000',
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    ...(clusterNodes === undefined ? {} : { REDIS_CLUSTER_NODES: clusterNodes.join(',') }),
    ...(prefix === undefined ? {} : { CACHE_PREFIX: prefix }),
  };
}

/** The secret of all gateways that {@link sharing} sets up. */
export const sharedSecret = 'the secret of all gateways of a test';
/** Their key for admin calls. */
const adminKey = 'the-key-of-all-admin-calls';

interface FleetOptions extends Pick<GatewayProcessOptions, 'provider' | 'environment'> {
  readonly shared: SharedBy;
  /** Default 4. */
  readonly size?: number | undefined;
  /** Each gateway has its data folder below it. */
  readonly folder: string;
}

/** Starts gateways that share one Redis, each in a process of its own; resolves once all listen. */
export async function startFleet({
  provider,
  environment,
  shared,
  size = 4,
  folder,
}: FleetOptions): Promise<readonly GatewayProcess[]> {
  const starts = Array.from({ length: size }, (_, index) =>
    startGatewayProcess({
      dataDir: join(folder, `gateway-${index}`),
      provider,
      environment: { ...sharing(shared), ...environment },
    }),
  );
  return (await Promise.all(starts)).map(running);
}

/** The gateway, which must have come to listen. */
export function running(started: GatewayProcess | FailedStart): GatewayProcess {
  if ('ask' in started) return started;
  throw new Error(`the gateway did not start: ${started.err}`);
}
