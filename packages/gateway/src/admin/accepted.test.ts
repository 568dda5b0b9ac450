import { expect, it } from 'vitest';
import { acceptsGzip, formatFor } from './accepted.ts';

it.each([
  [undefined, 'text'],
  ['', 'text'],
  ['*/*', 'text'],
  ['text/plain', 'text'],
  ['application/json', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['Application/OpenMetrics-Text; Version=1.0.0', 'openmetrics'],
  // Prometheus 2
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
  // Prometheus 3
  [
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
    'openmetrics',
  ],
  ['application/openmetrics-text;q=0.2, text/plain;q=0.8', 'text'],
  ['application/openmetrics-text;q=0', 'text'],
  ['application/openmetrics-text;q=nonsense', 'text'],
  [';;,,;q=', 'text'],
])('a client that accepts %j gets the format %s', (accept, format) => {
  expect(formatFor(accept)).toBe(format);
});

it.each([
  [undefined, false],
  ['identity', false],
  ['gzip', true],
  ['deflate, GZIP;q=0.5', true],
  ['gzip;q=0', false],
  ['br, zstd', false],
])('whether a client that accepts the encodings %j gets gzip: %s', (accept, expected) => {
  expect(acceptsGzip(accept)).toBe(expected);
});
