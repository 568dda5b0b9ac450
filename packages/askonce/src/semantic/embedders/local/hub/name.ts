/**
 * Names of models on a hub: `org/name`, or `org/name@revision`, a revision being a branch, a tag or a commit.
 */
export interface HubName {
  /** Such as `intfloat/multilingual-e5-small`. */
  readonly name: string;
  /** Default `main`. */
  readonly revision: string;
}

const part = String.raw`[A-Za-z0-9](?:[\w.-]{0,94}\w)?`;
const pattern = new RegExp(`^(${part}/${part})(?:@([\\w][\\w./-]{0,127}))?$`);

/** Undefined if the text is no such name. */
export function hubNameOf(text: string): HubName | undefined {
  const [, name, revision = 'main'] = pattern.exec(text) ?? [];
  if (name === undefined || /\.\.|--|\/\/|\/$/.test(name) || /\.\.|\/\/|\/$/.test(revision)) return undefined;
  return { name, revision };
}

/** The name as a folder, which no other name has. */
export function folderNameOf({ name }: Pick<HubName, 'name'>): string {
  return name.replace('/', '--');
}
