/**
 * `askonce model pull`: brings a local model from its hub, so that a gateway finds it at its start.
 */
import { AskonceError } from 'askonce';
import { staying } from 'askonce/gateway-kit';
import type { PulledModel, PullOptions } from 'askonce/local-embedder';
import { type ArgsDef, defineCommand } from 'citty';
import { defaultDataFolder, openDataFolder } from '../settings/data-folder.ts';
import { readConfiguration } from '../settings/read.ts';
import { progressOn } from '../tuning/progress.ts';
import { createUpstreamClient } from '../upstream/client.ts';

export const modelArguments = {
  action: { type: 'positional', required: false, valueHint: 'pull', description: 'What to do: pull' },
  name: {
    type: 'positional',
    required: false,
    valueHint: 'NAME',
    description: 'org/name or org/name@revision on the hub (SEMANTIC_MODEL)',
  },
  file: {
    type: 'string',
    valueHint: 'FILE',
    description: 'ONNX file of the model, such as onnx/model_fp16.onnx (SEMANTIC_MODEL_FILE)',
  },
  config: { type: 'string', valueHint: 'FILE', description: 'Settings file, YAML or JSON (ASKONCE_CONFIG)' },
  json: { type: 'boolean', description: 'Print JSON' },
} as const satisfies ArgsDef;

export const model = defineCommand({
  meta: {
    name: 'askonce model',
    description:
      'Pull a local model (SEMANTIC_EMBEDDER=local) into the data folder, from HF_ENDPOINT with HF_TOKEN. Goes on where it was ended; exits with 130 after Ctrl-C.',
  },
  args: modelArguments,
  async run({ args: { action, name, file, config, json } }) {
    if (action !== 'pull') throw new Error('name what to do: askonce model pull NAME');
    const ending = new AbortController();
    const end = () => ending.abort();
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    try {
      const pulled = await pull({ name, file, config, signal: ending.signal });
      process.stdout.write(`${json === true ? JSON.stringify(pulled, undefined, 2) : pulled.folder}\n`);
    } catch (error) {
      if (!ending.signal.aborted) throw error;
      process.stderr.write('askonce: the pull was ended; run it again to go on\n');
      process.exitCode = 130;
    } finally {
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
    }
  },
});

interface PullCommand {
  readonly name: string | undefined;
  readonly file: string | undefined;
  readonly config: string | undefined;
  readonly signal: AbortSignal;
}

async function pull({ name, file, config, signal }: PullCommand): Promise<PulledModel> {
  const environment = process.env;
  const options = file === undefined ? {} : { semanticModelFile: file };
  const { settings, sourceOf } = readConfiguration({ config, environment, options });
  const wanted = name ?? settings.semanticModel;
  if (wanted === undefined)
    throw new AskonceError('invalid_request', 'name the model, org/name, or set SEMANTIC_MODEL');
  const folder = openDataFolder(settings.dataDir ?? defaultDataFolder(environment), sourceOf('dataDir'));
  const client = createUpstreamClient(settings);
  // Loaded here alone: other commands need nothing of it.
  const { pullLoudly, pullOptions } = await import('../semantic/local-model.ts');
  const asked = { ...pullOptions({ settings, sourceOf, folder, client }, wanted), signal };
  const work = process.stderr.isTTY ? pullWithBar(asked) : pullLoudly(asked, say);
  try {
    // Between two attempts there may be nothing but a pause.
    return await staying(work);
  } finally {
    await client.close();
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function pullWithBar(options: PullOptions): Promise<PulledModel> {
  const { pullModel } = await import('askonce/local-embedder');
  const bar = await progressOn(process.stderr, `pulling ${options.model}`);
  try {
    const pulled = await pullModel({
      ...options,
      onProgress: ({ file, bytes, of }) => bar.at(of === undefined ? 0 : bytes / of, file),
    });
    bar.end(`${pulled.name} is here`);
    return pulled;
  } catch (error) {
    bar.end('not pulled');
    throw error;
  }
}
