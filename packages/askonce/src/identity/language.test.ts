import { describe, expect, it, vi } from 'vitest';
import { chatRequest, type Identifying, identityOf } from '../../../../test/support/identify.ts';
import type { Identity } from './identify.ts';
import { detectLanguage } from './language/detect.ts';
import type { CallerContext } from './request.ts';

vi.mock('./language/detect.ts', async (load) => {
  const real = await load<typeof import('./language/detect.ts')>();
  return { ...real, detectLanguage: vi.fn(real.detectLanguage) };
});

function asked(
  content: unknown,
  context: CallerContext = {},
  settings: Identifying['settings'] = {},
): Identity {
  const messages = [
    { role: 'system', content: 'Sé breve, café.' },
    { role: 'user', content },
  ];
  return identityOf(chatRequest({ model: 'm', messages }, { context }), { settings });
}

const spanish = '¿Dónde está mi pedido?';

describe('where the caller names no language', () => {
  it('a language that the caller does not name is detected once, on demand, for tags and text only', () => {
    vi.mocked(detectLanguage).mockClear();
    const identity = asked(spanish);
    expect(identity.language).toBe('und');
    expect(identity.key).toContain(':und:');
    expect(detectLanguage).not.toHaveBeenCalled();
    expect(identity.detectedLanguage()).toBe('es');
    expect(identity.tags()).toEqual(['endpoint=/chat/completions', 'model=m', 'lang=es']);
    expect(identity.tagDigests()).toHaveLength(3);
    expect(identity.semanticText).toBe('Donde esta mi pedido?');
    expect(identity.questionText).toBe(spanish);
    expect(detectLanguage).toHaveBeenCalledTimes(1);
  });

  it('reports have the language as far as it is known, and detect nothing for it', () => {
    vi.mocked(detectLanguage).mockClear();
    const [one, other] = [asked(spanish), asked(spanish)];
    expect(one.knownLanguage).toBe('und');
    expect(detectLanguage).not.toHaveBeenCalled();
    one.detectedLanguage();
    expect(one.knownLanguage).toBe('es');
    other.learnLanguage(one.knownLanguage);
    expect([other.knownLanguage, other.detectedLanguage()]).toEqual(['es', 'es']);
    expect(detectLanguage).toHaveBeenCalledTimes(1);
    const named = asked(spanish, { language: 'pt' });
    named.learnLanguage('es');
    expect(named.knownLanguage).toBe('pt');
  });

  it('the key of a question is the same with detection as without', () => {
    const without = asked(spanish, {}, { detectLanguage: false });
    expect(asked(spanish).key).toBe(without.key);
    expect(without.tags()).toEqual(['endpoint=/chat/completions', 'model=m', 'lang=und']);
    expect(without.semanticText).toBe(spanish);
  });

  it('a question that is not only text has no detected language', () => {
    const image = [{ type: 'image_url', image_url: { url: 'https://a/b.png' } }];
    const identity = asked(image);
    expect(identity.detectedLanguage()).toBe('und');
    expect(identity.tags()).toEqual(['endpoint=/chat/completions', 'model=m', 'lang=und']);
    expect(identity.semanticText).toBe(undefined);
  });
});

it('a language that the caller names is taken as it is, and has entries of its own', () => {
  vi.mocked(detectLanguage).mockClear();
  const identity = asked(spanish, { language: 'PT-br' });
  expect(identity.detectedLanguage()).toBe('pt-br');
  expect(identity.tags()).toEqual(['endpoint=/chat/completions', 'model=m', 'lang=pt-br']);
  expect(detectLanguage).not.toHaveBeenCalled();
  expect(identity.key).not.toBe(asked(spanish, { language: 'es' }).key);
});

describe('two spellings of a question', () => {
  const spellings = [
    [{ language: 'es' }, spanish, 'Donde esta mi pedido?'],
    [{ language: 'pt' }, 'A situação econômica', 'A situacao económica'],
    [{ language: 'ru' }, 'Где ёлка?', 'Где елка?'],
    [{ language: 'he' }, 'שָׁלוֹם', 'שלום'],
    [{ language: 'en' }, 'What’s new?', "What's new?"],
    [{}, 'Где ёлка?', 'Где елка?'],
    [{}, 'שָׁלוֹם', 'שלום'],
  ] as const;

  it.each(spellings)(
    'two spellings are one question with `normalizeText`, and two without (%j)',
    (context, one, other) => {
      const settings = { normalizeText: true };
      const [first, second] = [asked(one, context, settings), asked(other, context, settings)];
      expect(first.key).toBe(second.key);
      expect(first.fields()).toEqual(second.fields());
      expect(asked(one, context).key).not.toBe(asked(other, context).key);
      expect(asked(one, context).fields()['messages']).not.toBe(asked(other, context).fields()['messages']);
    },
  );

  it('two spellings are two questions if only the rules of a language that the caller does not name make them equal', () => {
    const settings = { normalizeText: true };
    expect(asked(spanish, {}, settings).key).not.toBe(asked('Donde esta mi pedido?', {}, settings).key);
  });

  it('two spellings are two questions in an earlier turn, and under different languages', () => {
    const settings = { normalizeText: true };
    const turns = (first: string, language: string) =>
      identityOf(
        chatRequest(
          {
            model: 'm',
            messages: [
              { role: 'user', content: first },
              { role: 'assistant', content: 'Sí.' },
              { role: 'user', content: 'Cómo?' },
            ],
          },
          { context: { language } },
        ),
        { settings },
      ).key;
    expect(turns(spanish, 'es')).not.toBe(turns('Donde esta mi pedido?', 'es'));
    expect(turns(spanish, 'es')).toBe(turns(spanish, 'ES'));
    expect(turns(spanish, 'es')).not.toBe(turns(spanish, 'pt'));
  });

  it('long questions count by the digest of their one spelling', () => {
    const settings = { normalizeText: true };
    const [one, other] = ['é'.repeat(2000), 'é'.repeat(2000).normalize('NFD')].map(
      (word) => asked(`¿${word}n?`, { language: 'es' }, settings).key,
    );
    expect(one).toBe(other);
    expect(asked(`${'e'.repeat(2000)}n?`, { language: 'es' }, settings).key).toBe(one);
  });
});
