/**
 * `askonce explain`: explains a request that is read from standard input.
 */
import { text } from 'node:stream/consumers';
import { type ArgsDef, defineCommand } from 'citty';

export const explainArguments = {
  config: { type: 'string', valueHint: 'FILE', description: 'Settings file, YAML or JSON (ASKONCE_CONFIG)' },
} as const satisfies ArgsDef;

export const explain = defineCommand({
  meta: {
    name: 'askonce explain',
    description:
      'Explain a request, given as JSON on standard input ({"path", "headers", "body"}): its entry, the nearest stored questions, and what keeps each from being served. Asks the gateway that runs with these settings, else opens the data folder. Calls no provider.',
  },
  args: explainArguments,
  async run({ args: { config } }) {
    // Loaded here alone: a gateway must not hold what only this command needs.
    const { explain: explained } = await import('../explain/explain.ts');
    const request = await text(process.stdin);
    const { by, explanation } = await explained({ text: request, config, environment: process.env });
    process.stderr.write(`explained by ${by}\n`);
    process.stdout.write(`${JSON.stringify(explanation, undefined, 2)}\n`);
  },
});
