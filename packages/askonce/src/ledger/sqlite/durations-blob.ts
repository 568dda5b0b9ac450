/**
 * Histograms as a table's blobs: the classes that have durations, each as its number and its count in seven-bit groups.
 * Most rows have few classes, so that a histogram takes some 20 bytes instead of 600; one without durations takes none.
 */
import type { Durations } from '../contract.ts';
import { durationClasses } from '../durations.ts';

export function blobOf(durations: Durations): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < durationClasses; at++) {
    let count = durations[at] ?? 0;
    if (count === 0) continue;
    bytes.push(at);
    for (; count > 0x7f; count = Math.floor(count / 0x80)) bytes.push((count % 0x80) | 0x80);
    bytes.push(count);
  }
  return Uint8Array.from(bytes);
}

/** Adds the histogram of a blob; what is not a blob counts as an empty one. Runs for each row of a query. */
export function addBlob(to: Durations, blob: unknown): Durations {
  if (!(blob instanceof Uint8Array)) return to;
  for (let place = 0; place < blob.length; ) {
    const at = blob[place++] ?? 0;
    let byte = blob[place++] ?? 0;
    let count = byte & 0x7f;
    for (let weight = 0x80; byte > 0x7f && place < blob.length; weight *= 0x80) {
      byte = blob[place++] ?? 0;
      count += (byte & 0x7f) * weight;
    }
    if (at < durationClasses) to[at] = (to[at] ?? 0) + count;
  }
  return to;
}
