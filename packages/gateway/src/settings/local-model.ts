/**
 * The settings of a local model: how it is run, and the hub that it is pulled from.
 */
import { optional, type Setting, secretSetting, setting } from 'askonce/gateway-kit';
import { z } from 'zod';
import { baseUrl } from './providers.ts';

const megabyte = 1024 * 1024;

export const localModelSettings = {
  semanticModelFile: setting(
    'SEMANTIC_MODEL_FILE',
    optional(
      z.string().regex(/^[\w][\w./-]{0,255}\.onnx$/, 'must be the name of an .onnx file of the model'),
    ),
    undefined,
    'ONNX file of the local model, such as `onnx/model_fp16.onnx`. Unset: 8-bit weights if there are (`onnx/model_quantized.onnx`), else `onnx/model.onnx`.',
  ),
  semanticPooling: setting(
    'SEMANTIC_POOLING',
    optional(z.enum(['mean', 'cls', 'max', 'last', 'weighted'])),
    undefined,
    "How the local model's vectors of tokens become one. Unset: by the model's own files, else its family, else `mean`.",
  ),
  semanticMaxTokens: setting(
    'SEMANTIC_MAX_TOKENS',
    optional(z.number().int().min(8).max(131_072)),
    undefined,
    "Longest text that the local model embeds, in tokens; a longer one is not cut, it has no vector. Unset: by the model's own files, at most 2048.",
  ),
  semanticModelThreads: setting(
    'SEMANTIC_MODEL_THREADS',
    z.number().int().min(1).max(256),
    1,
    'Number of threads of the local model.',
  ),
  semanticModelBytes: setting(
    'SEMANTIC_MODEL_BYTES',
    z
      .number()
      .int()
      .min(64 * megabyte)
      .max(1024 * 1024 * megabyte),
    2048 * megabyte,
    "Maximum resident memory of the local model's process, in bytes. Beyond it the process is ended and started again.",
  ),
  hfEndpoint: setting(
    'HF_ENDPOINT',
    baseUrl,
    'https://huggingface.co',
    'Base URL of the hub that local models are pulled from: Hugging Face, or a mirror with the same layout. It is reached through the same proxies as providers.',
  ),
  hfToken: secretSetting(
    'HF_TOKEN',
    optional(z.string().regex(/^[!-~]{1,4096}$/, 'must be printable ASCII characters without spaces')),
    undefined,
    'Token for the hub, sent to HF_ENDPOINT alone. Needed for private and gated models.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
