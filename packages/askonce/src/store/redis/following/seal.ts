/** Encrypts frames as they leave the process, if there is a key ring, bound to their place in their stream. */
import type { KeyRing } from '../../../entry/key-ring.ts';
import { AskonceError } from '../../../errors.ts';

export interface FrameSeal {
  seal(frame: Uint8Array, stream: string, element: number, place: number): Buffer;
  /** @throws AskonceError `store_failed` if the frame was not sealed for that place */
  open(frame: Buffer, stream: string, element: number, place: number): Uint8Array;
}

export function frameSeal(keys: KeyRing | undefined): FrameSeal {
  if (keys === undefined) {
    return {
      seal: (frame) => Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength),
      open: (frame) => frame,
    };
  }
  const sealOf = (stream: string, element: number, place: number) => ({
    name: stream,
    beside: Buffer.from(`${element} ${place}`),
  });
  return {
    seal: (frame, stream, element, place) => keys.seal(frame, sealOf(stream, element, place)),
    open: (frame, ...where) => keys.open(frame, sealOf(...where)) ?? unreadable(),
  };
}

function unreadable(): never {
  throw new AskonceError(
    'store_failed',
    'A flight of another process cannot be decrypted; give all processes the same encryptionKeys.',
  );
}
