/**
 * The names under which a model's price may be listed, other than the one that an answer gives.
 */

export interface ModelName {
  readonly name: string;
  /** Whether it is the name of another version, whose price is an estimate. */
  readonly isGuess: boolean;
}

/** `-2025-04-14`, `-20250414`, `@20250414`, `-2501` (year and month), `-001`, `-latest`, `-preview-09-2025`. */
const version = /(?:[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|\d{3}|latest)|-preview(?:-\d{2}-\d{2,4})?)$/;
/** A fine-tuned model of OpenAI's: `ft:gpt-4.1-2025-04-14:organization:name:id`. */
const fineTuned = /^ft:([^:]+):/;
/** A variant of OpenRouter's: `:nitro`, `:online`; not `:free`, which has another price. */
const variant = /:(?:nitro|floor|online|exacto|thinking)$/;

/** Parts before a model's name: three at Google, one more at a gateway. */
const mostParts = 4;

/**
 * The names in the order in which they are looked for: as given; without what stands before a slash (`openai/gpt-4o`,
 * `models/gemini-2.5-pro`), a part at a time; then without the version or date.
 */
export function namesOf(model: string): readonly ModelName[] {
  let last = model.trim().toLowerCase();
  const names: ModelName[] = [{ name: last, isGuess: false }];
  for (let slash = last.indexOf('/'); slash !== -1 && names.length <= mostParts; slash = last.indexOf('/')) {
    last = last.slice(slash + 1);
    names.push({ name: last, isGuess: false });
  }
  const plain = last.replace(variant, '');
  const base = fineTuned.exec(plain)?.[1] ?? plain;
  const unversioned = base.replace(version, '');
  for (const name of [plain, base, unversioned])
    if (!names.some((known) => known.name === name)) names.push({ name, isGuess: true });
  return names;
}
