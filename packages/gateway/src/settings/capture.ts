/**
 * The settings of capture: the file that answered requests are written to, and its bound.
 */
import { optional, type Setting, setting } from 'askonce/gateway-kit';
import { z } from 'zod';

export const captureSettings = {
  capture: setting(
    'ASKONCE_CAPTURE',
    optional(z.string().min(1).max(4096)),
    undefined,
    'File to which each answered request of a cached route is appended as a line of JSON: time, path, headers that count, body, answer, usage. It holds prompts and answers in clear text, readable by its owner only; never credentials, and never requests that are sensitive or say no-store. For `askonce tune --log FILE`. Unset: nothing is captured.',
  ),
  captureMaxBytes: setting(
    'ASKONCE_CAPTURE_MAX_BYTES',
    z.number().int().min(4096),
    256 * 1024 * 1024,
    'Maximum size of the captured lines on disk, in bytes, rotated ones included.',
  ),
  captureWhenFull: setting(
    'ASKONCE_CAPTURE_WHEN_FULL',
    z.enum(['stop', 'rotate']),
    'stop',
    'What capture does at its maximum size. `stop`: it ends, and the oldest lines stay; `rotate`: at half the size the file is renamed to FILE.1, in place of an earlier one, and a new file begins.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
