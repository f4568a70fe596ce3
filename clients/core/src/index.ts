/** The client library: what both of our clients, and other people's programs, use to talk to a hub. */
export { askKernel } from './ask-kernel.js';
export type { AskKernel, KernelQuestionName } from './ask-kernel.js';
export { HubClient } from './hub-client.js';
export type { HubClientOptions } from './hub-client.js';
export { notebookUrl, readPastedUrl } from './hub-address.js';
export type { HubAddress, PastedUrl } from './hub-address.js';
export { nameOfText } from './stored-output.js';
export type { ReadStored, SearchStored, StoredName, StoredPart, StoredUrl } from './stored-output.js';
export { playHistory } from './play-history.js';
export type { HistoryStep } from './play-history.js';
export { usageText } from './usage-text.js';
export { versionReason } from './version-text.js';
export { wholeEntries } from './whole-entries.js';
export type { WholeEntries } from './whole-entries.js';
export { queueRulesText } from './queue-rules-text.js';
export { runMove } from './run-moves.js';
export { otherNotebookOf } from './other-notebook.js';
export { CallError, HubError } from './hub-error.js';
export type { HubErrorKind, LocalCallErrorCode } from './hub-error.js';
export { MessageRefused } from './kernel/kernel.js';
export type { ConnectKernel, Kernel, KernelConnectionState, RefusalCode } from './kernel/kernel.js';
export type { KernelStream } from './kernel/kernel-stream.js';
export {
  childOf,
  executionCounts,
  executionErrors,
  inputRequests,
  kernelStatuses,
  ofMessageType,
  outputs,
  payloads,
  updatedOutputs,
  withCommId,
} from './kernel/operators.js';
export type { ExecutionError, InputRequest, Payload, UpdatedOutput } from './kernel/operators.js';
export type { JoinRoom, Room, RoomConnectionState, RoomDocument, RoomState, SharedDocument } from './room.js';
export type {
  ContentsEntry,
  ContentsModel,
  HubStatus,
  KernelModel,
  KernelSpecs,
  SessionModel,
  StopAnswer,
} from './rest-models.js';
