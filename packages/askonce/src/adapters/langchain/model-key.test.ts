import { describe, expect, it } from 'vitest';
import { countedKey, isChat, isLossy, modelIn } from './model-key.ts';

const key = '_model:"base_chat_model",_type:"openai",model:"gpt",model_name:"gpt-4o",temperature:0.5';

describe('the key of a model', () => {
  it('a signal and the way of asking do not count', () => {
    const more = `${key.replace('temperature', 'signal:{},stream:true,stream_options:{"include_usage":true},temperature')}`;
    expect(countedKey(more)).toBe(key);
  });

  it('a text that looks like a parameter counts', () => {
    const stop = 'stop:["a,signal:{},b","\\",stream:true,"],tools:[{"name":"x,stream:1"}]';
    expect(countedKey(stop)).toBe(stop);
  });

  it('the model is the one that the key names', () => {
    expect(modelIn(key)).toBe('gpt-4o');
    expect(modelIn('model:"a"')).toBe('a');
    expect([
      modelIn(''),
      modelIn('model:undefined'),
      modelIn('model:3'),
      modelIn('stop:["model:1"]'),
    ]).toEqual(Array(4).fill(undefined));
  });

  it('is lossy with what is left of a tool or a schema that is an object, and with no text that looks like it', () => {
    const tool = '{"lc":1,"type":"not_implemented","id":["langchain","tools","DynamicStructuredTool"]}';
    const zod =
      '{"def":{"type":"object","shape":{"a":{"def":{"type":"string"},"type":"string"}}},"type":"object"}';
    const olderZod = '{"_def":{"unknownKeys":"strip","typeName":"ZodObject"},"_cached":null}';
    const standard = '{"kind":"schema","~standard":{"version":1,"vendor":"valibot"}}';
    for (const object of [tool, zod, olderZod, standard])
      expect([
        isLossy(`${key},tools:[{"name":"a","schema":${object}}]`),
        isLossy(`${key},response_format:{"json_schema":{"schema":${object}}}`),
        isLossy(`ls_structured_output_format:{"schema":{}},response_format:{"json_schema":${object}}`),
        isLossy(`ls_structured_output_format:{"schema":{}},tools:[${object}]`),
        isLossy(`${key},stop:[${JSON.stringify(object)}]`),
      ]).toEqual([true, true, false, true, false]);
    const properties = '{"type":"object","properties":{"def":{"type":"object"},"_def":{"type":"string"}}}';
    expect(isLossy(`${key},tools:[{"name":"a","input_schema":${properties}}]`)).toBe(false);
  });

  it('only a chat model has prompts of turns', () => {
    expect([isChat(key), isChat('_model:"base_llm"'), isChat('stop:["_model:"]')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
