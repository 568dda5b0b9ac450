/**
 * Messages of a socket (RFC 6455) as bytes: a socket keeps the bounds of its messages, a recording must write them
 * down. Each message is framed as a netstring with its kind before it: `t5:hello,` is a text message of five bytes
 * in UTF-8, `b2:…,` a binary one.
 */
import {
  type EventCutter,
  endsAfterEvent,
  eventBytes,
  type Framing,
  markedBody,
  mediaTypeOf,
} from '../framing.ts';

const colon = 0x3a;
const text = 0x74;
const binary = 0x62;
/** Digits of a length; what is longer than a recording can be is not a frame. */
const maxDigits = 10;

export const socketMessages: Framing = {
  name: 'socket-messages',
  contentType: 'application/vnd.askonce.messages',
  isStream: (answer) => mediaTypeOf(answer) === 'application/vnd.askonce.messages',
  cutter: () => new MessageScan(),
  /** A binary message has the type `binary` and its bytes in base64. */
  read: (recording) =>
    eventBytes(recording).map((frame) => {
      const payload = frame.subarray(frame.indexOf(colon) + 1, -1);
      return frame[0] === binary
        ? { type: 'binary', data: payload.toString('base64') }
        : { type: undefined, data: payload.toString('utf8') };
    }),
  isWhole: endsAfterEvent,
  write: (data) => `t${Buffer.byteLength(data)}:${data},`,
  join: markedBody,
  ending() {
    const scan = new MessageScan();
    return {
      push: (bytes) => void scan.push(bytes),
      last: (event) => (scan.isBetween ? event : undefined),
    };
  },
};

/** A message of a socket as a frame: the one way to make binary frames. */
export function messageFrame(message: string | Uint8Array): Uint8Array {
  if (typeof message === 'string') return Buffer.from(socketMessages.write(message));
  return Buffer.concat([Buffer.from(`b${message.length}:`), message, Buffer.from(',')]);
}

/** Follows frames across pieces. Bytes that are no frame end the reading: nothing after them is an event. */
class MessageScan implements EventCutter {
  #offset = 0;
  #state: 'kind' | 'length' | 'payload' | 'damaged' = 'kind';
  #digits = '';
  /** Bytes of the payload and its comma that are still to come. */
  #left = 0;

  get isBetween(): boolean {
    return this.#state === 'kind';
  }

  push(piece: Uint8Array): number[] {
    const ends: number[] = [];
    let index = 0;
    while (index < piece.length && this.#state !== 'damaged') {
      if (this.#state === 'payload') {
        const taken = Math.min(this.#left, piece.length - index);
        index += taken;
        this.#left -= taken;
        if (this.#left > 0) continue;
        this.#state = 'kind';
        ends.push(this.#offset + index);
      } else {
        this.#header(piece[index] ?? 0);
        index++;
      }
    }
    this.#offset += piece.length;
    return ends;
  }

  finish(): undefined {
    return undefined;
  }

  #header(byte: number): void {
    if (this.#state === 'kind') {
      this.#state = byte === text || byte === binary ? 'length' : 'damaged';
      this.#digits = '';
    } else if (byte === colon && this.#digits !== '') {
      this.#left = Number(this.#digits) + 1;
      this.#state = 'payload';
    } else if (byte >= 0x30 && byte <= 0x39 && this.#digits.length < maxDigits) {
      this.#digits += String.fromCharCode(byte);
    } else this.#state = 'damaged';
  }
}
