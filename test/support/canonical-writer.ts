/**
 * The real canonical writer with the default settings and no masks.
 */
import { CanonicalText } from '../../packages/askonce/src/identity/canonical.ts';

export function canonicalWriter(schemaKeys: ReadonlySet<string>): CanonicalText {
  return new CanonicalText({ hashAlgorithm: 'sha256', textHashThreshold: 256 }, (text) => text, schemaKeys);
}
