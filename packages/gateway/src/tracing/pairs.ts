/**
 * Lists of OpenTelemetry's environment variables: `name=value,name=value`, values percent-encoded (W3C Baggage, section 3.2).
 */

/** What is no pair is left out, as the specification has it. */
export function pairsOf(list: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const member of list.split(',')) {
    const at = member.indexOf('=');
    const name = member.slice(0, Math.max(0, at)).trim();
    if (name !== '') pairs[name] = decoded(member.slice(at + 1).trim());
  }
  return pairs;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
