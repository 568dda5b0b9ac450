import { describe, expect, it } from 'vitest';
import type { Settings } from '../settings/table.ts';
import { type GateEvidence, type GateRefusal, refusal } from './write-gate.ts';

const good: GateEvidence = {
  status: 200,
  finish: 'natural',
  empty: false,
  toolCalls: 'none',
  formAsAsked: true,
  confidence: undefined,
};
const finishes = ['length', 'filtered', 'refused', 'paused', 'failed', 'incomplete', 'unreadable'] as const;
const all: Settings['gateOff'] = ['natural-finish', 'non-empty', 'valid-tool-calls'];
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
  ])('lets %s pass', (_what, evidence) => {
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
    [{ confidence: 0.6999 }, 'confidence'],
    [{ confidence: 0 }, 'confidence'],
    [{ confidence: Number.NaN }, 'confidence'],
  ])('refuses %o as %s', (evidence, reason) => {
    expect(refusedWith(evidence)).toBe(reason);
  });

  it.each<[Settings['gateOff'][number], Partial<GateEvidence>]>([
    ['natural-finish', { finish: 'length' }],
    ['natural-finish', { finish: 'filtered' }],
    ['natural-finish', { finish: 'refused' }],
    ['natural-finish', { finish: 'paused' }],
    ['non-empty', { empty: true }],
    ['valid-tool-calls', { toolCalls: 'invalid' }],
  ])('without the rule %s lets %o pass, and with the others alone does not', (rule, evidence) => {
    expect(refusedWith(evidence, [rule])).toBeUndefined();
    expect(
      refusedWith(
        evidence,
        all.filter((other) => other !== rule),
      ),
    ).toBeDefined();
  });

  it.each<Partial<GateEvidence>>([
    { status: 500 },
    { formAsAsked: false },
    { finish: 'failed' },
    { finish: 'incomplete' },
    { finish: 'unreadable' },
    { confidence: 0.1 },
  ])('with every rule off still refuses %o', (evidence) => {
    expect(refusedWith(evidence, all)).toBeDefined();
  });

  it('asks no confidence where the settings ask none', () => {
    expect(refusedWith({ confidence: 0 }, [], 0)).toBeUndefined();
  });
});
