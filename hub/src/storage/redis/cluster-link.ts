/**
 * A Redis Cluster: node-redis sends each step to the node that has its keys, and follows keys and replicas that took over.
 * What is published at one node is heard at every other, so one of them is listened to.
 *
 * All stands when every master is connected and says that the cluster is well. As long as it doesn't, a watch looks again;
 * when node-redis does not find its way back, all is begun anew from the nodes that were named.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createCluster, ErrorReply, RESP_TYPES } from 'redis';
import type { Logger } from 'pino';
import type { ClusterAddress } from '../../redis-address.js';
import { endsWithin } from '../../within.js';
import {
  type MessageListener,
  PING_INTERVAL_MS,
  commandOptions,
  type RedisBytes,
  type RedisLink,
  type RedisLinkEvents,
  type RedisServer,
  type RedisSteps,
  reconnecting,
} from './redis-link.js';

const LOOK_EVERY_MS = 100;
/** A node that is stopped accepts connections and says nothing. */
const LOOK_LIMIT_MS = 2_000;
/** Longer than a node takes to come back or a connection to be made. */
const ANEW_AFTER_MS = 10_000;
/** Of a node that is gone: then the others are asked who has its keys. */
const ASK_OTHERS_AFTER_MS = 500;

/** Listened to always: node-redis closes the connection with the last channel, also under one that is just asked for. */
const ANCHOR = 'cokernel:listening';

function newCluster({ urls }: ClusterAddress) {
  const { username, password, protocol } = new URL(urls[0] ?? '');
  return createCluster({
    rootNodes: urls.map((url) => ({ url })),
    defaults: {
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      disableOfflineQueue: true,
      pingInterval: PING_INTERVAL_MS,
      socket: protocol === 'rediss:' ? { ...reconnecting, tls: true } : reconnecting,
    },
    commandOptions,
    topologyRefreshOnReconnectionAttemptStrategy: ASK_OTHERS_AFTER_MS,
  });
}
type Cluster = ReturnType<typeof newCluster>;

/** As node-redis has it. */
type AnyListener = (message: string | Buffer) => void;

export class ClusterLink implements RedisLink {
  readonly #listeners = new Map<string, Map<MessageListener, AnyListener>>();
  #cluster: Cluster;
  /** All channels of `#listeners` are heard. */
  #isListening = false;
  #isWatching = false;
  /** Counted, so that a look that something broke under isn't believed. */
  #breaks = 0;
  #closed = false;

  constructor(
    private readonly address: ClusterAddress,
    private readonly events: RedisLinkEvents,
    private readonly log: Logger,
  ) {
    this.#cluster = newCluster(address);
  }

  stepsOn(): RedisSteps {
    return this.#cluster;
  }

  bytesOf(): RedisBytes {
    return this.#cluster.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  }

  start(): void {
    this.#begin(this.#cluster);
    this.#watch();
  }

  servers(): Promise<readonly RedisServer[]> {
    const cluster = this.#cluster;
    if (!cluster.isReady) return Promise.reject(new Error('its nodes are not known yet'));
    return Promise.all(cluster.masters.map((node) => cluster.nodeClient(node)));
  }

  doubt(error: unknown): void {
    const isOfOneStep = error instanceof ErrorReply && !error.message.startsWith('CLUSTERDOWN');
    if (!isOfOneStep && !this.#isWatching) this.#broke(error);
  }

  async listen(channel: string, listener: MessageListener): Promise<void> {
    const heard: AnyListener = (message) => listener(message.toString());
    const listeners = this.#listeners.get(channel) ?? new Map<MessageListener, AnyListener>();
    this.#listeners.set(channel, listeners.set(listener, heard));
    try {
      await this.#cluster.subscribe(channel, heard);
    } catch (error) {
      this.#forget(channel, listener);
      throw error;
    }
  }

  async unlisten(channel: string, listener: MessageListener): Promise<void> {
    const heard = this.#forget(channel, listener);
    if (heard !== undefined) await this.#cluster.unsubscribe(channel, heard);
  }

  close(): void {
    this.#closed = true;
    this.#abandon(this.#cluster);
  }

  #forget(channel: string, listener: MessageListener): AnyListener | undefined {
    const listeners = this.#listeners.get(channel);
    const heard = listeners?.get(listener);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#listeners.delete(channel);
    return heard;
  }

  #begin(cluster: Cluster): void {
    const broke = (error: unknown): void => {
      if (this.#isCurrent(cluster)) this.#broke(error);
    };
    for (const event of ['error', 'node-error'] as const) cluster.on(event, broke);
    cluster.on('node-disconnect', () => broke(new Error('the nodes of the cluster have changed')));
    this.#connect(cluster).catch((error: unknown) => {
      if (this.#isCurrent(cluster)) this.log.error({ err: error }, 'gave up connecting to the Redis Cluster');
    });
  }

  /** Of node-redis, the first attempt alone is not made again. */
  async #connect(cluster: Cluster): Promise<void> {
    for (let attempts = 0; this.#isCurrent(cluster); attempts += 1) {
      try {
        if (!cluster.isOpen) await cluster.connect();
        return await this.#listenToAll(cluster);
      } catch (error) {
        this.log.debug({ err: error }, 'no way into the Redis Cluster yet');
      }
      await pause(reconnecting.reconnectStrategy(attempts));
    }
  }

  async #listenToAll(cluster: Cluster): Promise<void> {
    const channels = [...this.#listeners].flatMap(([channel, listeners]) =>
      [...listeners.values()].map((heard) => cluster.subscribe(channel, heard)),
    );
    await Promise.all([cluster.subscribe(ANCHOR, () => undefined), ...channels]);
    if (this.#isCurrent(cluster)) this.#isListening = true;
  }

  #broke(error: unknown): void {
    this.#breaks += 1;
    this.events.onBroken(error);
    this.#watch();
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#untilWell()
      .catch((error: unknown) => this.log.error({ err: error }, 'the Redis Cluster is watched no more'))
      .finally(() => {
        this.#isWatching = false;
      });
  }

  async #untilWell(): Promise<void> {
    let begun = performance.now();
    for (;;) {
      await pause(LOOK_EVERY_MS);
      if (this.#closed) return;
      const breaks = this.#breaks;
      if ((await this.#isWell()) && breaks === this.#breaks) break;
      if (performance.now() - begun < ANEW_AFTER_MS || this.#closed) continue;
      this.#beginAnew();
      begun = performance.now();
    }
    if (!this.#closed) this.events.onReady();
  }

  /** What any node says in vain is that it isn't. */
  async #isWell(): Promise<boolean> {
    const { isReady, pubSubNode, masters } = this.#cluster;
    const isHeard = this.#isListening && pubSubNode?.client.isReady === true && pubSubNode.connectPromise === undefined;
    if (!isReady || !isHeard || masters.length === 0) return false;
    const states = Promise.all(masters.map(async ({ client }) => (await client?.clusterInfo()) ?? ''));
    const isOk = states.then((texts) => texts.every((text) => text.includes('cluster_state:ok'))).catch(() => false);
    return (await endsWithin(isOk, LOOK_LIMIT_MS)) && isOk;
  }

  #beginAnew(): void {
    const former = this.#cluster;
    this.#cluster = newCluster(this.address);
    this.#isListening = false;
    this.#abandon(former);
    this.#begin(this.#cluster);
  }

  /** A look for nodes that was under way opens connections after the end: those are ended too. */
  #abandon(cluster: Cluster): void {
    const end = (): void => {
      try {
        cluster.destroy();
      } catch (error) {
        this.log.debug({ err: error }, 'a connection to a Redis Cluster was closed already');
      }
    };
    for (const event of ['node-error', 'node-ready'] as const) cluster.on(event, end);
    end();
  }

  #isCurrent(cluster: Cluster): boolean {
    return cluster === this.#cluster && !this.#closed;
  }
}
