/** Where the file of an open notebook is, and which file it is: watched there, and followed when another program moves it. */
import { DiskWatch } from './disk-watch.js';
import { type FileIdentity, identityOf } from './moved-file.js';

export interface FilePlaceOptions {
  /** Links resolved. */
  readonly absolute: string;
  /** Where the file is now (absolute), when it was moved to where nobody has another notebook open. */
  readonly followMoved: (file: FileIdentity) => Promise<string | null>;
  readonly onMaybeChanged: () => void;
  readonly onError: (error: unknown) => void;
}

/** For file systems that tell nothing. */
const LOOK_EVERY_MS = 10_000;

export class FilePlace {
  /** Of the file as it was last seen there; null: it never was. */
  identity: FileIdentity | null = null;
  private place: string;
  private watch: DiskWatch | null = null;
  private stopped = false;

  constructor(private readonly options: FilePlaceOptions) {
    this.place = options.absolute;
  }

  get absolute(): string {
    return this.place;
  }

  /** Resolves when every change from now on is seen. */
  async start(): Promise<void> {
    this.watch?.stop();
    if (this.stopped) return;
    const { onMaybeChanged, onError } = this.options;
    this.watch = new DiskWatch({ path: this.place, everyMs: LOOK_EVERY_MS, onMaybeChanged, onError });
    await this.watch.start();
  }

  /** Can be called twice. */
  stop(): void {
    this.stopped = true;
    this.watch?.stop();
    this.watch = null;
  }

  /** The hub moves the file by itself: `move` does it, and answers its absolute path. */
  async moveBy(move: () => Promise<string>): Promise<void> {
    this.place = await move();
    this.identity = await identityOf(this.place);
    await this.start();
  }

  /** To where it was moved, also when another has its place; false when it is nowhere, as it is when it was replaced. */
  async follow(): Promise<boolean> {
    const moved = this.identity === null ? null : await this.options.followMoved(this.identity);
    if (moved === null) return false;
    this.place = moved;
    await this.start();
    return true;
  }
}
