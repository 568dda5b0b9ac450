/**
 * Reports on stderr each package that a process loads, once. For `node --import`.
 */
import { registerHooks } from 'node:module';

const reported = new Set();

registerHooks({
  load(url, context, next) {
    const name =
      url
        .split('/node_modules/')
        .at(-1)
        ?.match(/^(?:@[^/]+\/)?[^/]+/)?.[0] ?? '';
    if (url.includes('/node_modules/') && !reported.has(name)) {
      reported.add(name);
      process.stderr.write(`loaded ${name}\n`);
    }
    return next(url, context);
  },
});
