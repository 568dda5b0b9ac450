/**
 * Frames of flights between machines, sealed like entries: only who has the keys reads them, and only in their place.
 */
import type { KeyRing } from './key-ring.ts';

const nothing = new Uint8Array();

/** The frame, sealed; `place` says where it belongs (key, flight, stream, number), and must be said again to open it. */
export function sealFrame(keys: KeyRing, frame: Uint8Array, place: string): Uint8Array {
  return keys.seal(frame, { name: `frame\n${place}`, beside: nothing });
}

/** The frame, or undefined where it was sealed for another place, under another key, or is not as it was. */
export function openFrame(keys: KeyRing, sealed: Uint8Array, place: string): Uint8Array | undefined {
  return keys.open(sealed, { name: `frame\n${place}`, beside: nothing });
}
