/**
 * What the commands of a runbook meet: a gateway that was really started, its Redis or data folder, and a provider that
 * answers or fails as a test wants. All of it ends with the test.
 */
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { type GatewayProcess, running, startGatewayProcess } from '../gateway-process.ts';
import { type Page, page } from '../pages.ts';
import { type RedisServer, startRedis } from '../redis-server.ts';
import { chatAnswer, chatRequest, startProvider } from '../remembering-provider.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { commandsOf, isOutput, logLinesOf, type PageCommand } from './commands.ts';
import { openShell } from './shell.ts';

export interface WorldOptions {
  /** Whether answers are in Redis rather than SQLite. Default true. */
  readonly redis?: boolean | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Shell text before the gateway, ending in a command that runs it. */
  readonly under?: string | undefined;
}

export interface World {
  /** @throws Error without Redis */
  readonly redis: RedisServer;
  readonly dataDir: string;
  /** Working directory of the commands. */
  readonly folder: string;
  /** The gateway on port 8787 of the pages. */
  gateway: GatewayProcess;
  readonly environment: Readonly<Record<string, string>>;
  /** How the provider answers: its status, its text, or a connection that breaks off after half of it. */
  readonly provider: { status: number; text: string; cut: boolean; hold(): void; release(): void };
  /** Posts an admin call. Resolves with the status. */
  admin(path: string, body: unknown): Promise<number>;
  /** Asks the gateway a question. */
  ask(
    text: string,
    headers?: Readonly<Record<string, string>>,
    more?: Readonly<Record<string, unknown>>,
  ): ReturnType<GatewayProcess['ask']>;
  /** Has the vectors of these inputs stored. */
  embed(inputs: readonly string[]): Promise<void>;
  /** Starts another gateway with the same settings, or others. It ends with the test. */
  another(environment?: Readonly<Record<string, string>>): Promise<GatewayProcess>;
  /** Resolves once `path` of the gateway answers a text that matches. */
  until(path: string, pattern: RegExp): Promise<void>;
  /** Runs the commands under a heading of a page, and compares each output with the page's. */
  follow(path: string, heading: string): Promise<void>;
  /** Words of the page that stand for others, which a reader would put in their place. */
  readonly words: Record<string, string>;
}

const worldAdminKey = 'the-admin-key-of-the-runbooks';
const trouble = '{"error":{"message":"The provider is in trouble.","type":"trouble","code":null}}';
const secret = 'the secret of all gateways of the runbooks';

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  let held: (() => void)[] | undefined;
  const provider = {
    status: 200,
    text: 'Yes.',
    cut: false,
    hold() {
      held = [];
    },
    release() {
      const waiting = held ?? [];
      held = undefined;
      for (const answer of waiting) answer();
    },
  };
  const url = await startProvider((request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { status, text, cut } = provider;
      const answer = status !== 200 ? trouble : body === '' ? '{}' : answerTo(body, text);
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(status === 429 ? { 'retry-after': '7' } : {}),
      });
      if (cut) response.write(answer.slice(0, 20), () => response.destroy());
      else if (held === undefined) response.end(answer);
      else held.push(() => response.end(answer));
    });
  });
  const redis = options.redis === false ? undefined : await startRedis();
  const dataDir = temporaryFolder();
  const environment = {
    ASKONCE_DATA_DIR: dataDir,
    ASKONCE_ADMIN_KEY: worldAdminKey,
    ASKONCE_SECRET: secret,
    ASKONCE_STORE_BUDGET_MS: '1000',
    ASKONCE_BREAKER_MS: '500',
    OPENAI_BASE_URL: `${url}/v1`,
    ANTHROPIC_BASE_URL: url,
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    ...options.environment,
  };
  async function started(folder: string, more: Readonly<Record<string, string>>): Promise<GatewayProcess> {
    const gateway = running(
      await startGatewayProcess({
        dataDir: folder,
        provider: url,
        under: options.under,
        environment: { ...environment, ...more, ASKONCE_DATA_DIR: folder },
      }),
    );
    onTestFinished(async () => {
      await gateway.end('SIGKILL');
    });
    return gateway;
  }
  const shell = openShell();
  onTestFinished(() => shell.remove());
  const world: World = {
    get redis() {
      if (redis === undefined) throw new Error('this world has no Redis');
      return redis;
    },
    dataDir,
    folder: shell.folder,
    words: {},
    gateway: await started(dataDir, {}),
    environment,
    provider,
    ask: (text, headers, more) => world.gateway.ask('/v1/chat/completions', chatRequest(text, more), headers),
    async embed(input) {
      const body = JSON.stringify({ model: 'text-embedding-3-small', input });
      expect((await world.gateway.ask('/v1/embeddings', body)).status).toBe(200);
    },
    another: (more = {}) => started(redis === undefined ? dataDir : join(temporaryFolder(), 'data'), more),
    async admin(path, body) {
      const headers = { authorization: `Bearer ${worldAdminKey}`, 'content-type': 'application/json' };
      const call = { method: 'POST', headers, body: JSON.stringify(body) };
      return (await fetch(world.gateway.url + path, call)).status;
    },
    async until(path, pattern) {
      const headers = { authorization: `Bearer ${worldAdminKey}` };
      await expect
        .poll(async () => await (await fetch(world.gateway.url + path, { headers })).text(), {
          timeout: 15_000,
          // Admin calls are limited to ten a second.
          interval: 200,
        })
        .toMatch(pattern);
    },
    async follow(path, heading) {
      const commands = commandsUnder(page(path), heading);
      for (const each of commands) await followed(each);
      for (const line of logLinesOf(page(path), heading))
        await expect
          .poll(() => world.gateway.err.split('\n').filter((logged) => isOutput(logged, line)), {
            message: line,
          })
          .not.toEqual([]);
    },
  };

  async function followed({ command, notRun, output: shown, exit }: PageCommand): Promise<void> {
    if (notRun !== undefined) return;
    const port = new URL(world.gateway.url).port;
    const { exit: ended, output } = await shell.run(
      command,
      {
        ...environment,
        OPENAI_API_KEY: 'sk-test',
        GATEWAY_PID: String(world.gateway.child.pid),
        ASKONCE_PORT: port,
      },
      { '127.0.0.1:8787': `127.0.0.1:${port}`, ...world.words },
    );
    expect({
      command,
      exit: ended,
      output: shown === undefined || isOutput(output, shown) ? shown : output,
    }).toEqual({
      command,
      exit,
      output: shown,
    });
  }
  return world;
}

/** Vectors for a list of inputs; else a chat completion of the model that the request names. */
function answerTo(body: string, text: string): string {
  const { model, input } = z
    .looseObject({ model: z.string(), input: z.array(z.string()).optional() })
    .parse(JSON.parse(body));
  if (input === undefined) return chatAnswer(text).replace('"gpt-4o"', JSON.stringify(model));
  const data = input.map((_one, index) => ({ object: 'embedding', index, embedding: [0.6, 0.8] }));
  return JSON.stringify({ object: 'list', data, model, usage: { prompt_tokens: 2, total_tokens: 2 } });
}

function commandsUnder(from: Page, heading: string): readonly PageCommand[] {
  const found = commandsOf(from).filter((each) => each.heading === heading);
  if (found.length === 0) throw new Error(`${from.path} has no command under "${heading}"`);
  return found;
}
