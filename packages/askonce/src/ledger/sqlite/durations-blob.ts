/**
 * Histograms as a table's blobs: the classes that have durations, each as its number and its count in seven-bit groups.
 * Most rows have few classes, so that a histogram takes some 20 bytes instead of 256; one without durations takes none.
 */
import type { Durations } from '../contract.ts';
import { addDurations, durationClasses, noDurations } from '../durations.ts';

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

/** Adds the histogram of a blob; what is not a blob counts as an empty one. */
export function addBlob(to: Durations, blob: unknown): Durations {
  if (blob instanceof Uint8Array && blob.length > 0) addDurations(to, durationsOf(blob));
  return to;
}

function durationsOf(blob: Uint8Array): Durations {
  const durations = noDurations();
  for (let place = 0; place < blob.length; ) {
    const at = blob[place++] ?? 0;
    let count = 0;
    for (let weight = 1; place < blob.length; weight *= 0x80) {
      const byte = blob[place++] ?? 0;
      count += (byte & 0x7f) * weight;
      if (byte < 0x80) break;
    }
    if (at < durationClasses) durations[at] = count;
  }
  return durations;
}
