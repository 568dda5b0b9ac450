/** The messages between a shared thread and the one that started it, each of which belongs to a channel. */

/** What a program has in its thread. */
export interface Port<Received, Sent> {
  /** `transfer` is handed over rather than copied. */
  send(message: Sent, transfer?: readonly ArrayBuffer[]): void;
  /** Sets the listener. Messages that came before wait for it. */
  onMessage(listener: (message: Received) => void): void;
  /** Ends the program: what is sent to it from now on is dropped. */
  close(): void;
}

/** What the module of a program exports as `run`. If it throws, its channel ends; an error later ends the whole thread. */
export type Program<Settings, Received, Sent> = (settings: Settings, port: Port<Received, Sent>) => void;

export type ToThread =
  | { readonly type: 'start'; readonly channel: number; readonly program: string; readonly settings: unknown }
  | { readonly type: 'message'; readonly channel: number; readonly message: unknown }
  /** No program runs any more, and none will. */
  | { readonly type: 'end' };

export type FromThread =
  | { readonly type: 'message'; readonly channel: number; readonly message: unknown }
  /** `failure`: why the program could not be started. */
  | { readonly type: 'ended'; readonly channel: number; readonly failure?: string | undefined };
