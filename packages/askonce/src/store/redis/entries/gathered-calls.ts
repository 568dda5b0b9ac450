/**
 * Sends the calls of one turn of the event loop as one command: most of a call's cost to this process, and to the server,
 * is the command, not what it carries.
 */
import { isCluster, isReplyError } from '../server/client.ts';
import type { RedisConnection } from '../server/connection.ts';
import { unforeseen } from '../server/replies.ts';

export interface GatheredCallsOptions<Call, Answer> {
  readonly connection: RedisConnection;
  /** Most calls in one command, whose reply comes with its last answer. */
  readonly atOnce: number;
  /** Sends at the end of the work in progress, rather than of the turn: before any call that is not prompt. */
  readonly isPrompt?: boolean | undefined;
  /** Makes the calls; one answer for each, in order. */
  readonly run: (calls: readonly Call[]) => Promise<readonly Answer[]>;
}

interface Waiting<Call, Answer> {
  readonly call: Call;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Bytes after which a command is sent without waiting for more calls. */
const bytesAtOnce = 65_536;

export class GatheredCalls<Call, Answer> {
  readonly #options: GatheredCallsOptions<Call, Answer>;
  #waiting: Waiting<Call, Answer>[] = [];
  #waitingBytes = 0;
  #isAlarmed = false;
  /** True for a Cluster behind a proxy that looks like one server: it takes no script across slots. */
  #refusesSlots = false;

  constructor(options: GatheredCallsOptions<Call, Answer>) {
    this.#options = options;
  }

  /** @param bytes what the call carries. */
  make(call: Call, bytes = 0): Promise<Answer> {
    const { connection, atOnce } = this.#options;
    if (this.#refusesSlots || isCluster(connection.client)) return this.#alone(call);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      this.#waitingBytes += bytes;
      if (this.#waiting.length === atOnce || this.#waitingBytes >= bytesAtOnce) this.send();
      else if (!this.#isAlarmed) {
        this.#isAlarmed = true;
        if (this.#options.isPrompt) process.nextTick(this.#turned);
        else setImmediate(this.#turned);
      }
    });
  }

  readonly #turned = (): void => {
    this.#isAlarmed = false;
    this.send();
  };

  /** Sends what waits at once: what is sent after it must reach the server after it. */
  send(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#options.run(waiting.map(({ call }) => call)).then(
      (answers) => {
        for (const [index, { resolve, reject }] of waiting.entries()) {
          const answer = answers[index];
          if (answer === undefined) reject(new Error('a reply is missing'));
          else resolve(answer);
        }
      },
      (error) => {
        if (isReplyError(error, 'CROSSSLOT') && waiting.length > 1) {
          this.#refusesSlots = true;
          for (const { call, resolve, reject } of waiting) this.#alone(call).then(resolve, reject);
        } else for (const { reject } of waiting) reject(error);
      },
    );
  }

  async #alone(call: Call): Promise<Answer> {
    const [answer] = await this.#options.run([call]);
    return answer ?? unforeseen();
  }
}
