import { describe, expect, it } from 'vitest';
import { inputOf } from './input.ts';

const asked = (args: readonly unknown[], text?: string | number) =>
  JSON.stringify(inputOf('Guests.find', args, { text }, undefined));

class Guest {
  readonly name = 'Ann';
}

class Money {
  toJSON() {
    return '1970-01-01T00:00:00.000Z';
  }
}

describe("the question of a method's arguments", () => {
  it('values that JSON has not are no data that is written alike', () => {
    const questions = [
      [new Date(0)],
      ['1970-01-01T00:00:00.000Z'],
      [new Money()],
      [1n],
      ['1'],
      [1],
      [{ bigint: '1' }],
      [{ $askonce: ['bigint', '1'] }],
      [{ $askonce: ['object', { $askonce: ['bigint', '1'] }] }],
      [null, 1],
      [undefined, 1],
      [[undefined]],
      [[null]],
      [{ at: new Date(0) }],
      [{ at: '1970-01-01T00:00:00.000Z' }],
    ];
    expect(new Set(questions.map((args) => asked(args))).size).toBe(questions.length);
    expect(asked([new Date(0)])).toBe(asked([new Date(0)]));
  });

  it('an object of a class counts by its properties, and an absent argument equals undefined at the end', () => {
    expect(asked([new Guest()])).toBe(asked([{ name: 'Ann' }]));
    expect(asked(['a', undefined])).toBe(asked(['a']));
    expect(asked([{ a: 1, b: undefined }])).toBe(asked([{ a: 1 }]));
  });

  it('arguments besides the one with the text are no properties of it', () => {
    const questions = [
      [{ q: 'a' }],
      [{ q: 'a' }, 1],
      [{ q: 'a', $askonce: ['and', 1] }],
      [{ q: 'a', ' others': [1] }],
      [['a'], 1],
      [{ 0: 'a' }, 1],
      [{ q: 'a' }, [1]],
    ];
    expect(new Set(questions.map((args) => asked(args, 'q'))).size).toBe(questions.length);
  });

  it.each<[string, unknown]>([
    ['a property whose name is a symbol', { age: { [Symbol('over')]: 60 } }],
    ['a property that is not enumerable', Object.defineProperty({ id: 1 }, 'tenant', { value: 'a' })],
    ['a list with more than its items', Object.assign([1], { index: 7 })],
    ['a list with an empty place', new Array(1)],
    ['a function within an object', { id: 1, map: () => 1 }],
    ['a function within an object of a class', Object.assign(new Guest(), { map: () => 1 })],
    ['a function', () => 1],
    ['a map', new Map([[1, 2]])],
    ['bytes', new Uint8Array(1)],
    ['no number', Number.NaN],
  ])('%s is refused', (_what, argument) => {
    expect(() => asked([argument])).toThrow('Guests.find is not JSON');
    expect(() => asked([[{ argument }]])).toThrow('Guests.find is not JSON');
  });
});
