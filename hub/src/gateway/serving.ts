/**
 * Serving: what a gateway does with those whom it let in: it serves them from this hub's own rooms and kernels, or leads
 * them to the hub that does.
 */
import type { NextFunction, Request, Response } from 'express';
import type { Role } from '@cokernel/proto/hub';
import type { DoorSocket } from './door-socket.js';
import type { MetricsText } from './probes.js';

/** A client with a WebSocket, authenticated. */
export interface Arrival {
  /** Path and query, as it was asked for. */
  readonly url: string;
  readonly role: Role;
  readonly socket: DoorSocket;
}

/** What is under `/api` of a request that passed authentication; its body is not read yet. */
export interface AskedRequest {
  readonly request: Request;
  readonly response: Response;
  readonly next: NextFunction;
  readonly role: Role;
}

export interface Serving {
  answer(asked: AskedRequest): void;
  /** Never rejects: a socket that leads nowhere is closed with a code (PROTOCOL.md §6). */
  enter(arrival: Arrival): Promise<void>;
  /** What the hub needs and is out of reach now, by name. */
  missing(): Promise<readonly string[]>;
  readonly metrics: MetricsText;
}
