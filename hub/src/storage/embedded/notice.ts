/** What a person should know about a store: something was damaged, put aside or rebuilt. The hub logs and shows it. */
export interface StoreNotice {
  readonly level: 'warning' | 'error';
  /** Stable, for programs. */
  readonly code: 'queueRebuilt' | 'fileIndexRebuilt' | 'kernelUsesRebuilt' | 'tornTail' | 'outputReferences';
  readonly message: string;
}

export type NoticeListener = (notice: StoreNotice) => void;
