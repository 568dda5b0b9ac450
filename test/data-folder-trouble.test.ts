import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { cacheStatusHeader, type Exchange } from './support/gateway.ts';
import {
  type GatewayProcess,
  type GatewayProcessOptions,
  running,
  startGatewayProcess,
} from './support/gateway-process.ts';
import {
  expectRight,
  type NamingProvider,
  namedQuestion,
  startNamingProvider,
} from './support/naming-provider.ts';

/** Root may mount in a name space of its own, which ends with the process. */
const mayMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0;

let dataDir = '';
let provider: NamingProvider;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'askonce-trouble-'));
  provider = await startNamingProvider({ padding: 20_000 });
});

afterEach(async () => {
  await provider.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const file = () => join(dataDir, 'askonce.db');

async function start(options: Partial<GatewayProcessOptions> = {}): Promise<GatewayProcess> {
  const gateway = running(await startGatewayProcess({ dataDir, provider: provider.url, ...options }));
  onTestFinished(async () => {
    await gateway.end('SIGKILL');
  });
  return gateway;
}

async function ask(gateway: GatewayProcess, text: string): Promise<Exchange> {
  const { path, body } = namedQuestion(text);
  const exchange = await gateway.ask(path, body);
  expectRight(provider, text, exchange);
  return exchange;
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `q${index}`);

interface LogLine {
  readonly level: number;
  readonly msg: string;
}

const warnings = ({ err }: Pick<GatewayProcess, 'err'>): string[] =>
  err
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): LogLine => JSON.parse(line))
    .filter(({ level }) => level === 40)
    .map((line) => JSON.stringify(line));

describe('a full disk', () => {
  /** Asks more than the disk holds: each request is answered, and what memory holds stays a hit. */
  async function expectAllAnswered(gateway: GatewayProcess): Promise<void> {
    const texts = names(150);
    for (const text of texts) await ask(gateway, text);
    expect(provider.calls).toBe(150);
    for (const text of texts) expect(cacheStatusHeader(await ask(gateway, text)), text).toContain('; hit;');
    await expect.poll(() => warnings(gateway).join()).toContain('sqlite');
  }

  it('with a limit on file size each request is answered from memory or the provider, and a restart with room stores again', async () => {
    const gateway = await start({ under: 'ulimit -f 1500; exec' });
    await expectAllAnswered(gateway);
    expect(await gateway.end('SIGTERM')).toEqual({ code: 0, signal: null });

    const roomy = await start();
    const statuses: string[] = [];
    for (const text of names(150)) statuses.push(cacheStatusHeader(await ask(roomy, text)));
    expect(statuses.filter((status) => status.includes('detail="sqlite"')).length).toBeGreaterThan(0);
    await roomy.end('SIGTERM');
    const third = await start();
    for (const text of names(150))
      expect(cacheStatusHeader(await ask(third, text)), text).toContain('detail="sqlite"');
  }, 90_000);

  it.skipIf(!mayMount)(
    'on a full file system each request is answered, and the memory tier goes on',
    async () => {
      const gateway = await start({
        under: `mount -t tmpfs -o size=1500k tmpfs '${dataDir}'; exec`,
        unshared: true,
      });
      await expectAllAnswered(gateway);
      expect(await gateway.end('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(readdirSync(dataDir)).toEqual([]);
    },
    60_000,
  );
});

describe('a damaged database file', () => {
  const damages: Readonly<Record<string, () => void>> = {
    'garbage from its first byte': () => writeFileSync(file(), randomBytes(50_000)),
    'a text': () => writeFileSync(file(), 'not a database\n'),
    'a file cut short': () => truncateSync(file(), Math.floor(statSync(file()).size / 2)),
    'a header and nothing else': () => truncateSync(file(), 100),
    'a folder in its place': () => {
      rmSync(file());
      mkdirSync(file());
    },
    'a file without its tables': () => {
      const database = new DatabaseSync(file());
      database.exec('DROP TABLE entries');
      database.close();
    },
  };

  it.each(Object.keys(damages))(
    'a damaged database file (%s) is moved aside with a warning, and the gateway serves',
    async (what) => {
      const before = await start();
      for (const text of names(5)) await ask(before, text);
      await before.end('SIGTERM');
      damages[what]?.();

      const gateway = await start();
      expect(warnings(gateway).join()).toContain(`${file()}.damaged-1`);
      expect(existsSync(`${file()}.damaged-1`)).toBe(true);
      for (const text of names(5)) await ask(gateway, text);
      await gateway.end('SIGTERM');

      const next = await start();
      expect(warnings(next)).toEqual([]);
      for (const text of names(5))
        expect(cacheStatusHeader(await ask(next, text)), text).toContain('detail="sqlite"');
    },
    30_000,
  );

  it('with garbage in the middle of the database each question is a correct hit or a miss', async () => {
    const before = await start();
    for (const text of names(100)) await ask(before, text);
    await before.end('SIGTERM');
    const bytes = statSync(file()).size;
    const database = new DatabaseSync(file());
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    const opened = openSync(file(), 'r+');
    writeSync(opened, randomBytes(Math.floor(bytes / 2)), 0, Math.floor(bytes / 2), 20_000);
    closeSync(opened);

    const gateway = await start();
    for (const text of names(100)) await ask(gateway, text);
    for (const text of names(100)) await ask(gateway, text);
    expect(await gateway.end('SIGTERM')).toEqual({ code: 0, signal: null });
  }, 30_000);
});

describe('an unusable data folder', () => {
  it('the gateway refuses to start when a file lies in place of the data folder, in one line that names the setting', async () => {
    const blocked = join(dataDir, 'blocked');
    writeFileSync(blocked, '');
    const failed = await startGatewayProcess({ dataDir: join(blocked, 'data'), provider: provider.url });
    expect(failed).toMatchObject({ code: 1, signal: null });
    expect(failed.err).toMatch(/^askonce: ASKONCE_DATA_DIR: .*\n$/);
  });

  it.skipIf(!mayMount)(
    'the gateway refuses to start, in one line, when the data folder is read-only and holds no secret',
    async () => {
      const failed = await startGatewayProcess({
        dataDir,
        provider: provider.url,
        under: `mount -t tmpfs -o ro tmpfs '${dataDir}'; exec`,
        unshared: true,
      });
      expect(failed).toMatchObject({ code: 1, signal: null });
      expect(failed.err).toMatch(/^askonce: secret: .*\n$/);
    },
  );

  it.skipIf(!mayMount)(
    'the gateway serves from memory with a warning when the data folder is read-only and the secret is set',
    async () => {
      const gateway = await start({
        under: `mount -t tmpfs -o ro tmpfs '${dataDir}'; exec`,
        unshared: true,
        environment: { ASKONCE_SECRET: 'a secret of enough characters' },
      });
      expect(warnings(gateway).join()).toContain('sqlite');
      await ask(gateway, 'x');
      expect(cacheStatusHeader(await ask(gateway, 'x'))).toContain('detail="memory"');
      expect(await gateway.end('SIGTERM')).toEqual({ code: 0, signal: null });
    },
  );
});
