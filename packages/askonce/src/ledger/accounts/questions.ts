/**
 * The questions that are stored and asked again, by the keys of their entries.
 */
import type { Entry } from '../../entry/entry.ts';
import type { PatternChange } from '../contract.ts';
import { type BookedRequestEvent, modelOf } from './events.ts';
import type { AccountLimits } from './limits.ts';
import { cleanName, clipped } from './names.ts';

/** Characters of a question's text that are kept. */
const longestText = 500;

export interface Questions {
  /** Enters a hit, or the event of an entry that was stored. */
  add(event: Extract<BookedRequestEvent, { readonly type: 'hit' | 'stored' }>, at: number): void;
  /** Enters the text of an entry that was stored. */
  store(entry: Entry, at: number): void;
  /** Hands over the changes since the last take. */
  take(): readonly PatternChange[];
}

/** A change that is added to. '' for what is not known. */
interface OpenChange {
  readonly key: string;
  text: string | undefined;
  language: string;
  category: string;
  model: string;
  tenant: string;
  user: string | undefined;
  hits: number;
  lastAsked: number;
  textAt: number | undefined;
}

export function questionTable(limits: AccountLimits): Questions {
  let changes = new Map<string, OpenChange>();

  /** Undefined beyond the bound. */
  function changeOf(key: string, at: number): OpenChange | undefined {
    const known = changes.get(key);
    if (known !== undefined) {
      if (at > known.lastAsked) known.lastAsked = at;
      return known;
    }
    if (changes.size >= limits.patterns) return undefined;
    const fresh: OpenChange = {
      key: key.isWellFormed() && !key.includes('\0') ? key : clipped(key, key.length),
      text: undefined,
      language: '',
      category: '',
      model: '',
      tenant: '',
      user: undefined,
      hits: 0,
      lastAsked: at,
      textAt: undefined,
    };
    changes.set(key, fresh);
    return fresh;
  }

  return {
    add(event, at) {
      const key = (event.type === 'hit' ? event.entry : undefined) ?? event.key;
      const change = key === undefined ? undefined : changeOf(key, at);
      if (change === undefined) return;
      if (event.type === 'hit') change.hits++;
      // A semantic hit is of an entry that another request stored, with facts of its own.
      if (key !== event.key) return;
      if (event.language !== undefined && event.language !== 'und')
        change.language = cleanName(event.language);
      if (event.category !== undefined) change.category = cleanName(event.category);
      change.model = cleanName(modelOf(event));
      change.tenant = event.tenantDigest ?? '';
      if (event.type !== 'stored') return;
      change.user = event.userDigest;
      change.textAt = at;
    },
    store({ key, meta }, at) {
      const { semanticText, language, category } = meta;
      const change = semanticText === undefined ? undefined : changeOf(key, at);
      if (change === undefined || semanticText === undefined) return;
      change.text = clipped(semanticText, longestText);
      change.language = cleanName(language);
      if (category !== undefined) change.category = cleanName(category);
      change.user = userDigestOf(meta) ?? change.user;
      change.textAt = at;
    },
    take() {
      const taken = [...changes.values()];
      changes = new Map();
      return taken;
    },
  };
}

/** The keyed digest of the user whose answer it is: that of the tag that stores and erasures know it by. */
function userDigestOf({ tags, tagDigests }: Entry['meta']): string | undefined {
  const place = tags.findIndex((tag) => tag.startsWith('user='));
  return place === -1 ? undefined : tagDigests?.[place];
}
