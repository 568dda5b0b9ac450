import { describe, expect, it } from 'vitest';
import type { Settings } from '../settings/table.ts';
import { type GateEvidence, type GateRefusal, refusal, statedConfidence } from './gate.ts';

const good: GateEvidence = {
  status: 200,
  finish: 'natural',
  empty: false,
  toolCalls: 'none',
  formAsAsked: true,
  confidence: undefined,
};
const finishes = ['length', 'filtered', 'refused', 'paused', 'failed', 'incomplete', 'unreadable'] as const;
const all: Settings['gateOff'] = [
  'natural-finish',
  'non-empty',
  'valid-tool-calls',
  'fitting-json',
  'no-fallback',
  'same-model',
];
const refusedWith = (
  evidence: Partial<GateEvidence>,
  gateOff: Settings['gateOff'] = [],
  minConfidence = 0.7,
) => refusal({ ...good, ...evidence }, { gateOff, minConfidence });

describe('the write gate', () => {
  it.each<[string, Partial<GateEvidence>]>([
    ['a complete, successful, natural answer', {}],
    ['any success', { status: 299 }],
    ['readable tool calls', { toolCalls: 'valid' }],
    ['just enough confidence', { confidence: 0.7 }],
    [
      'an answer of the model that was asked',
      { isFallback: false, isOtherModel: false, notAsAsked: undefined },
    ],
  ])('the write gate lets %s pass', (_what, evidence) => {
    expect(refusedWith(evidence)).toBeUndefined();
  });

  it.each<[Partial<GateEvidence>, GateRefusal]>([
    [{ status: 199 }, 'status'],
    [{ status: 300 }, 'status'],
    [{ status: 401 }, 'status'],
    [{ status: 500, finish: 'failed', formAsAsked: false }, 'status'],
    [{ formAsAsked: false }, 'other-form'],
    ...finishes.map((finish): [Partial<GateEvidence>, GateRefusal] => [{ finish }, finish]),
    [{ empty: true }, 'empty'],
    [{ toolCalls: 'invalid' }, 'tool-calls'],
    [{ notAsAsked: 'not-json' }, 'not-json'],
    [{ notAsAsked: 'schema' }, 'schema'],
    [{ isFallback: true, isOtherModel: true }, 'fallback'],
    [{ isOtherModel: true, notAsAsked: 'schema' }, 'other-model'],
    [{ confidence: 0.6999 }, 'confidence'],
    [{ confidence: 0 }, 'confidence'],
    [{ confidence: Number.NaN }, 'confidence'],
  ])('the write gate refuses %o as %s', (evidence, reason) => {
    expect(refusedWith(evidence)).toBe(reason);
  });

  it.each<[Settings['gateOff'][number], Partial<GateEvidence>]>([
    ['natural-finish', { finish: 'length' }],
    ['natural-finish', { finish: 'filtered' }],
    ['natural-finish', { finish: 'refused' }],
    ['natural-finish', { finish: 'paused' }],
    ['non-empty', { empty: true }],
    ['valid-tool-calls', { toolCalls: 'invalid' }],
    ['fitting-json', { notAsAsked: 'not-json' }],
    ['fitting-json', { notAsAsked: 'schema' }],
    ['no-fallback', { isFallback: true }],
    ['same-model', { isOtherModel: true }],
  ])(
    'the write gate without the rule %s lets %o pass, and with the other rules alone does not',
    (rule, evidence) => {
      expect(refusedWith(evidence, [rule])).toBeUndefined();
      expect(
        refusedWith(
          evidence,
          all.filter((other) => other !== rule),
        ),
      ).toBeDefined();
    },
  );

  it.each<Partial<GateEvidence>>([
    { status: 500 },
    { formAsAsked: false },
    { finish: 'failed' },
    { finish: 'incomplete' },
    { finish: 'unreadable' },
    { confidence: 0.1 },
  ])('the write gate with every rule off still refuses %o', (evidence) => {
    expect(refusedWith(evidence, all)).toBeDefined();
  });

  it('without a minimum in the settings, no confidence is too low', () => {
    expect(refusedWith({ confidence: 0 }, [], 0)).toBeUndefined();
  });
});

const message = (content: string) => ({ choices: [{ message: { content } }] });

describe('the confidence that an answer states', () => {
  it.each<[string, Parameters<typeof statedConfidence>[0], string, number]>([
    ['in the answer itself', { confidence: 0.9 }, '/confidence', 0.9],
    ['at the ends of the scale', { low: 0, high: 1 }, '/low', 0],
    ['in a list', { scores: [0.1, 0.2] }, '/scores/1', 0.2],
    [
      'inside a text that is JSON',
      message('{"intent":"greet","confidence":0.4}'),
      '/choices/0/message/content/confidence',
      0.4,
    ],
    ['inside such a text twice', { a: JSON.stringify({ b: JSON.stringify({ c: 0.3 }) }) }, '/a/b/c', 0.3],
    ['as a text that is a number', message('0.75'), '/choices/0/message/content', 0.75],
    ['under a name with a slash', { 'a/b': 0.5 }, '/a~1b', 0.5],
    ['under a name with a tilde', { 'a~b': 0.5 }, '/a~0b', 0.5],
    ['under a name that looks escaped', { 'a~1b': 0.5 }, '/a~01b', 0.5],
    ['under no name', { '': 0.5 }, '/', 0.5],
    ['under a number as a name', { 0: 0.5 }, '/0', 0.5],
  ])('a stated confidence is found %s', (_where, answer, pointer, confidence) => {
    expect(statedConfidence(answer, pointer)).toBe(confidence);
  });

  it.each<[string, Parameters<typeof statedConfidence>[0]]>([
    ['there is no answer', undefined],
    ['nothing is there', { other: 0.9 }],
    ['it is above 1', { confidence: 1.1 }],
    ['it is below 0', { confidence: -0.1 }],
    ['it is a percentage', { confidence: '90%' }],
    ['it is a word', { confidence: 'high' }],
    ['it is null', { confidence: null }],
    ['it is true', { confidence: true }],
    ['it is a list of one', { confidence: [0.9] }],
    ['the answer is a text that is no JSON', 'confidence 0.9'],
    ['the answer is a list', [0.9]],
  ])('an answer states no confidence when %s', (_why, answer) => {
    expect(statedConfidence(answer, '/confidence')).toBeUndefined();
  });

  it.each(['/00', '/-', '/1e0', '/01', '/length', '/2'])(
    'the pointer %s names no place in a list',
    (pointer) => {
      expect(statedConfidence([0.5, 0.5], pointer)).toBeUndefined();
    },
  );

  it('a property that every object inherits is no confidence', () => {
    expect(statedConfidence({}, '/constructor/length')).toBeUndefined();
    expect(statedConfidence({}, '/__proto__')).toBeUndefined();
  });
});
