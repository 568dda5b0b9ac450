/**
 * Tasks that one process does at a time, for all. The right to one is a row with an instant, by the database's clock: a lock
 * of the session would be lost behind a pooler, and one of a transaction would hold back the server's own clean-up.
 */
import type { Run } from '../../postgres/connections.ts';
import { type IndexTables, instant } from './tables.ts';

export interface Tasks {
  /** The instant of the database's clock, in ms since the epoch. */
  now(run: Run): Promise<number>;
  /** When the last completed run of a task began, by the database's clock; 0 if there was none. */
  completed(run: Run, name: string): Promise<number>;
  /** Takes a task, or renews the right to it, for some seconds; false if another process has it. */
  take(run: Run, name: string): Promise<boolean>;
  /** Notes that a run begins, which must be held. */
  begin(run: Run, name: string): Promise<void>;
  /** Gives a task back, completed or not. */
  end(run: Run, name: string, isCompleted: boolean): Promise<void>;
}

/** A process that has died loses its tasks after so long. */
const heldMs = 30_000;

/** @param holder random name of this process */
export function tasksIn({ tasks }: Pick<IndexTables, 'tasks'>, holder: string): Tasks {
  return {
    async now(run) {
      const [[now] = []] = await run(`SELECT ${instant}`);
      return Number(now);
    },
    async completed(run, name) {
      const [[completed] = []] = await run(`SELECT completed FROM ${tasks} WHERE name = $1`, [name]);
      return Number(completed ?? 0);
    },
    async take(run, name) {
      const taken = await run(
        `INSERT INTO ${tasks} AS present (name, holder, held_until) VALUES ($1, $2, ${instant} + ${heldMs})
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
         WHERE present.holder = excluded.holder OR present.held_until < ${instant} RETURNING 1`,
        [name, holder],
      );
      return taken.length > 0;
    },
    async begin(run, name) {
      await run(`UPDATE ${tasks} SET began = ${instant} WHERE name = $1 AND holder = $2`, [name, holder]);
    },
    async end(run, name, isCompleted) {
      const completed = isCompleted ? ', completed = began' : '';
      await run(`UPDATE ${tasks} SET held_until = 0${completed} WHERE name = $1 AND holder = $2`, [
        name,
        holder,
      ]);
    },
  };
}
