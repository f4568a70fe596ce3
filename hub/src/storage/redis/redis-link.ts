/** What a RedisConnection needs of node-redis: the same of one server (server-link.ts) and of a cluster (cluster-link.ts). */

/** Each is refused at once while the server that it goes to is away. */
export interface RedisSteps {
  evalSha(sha1: string, options: ScriptOptions): Promise<unknown>;
  eval(text: string, options: ScriptOptions): Promise<unknown>;
  hKeys(hash: string): Promise<readonly string[]>;
}

/** Answers of bytes. */
export interface RedisBytes {
  lRange(list: string, from: number, to: number): Promise<readonly Buffer[]>;
  hGet(hash: string, name: string): Promise<Buffer | null>;
}

/** What any server is asked, of whichever keys it has. */
export interface RedisServer {
  ping(): Promise<unknown>;
  configGet(pattern: string): Promise<Readonly<Record<string, string>>>;
  scriptLoad(text: string): Promise<unknown>;
}

interface ScriptOptions {
  /** In a cluster: all of one slot. */
  readonly keys: string[];
  readonly arguments: (string | Buffer)[];
}

export type MessageListener = (message: string) => void;

export interface RedisLinkEvents {
  /** All stands: steps can be done and channels are heard. Those that were listened to before are so again. */
  readonly onReady: () => void;
  /** A part of it does not stand, or not yet; it is being connected again. */
  readonly onBroken: (error: unknown) => void;
}

export interface RedisLink {
  /** For steps on this key, and all with the same tag: they happen in the order in which they were sent. */
  stepsOn(key: string): RedisSteps;
  bytesOf(key: string): RedisBytes;
  /** Begins to connect, and goes on until all stands, now and each time that something broke. */
  start(): void;
  /** All that steps go to. */
  servers(): Promise<readonly RedisServer[]>;
  /** A step was not answered, or refused by a server that can't do it now: looks whether all stands. */
  doubt(error: unknown): void;
  /** Resolves when messages of the channel are heard. */
  listen(channel: string, listener: MessageListener): Promise<void>;
  unlisten(channel: string, listener: MessageListener): Promise<void>;
  /** Ends all at once; called once. */
  close(): void;
}

/** How clients connect, again and again: soon at first, and never so long apart that a person would wonder. */
export const reconnecting = {
  connectTimeout: 5_000,
  reconnectStrategy: (retries: number): number => Math.min(50 * 2 ** retries, 2_000),
};

/** How often a server is asked whether it is there while nothing is under way. */
export const PING_INTERVAL_MS = 5_000;

/** RedisConnection limits each step itself; node-redis's own limit, of what was not sent yet, costs as much as the step. */
export const commandOptions = { timeout: 0 };
