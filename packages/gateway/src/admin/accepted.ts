/**
 * What a scrape accepts: the format of the metrics, and whether they may be compressed (RFC 9110, sections 12.4 and 12.5).
 */
import type { Format } from '../metrics/exposition.ts';

/** OpenMetrics if the client names it and prefers it to plain text, else plain text, which every client reads. */
export function formatFor(accept: string | undefined): Format {
  const weights = weightsOf(accept);
  const openMetrics = weights.get('application/openmetrics-text') ?? 0;
  const text = weights.get('text/plain') ?? weights.get('text/*') ?? 0;
  return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'text';
}

export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return (weightsOf(acceptEncoding).get('gzip') ?? 0) > 0;
}

/** The highest weight of each name, from 0 to 1; parameters other than `q` are ignored. */
function weightsOf(header = ''): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [given = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = quality === undefined ? 1 : Number(quality.slice(2));
    weights.set(given, Math.max(weights.get(given) ?? 0, weight >= 0 && weight <= 1 ? weight : 0));
  }
  return weights;
}
