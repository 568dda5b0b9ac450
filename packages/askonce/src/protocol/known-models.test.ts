import { describe, expect, it } from 'vitest';
import { areDifferentModels } from './known-models.ts';

describe('known models', () => {
  it.each([
    ['gpt-4o', 'gpt-4o-mini'],
    ['gpt-4o', 'gpt-4o-mini-2024-07-18'],
    ['gpt-4o-2024-08-06', 'gpt-4.1-2025-04-14'],
    ['gpt-4', 'gpt-3.5-turbo-0125'],
    ['gpt-4-turbo-preview', 'gpt-4-0613'],
    ['openai/gpt-4o', 'openai/gpt-4o-mini'],
    ['gpt-4o', 'openai/gpt-4o-mini'],
    ['openai/gpt-4o:free', 'anthropic/claude-3.5-sonnet'],
    ['claude-3-5-sonnet-latest', 'claude-3-5-haiku-20241022'],
    ['claude-opus-4-1-20250805', 'claude-opus-4-20250514'],
    ['anthropic/claude-sonnet-4.5', 'anthropic/claude-4-sonnet-20250522'],
    ['us.anthropic.claude-3-5-sonnet-20241022-v2:0', 'anthropic.claude-3-haiku-20240307-v1:0'],
    ['models/gemini-2.5-pro', 'gemini-2.5-flash-preview-05-20'],
    ['gemini-1.5-pro-002', 'gemini-1.5-flash-001'],
    ['mistral-large-latest', 'mistral-small-2409'],
    ['command-r-plus-08-2024', 'command-r-08-2024'],
    ['grok-3-mini-beta', 'grok-3-latest'],
    ['text-embedding-3-large', 'text-embedding-3-small'],
    ['text-embedding-3-small', 'text-embedding-ada-002'],
  ])('%s and %s are different models', (asked, answered) => {
    expect(areDifferentModels(asked, answered)).toBe(true);
    expect(areDifferentModels(answered, asked)).toBe(true);
  });

  it.each([
    ['gpt-4', 'gpt-4-0613'],
    ['gpt-4-turbo-preview', 'gpt-4-0125-preview'],
    ['gpt-4-turbo', 'gpt-4-turbo-2024-04-09'],
    ['gpt-3.5-turbo-instruct', 'gpt-3.5-turbo-instruct:20230824-v2'],
    ['gpt-4o', 'GPT-4o-2024-11-20'],
    ['openai/gpt-4o', 'gpt-4o-2024-08-06'],
    ['claude-3-5-sonnet-latest', 'claude-3-5-sonnet-20241022'],
    ['anthropic/claude-3.5-sonnet', 'claude-3-5-sonnet@20241022'],
    ['claude-sonnet-4-0', 'claude-sonnet-4-20250514'],
    ['anthropic/claude-sonnet-4', 'anthropic/claude-4-sonnet-20250522'],
    ['anthropic/claude-3.7-sonnet:thinking', 'claude-3-7-sonnet-20250219'],
    ['bedrock/us.anthropic.claude-3-5-sonnet-20241022-v2:0', 'claude-3-5-sonnet-latest'],
    ['gemini-1.5-pro-latest', 'gemini-1.5-pro-002'],
    ['models/gemini-2.5-flash', 'gemini-2.5-flash-preview-04-17'],
    ['mistral-large-latest', 'mistral-large-2411'],
    ['qwen-plus-latest', 'qwen-plus-2025-04-28'],
    ['grok-4', 'grok-4-0709'],
    ['o1-preview', 'o1-2024-12-17'],
  ])('%s and %s are one model under two names', (asked, answered) => {
    expect(areDifferentModels(asked, answered)).toBe(false);
    expect(areDifferentModels(answered, asked)).toBe(false);
  });

  it.each([
    ['my-deployment', 'gpt-4o'],
    ['fast', 'gpt-4o-mini'],
    ['gpt-4o', 'accounts/acme/models/llama'],
    ['gpt-4o', 'gpt-6'],
    ['gpt-4o-audio-preview', 'gpt-4o'],
    ['chatgpt-4o-latest', 'gpt-4o'],
    ['ft:gpt-4o-mini-2024-07-18:acme::abc', 'gpt-4o'],
    ['openrouter/auto', 'openai/gpt-4o'],
    ['claude-3-5-haiku-latest', 'gpt-4o-mini'],
    ['deepseek-reasoner', 'deepseek-chat'],
    ['', 'gpt-4o'],
  ])('an alias, a deployment or an unknown name is no other model: %s and %s', (asked, answered) => {
    expect(areDifferentModels(asked, answered)).toBe(false);
    expect(areDifferentModels(answered, asked)).toBe(false);
  });
});
