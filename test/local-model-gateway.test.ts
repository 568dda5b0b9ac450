/**
 * Gateways with a local model: what it finds, what its process and its files go through, and that every request is answered
 * meanwhile.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dataFolder } from '../packages/askonce/src/testing/recordings.ts';
import { diagnose } from '../packages/gateway/src/doctor/diagnose.ts';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { gatewayForTest, type TestGateway } from './support/gateway.ts';
import { startModelHub } from './support/model-hub.ts';
import { describeRecorded } from './support/recorded-suites.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { tinyModel } from './support/tiny-model.ts';

const adminKey = 'the-key-of-all-admin-calls';
const e5 = join(dataFolder() ?? '', '..', 'models', 'multilingual-e5-small');

async function setUp(settings: GatewaySettingsInput) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('By mail.') }));
  const gateway = await gatewayForTest(provider.url, {
    adminKey,
    semanticCache: true,
    semanticEmbedder: 'local',
    semanticUpper: 0.93,
    semanticGuards: [],
    // A process takes longer to start on a busy machine.
    semanticEmbedderMs: 30_000,
    ...settings,
  });
  return { provider, gateway };
}

async function ask(gateway: TestGateway, content: string): Promise<string> {
  const answer = await gateway.ask('/v1/chat/completions', chatRequest(content));
  expect([answer.status, answer.body.toString()]).toEqual([200, chatAnswer('By mail.')]);
  return String(answer.headers['cache-status']);
}

const report = z.looseObject({
  embedder: z.looseObject({ name: z.string(), fingerprint: z.string(), trouble: z.string().optional() }),
});

async function embedderOf(gateway: TestGateway) {
  const response = await fetch(`${gateway.url}/cache/semantic`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  return report.parse(await response.json()).embedder;
}

const health = z.looseObject({
  semantic: z.object({
    state: z.string(),
    trouble: z.array(z.object({ part: z.string(), message: z.string() })),
  }),
});

async function healthOf(gateway: TestGateway) {
  const response = await fetch(`${gateway.url}/cache/health`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  return health.parse(await response.json()).semantic;
}

/** Whether the model is loaded, and what is wrong with it. */
const isReady = async (gateway: TestGateway) => {
  const { fingerprint, trouble } = await embedderOf(gateway);
  return [fingerprint !== '', trouble];
};

/** The children of this process that run a model (Linux). */
function modelProcesses(): readonly number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  const found = children.filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('model/program'),
  );
  expect(found.length).toBeGreaterThan(0);
  return found;
}

describeRecorded('a gateway with a local multilingual-e5-small', () => {
  it('finds a question in other words, before and after its process was killed in the middle of its work', async () => {
    expect(existsSync(e5), `there is no ${e5}`).toBe(true);
    const { gateway } = await setUp({ semanticModel: e5 });
    await expect.poll(() => isReady(gateway), { timeout: 20_000 }).toEqual([true, undefined]);
    expect(await ask(gateway, 'How do I reset my password?')).toContain('fwd=');
    await expect
      .poll(() => ask(gateway, 'How can I reset my password?'), { timeout: 20_000 })
      .toMatch(/hit.*detail="semantic"/);
    expect((await embedderOf(gateway)).name).toBe('intfloat/multilingual-e5-small');

    // The runtime is in the model's process, and not in this one.
    expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain('onnxruntime');
    expect(
      modelProcesses()
        .map((pid) => readFileSync(`/proc/${pid}/maps`, 'utf8'))
        .join(''),
    ).toContain('onnxruntime');

    const asked = Array.from({ length: 8 }, (_none, at) =>
      ask(gateway, `How do I pay invoice number ${at}?`),
    );
    for (const pid of modelProcesses()) process.kill(pid, 'SIGKILL');
    expect((await Promise.all(asked)).every((status) => status.includes('askonce'))).toBe(true);
    await expect.poll(() => isReady(gateway), { timeout: 20_000 }).toEqual([true, undefined]);
    await expect
      .poll(() => ask(gateway, 'How would I reset my password?'), { timeout: 20_000 })
      .toMatch(/hit.*detail="semantic"/);
  });

  it('the doctor loads the model and embeds a text', async () => {
    const environment = {
      ASKONCE_DATA_DIR: temporaryFolder(),
      ENABLE_SEMANTIC_CACHE: 'on',
      SEMANTIC_EMBEDDER: 'local',
      SEMANTIC_MODEL: e5,
    };
    const checks = await diagnose({ environment, workingDirectory: temporaryFolder() });
    expect(checks.find(({ what }) => what === 'embedder')).toMatchObject({
      state: 'ok',
      message: expect.stringMatching(
        /^intfloat\/multilingual-e5-small \(local: onnx\/model_quantized\.onnx, 384 dimensions, 74 MB\), loaded in [\d.]+ s/,
      ),
    });
  });
});

describe('a gateway with a local model in trouble answers every request', () => {
  it('while its file is damaged, and says so; and uses it once it is whole', async () => {
    const folder = tinyModel();
    writeFileSync(join(folder, 'onnx', 'model.onnx'), 'damaged');
    const { gateway } = await setUp({ semanticModel: folder });
    expect(await ask(gateway, 'red green')).toContain('fwd=');
    expect((await embedderOf(gateway)).trouble).toContain('its file is damaged');
    expect(await healthOf(gateway)).toEqual({
      state: 'degraded',
      trouble: [{ part: 'embedder', message: expect.stringContaining('its file is damaged') }],
    });
    tinyModel({ folder });
    await expect.poll(() => isReady(gateway), { timeout: 20_000 }).toEqual([true, undefined]);
  });

  it('while its files are others than were loaded', async () => {
    const folder = tinyModel();
    const { gateway } = await setUp({ semanticModel: folder });
    await expect.poll(() => isReady(gateway), { timeout: 20_000 }).toEqual([true, undefined]);
    const { fingerprint } = await embedderOf(gateway);
    tinyModel({ folder, scale: 5 });
    await expect
      .poll(async () => (await embedderOf(gateway)).trouble, { timeout: 20_000 })
      .toContain('restart the gateway');
    expect(await ask(gateway, 'red green')).toContain('fwd=');
    expect((await embedderOf(gateway)).fingerprint).toBe(fingerprint);
  });

  it('while its process needs more memory than its bound', async () => {
    const { gateway } = await setUp({ semanticModel: tinyModel(), semanticModelBytes: 64 * 1024 * 1024 });
    expect(await ask(gateway, 'red green')).toContain('fwd=');
    const bound = /more than its bound of 64 MB|raise its bound/;
    await expect
      .poll(async () => (await healthOf(gateway)).trouble[0]?.message, { timeout: 20_000 })
      .toMatch(bound);
    expect(await ask(gateway, 'green red')).toContain('fwd=');
  });

  it('while it is pulled from a hub, which is slow', async () => {
    let isOpen = false;
    const hub = await startModelHub({
      folder: tinyModel(),
      fault: (path) =>
        isOpen || !path.startsWith('/api') ? undefined : { status: 503, headers: { 'retry-after': '0' } },
    });
    const { gateway } = await setUp({ semanticModel: 'acme/tiny', hfEndpoint: hub.url });
    expect(await ask(gateway, 'red green')).toContain('fwd=');
    isOpen = true;
    await expect.poll(() => isReady(gateway), { timeout: 20_000 }).toEqual([true, undefined]);
    expect(gateway.log.join('')).toContain('pulling the model acme/tiny');
  });
});

describe('the doctor', () => {
  const embedderCheck = async (environment: Readonly<Record<string, string>>) => {
    const all = {
      ASKONCE_DATA_DIR: temporaryFolder(),
      ENABLE_SEMANTIC_CACHE: 'on',
      SEMANTIC_EMBEDDER: 'local',
    };
    const checks = await diagnose({
      environment: { ...all, ...environment },
      workingDirectory: temporaryFolder(),
    });
    return checks.find(({ what }) => what === 'embedder');
  };

  it('says what is wrong with a local model, and what was not pulled yet', async () => {
    expect(await embedderCheck({ SEMANTIC_MODEL: temporaryFolder() })).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('has no ONNX file'),
    });
    expect(await embedderCheck({ SEMANTIC_MODEL: 'acme/tiny' })).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('run askonce model pull acme/tiny'),
    });
    expect(await embedderCheck({ SEMANTIC_MODEL: tinyModel() })).toMatchObject({ state: 'ok' });
  });
});
