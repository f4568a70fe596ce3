/** The WebSocket close codes that the hub uses, each with its one meaning (PROTOCOL.md §6). */
export const closeCodes = {
  /** The hub stops; come back in a moment. */
  goingAway: 1001,
  /** Another history or an unknown session: the reason is JSON `{reason, sessionId, reloadable: true}`. */
  reload: 1003,
  /** A fault in the hub, told in its log. Come back in a moment. */
  fault: 1011,
  /** The hub that leads changes, or this one has lost it; come back at once. */
  restart: 1012,
  /** A frame that is not of the protocol; the reason names it. */
  badFrame: 4400,
  /** No or a wrong token. */
  unauthorized: 4401,
  /** The role does not include what was asked. */
  forbidden: 4403,
  /** No such notebook or kernel, or a file that is not a notebook; the reason says which. */
  notFound: 4404,
  /** The client did not read what it was sent for too long. */
  tooSlow: 4408,
  /** The same session connected again; this is the older socket. */
  replaced: 4409,
} as const;
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];
