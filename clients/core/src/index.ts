/** The client library: what both of our clients, and other people's programs, use to talk to a hub. */
export { HubClient } from './hub-client.js';
export type { HubClientOptions } from './hub-client.js';
export { notebookUrl, readPastedUrl } from './hub-address.js';
export type { HubAddress, PastedUrl } from './hub-address.js';
export { CallError, HubError } from './hub-error.js';
export type { HubErrorKind, LocalCallErrorCode } from './hub-error.js';
export type { JoinRoom, Room, RoomConnectionState, RoomDocument, RoomState, SharedDocument } from './room.js';
export type { ContentsEntry, ContentsModel, HubStatus, KernelModel, KernelSpecs, SessionModel } from './rest-models.js';
