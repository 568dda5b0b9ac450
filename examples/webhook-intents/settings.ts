/** What the application is given: by the environment in `main.ts`, by the test in its own way. */
import type { AskonceModuleOptions } from 'askonce/nestjs';

export interface Settings {
  /** The secret of the Meta app, with which each delivery is signed. */
  readonly appSecret: string;
  /** The text that was entered for the webhook, and that a verification must repeat. */
  readonly verifyToken: string;
  /** A provider that speaks OpenAI's protocol. */
  readonly model: { readonly baseUrl: string; readonly apiKey: string; readonly name: string };
  readonly cache: AskonceModuleOptions;
  /** Messages that may wait for their turn. */
  readonly queueLength: number;
  /** Milliseconds before each further attempt at a message that could not be answered. */
  readonly retryMs: readonly number[];
}

export const settingsToken = Symbol('settings');

/** Sends a reply to a phone number. */
export type Sender = (to: string, text: string) => Promise<void>;

export const senderToken = Symbol('sender');
