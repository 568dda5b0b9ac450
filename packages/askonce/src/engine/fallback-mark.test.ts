import { describe, expect, it } from 'vitest';
import { librarySettings } from '../settings/read.ts';
import { fallbackMark } from './fallback-mark.ts';

const isFallback = fallbackMark(librarySettings().fallbackHeaders);

describe('the headers of a fallback', () => {
  it.each<[string, string | readonly string[]]>([
    ['x-litellm-attempted-fallbacks', '1'],
    ['x-litellm-attempted-fallbacks', 'True'],
    ['helicone-fallback-index', '2'],
    ['cf-aig-step', '1'],
    ['x-bifrost-fallback-index', '1'],
    ['x-bifrost-routing-info-is-fallback', 'true'],
    ['x-portkey-last-used-option-index', 'config.targets[1]'],
    ['x-portkey-last-used-option-index', 'config.targets[0].targets[2]'],
    ['x-fallback-used', 'true'],
    ['x-ai-gateway-fallback-used', ['false', 'true']],
    ['x-nexus-fallback-model', 'gpt-4o-mini'],
    ['cache-status', 'askonce; fwd=miss; detail="fallback"'],
    ['cache-status', ['other; hit', 'askonce; fwd=miss; detail="fallback"']],
  ])('the header %s with the value %s marks an answer as a fallback’s', (name, value) => {
    expect(isFallback({ 'content-type': 'application/json', [name]: value })).toBe(true);
  });

  it.each<[string, string]>([
    ['x-litellm-attempted-fallbacks', '0'],
    ['x-litellm-attempted-fallbacks', ''],
    ['x-litellm-attempted-retries', '2'],
    ['x-litellm-max-fallbacks', '3'],
    ['helicone-fallback-index', '0'],
    ['cf-aig-step', '0'],
    ['x-bifrost-routing-info-is-fallback', 'false'],
    ['x-portkey-last-used-option-index', 'config'],
    ['x-portkey-last-used-option-index', 'config.targets[0]'],
    ['x-portkey-retry-attempt-count', '1'],
    ['x-fallback-used', 'no'],
    ['x-nexus-fallback-model', 'none'],
    ['cache-status', 'askonce; hit; ttl=60; detail="memory"'],
    ['content-type', 'application/json'],
  ])('the header %s with the value %s marks none', (name, value) => {
    expect(isFallback({ [name]: value })).toBe(false);
  });

  it('the settings name the headers, in any case', () => {
    const isMarked = fallbackMark(['X-Spare']);
    expect(isMarked({ 'x-spare': 'yes' })).toBe(true);
    expect(isMarked({ 'x-litellm-attempted-fallbacks': '1' })).toBe(false);
    expect(fallbackMark([])({ 'x-spare': 'yes' })).toBe(false);
  });
});
