/** Size classes of payloads, which decide which entries the memory tier holds. */
export type SizeClass = 'small' | 'medium' | 'large';

/** Payloads of fewer bytes are small. */
const smallBelowBytes = 4_096;
/** Payloads of fewer bytes that are not small are medium; the others are large. */
const mediumBelowBytes = 65_536;

export function sizeClassOf(payloadBytes: number): SizeClass {
  if (payloadBytes < smallBelowBytes) return 'small';
  return payloadBytes < mediumBelowBytes ? 'medium' : 'large';
}

/** Whether a payload belongs to one of the classes; small and medium by default. */
export function holdsClasses(
  classes: readonly SizeClass[] = ['small', 'medium'],
): (payloadBytes: number) => boolean {
  const held = new Set(classes);
  return (payloadBytes) => held.has(sizeClassOf(payloadBytes));
}
