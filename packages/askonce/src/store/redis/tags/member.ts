/**
 * Encodes keys of entries as members of a tag's set: without their common front, and with digests as bytes. A set has a
 * member for each entry, so every byte counts.
 *
 * ```
 *  0 bytes of the partition u8   1 partition   … fingerprint 32 bytes   … language and what follows the braces, separated by a brace
 *  0 zero                        1 the key, if it has another shape
 * ```
 */

const shape = /^((?:[0-9a-f]{2}){1,64}):([^{}]*):\{([0-9a-f]{64})\}([^{}]*)$/;
const fingerprintBytes = 32;

export interface TagMembers {
  memberOf(key: string): Buffer;
  keyOf(member: Buffer): string;
}

/** @param front the common beginning of all keys of entries */
export function tagMembers(front: string): TagMembers {
  return {
    memberOf(key) {
      const parts = key.startsWith(front) ? shape.exec(key.slice(front.length)) : null;
      if (parts === null) return Buffer.from(`\0${key}`);
      const [, partition = '', language = '', fingerprint = '', suffix = ''] = parts;
      return Buffer.concat([
        Buffer.of(partition.length / 2),
        Buffer.from(partition + fingerprint, 'hex'),
        Buffer.from(suffix === '' ? language : `${language}}${suffix}`),
      ]);
    },
    keyOf(member) {
      const partitionBytes = member[0] ?? 0;
      if (partitionBytes === 0) return member.toString('utf8', 1);
      const text = 1 + partitionBytes + fingerprintBytes;
      const partition = member.toString('hex', 1, 1 + partitionBytes);
      const fingerprint = member.toString('hex', 1 + partitionBytes, text);
      const [language = '', suffix = ''] = member.toString('utf8', text).split('}');
      return `${front}${partition}:${language}:{${fingerprint}}${suffix}`;
    },
  };
}
