/**
 * The REST API of a remote engine (Jupyter Server, Kernel Gateway, Enterprise Gateway), as far as kernels need it. What
 * goes wrong is a `KernelHostError` in words for a person; the token goes into a header and nowhere else.
 * API: https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html
 */
import { isRecord } from '@cokernel/proto/jupyter';
import { z } from 'zod';
import { KernelHostError, type KernelSpec } from './kernel-host.js';
import type { Log } from './log.js';

export interface GatewayRestOptions {
  /** With the engine's base path, if it has one, such as `https://hub.example.org/user/ann/`. */
  readonly url: string;
  /** Null: the engine asks for none. */
  readonly token: string | null;
  /** For an answer: longer than a busy engine takes (15,000). */
  readonly requestTimeoutMs: number;
  /** For a start, a restart or an end, which may wait for a cluster (90,000). */
  readonly launchTimeoutMs: number;
  readonly log: Log;
}

interface Question {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the base path. */
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs?: number;
}

interface Answer {
  readonly status: number;
  /** Undefined when the body is no JSON. */
  readonly json: unknown;
}

const SpecModel = z.object({
  name: z.string(),
  spec: z.object({
    argv: z.array(z.string()).catch([]),
    env: z.record(z.string(), z.string()).catch({}),
    display_name: z.string().optional(),
    language: z.string().catch(''),
    interrupt_mode: z.enum(['signal', 'message']).catch('signal'),
    metadata: z.record(z.string(), z.unknown()).catch({}),
  }),
});
const SpecList = z.object({ kernelspecs: z.record(z.string(), z.unknown()) });
const KernelModel = z.object({ id: z.string().min(1), execution_state: z.string().catch('') });

const MAX_REASON_LENGTH = 300;

export class GatewayRest {
  constructor(private readonly options: GatewayRestOptions) {}

  /** Where the engine is, for people; no secret stands in it. */
  get place(): string {
    return this.options.url;
  }

  /** For every request, the WebSocket's too. */
  get headers(): Readonly<Record<string, string>> {
    const { token } = this.options;
    return token === null ? {} : { authorization: `token ${token}` };
  }

  /** Of a path below the base path. */
  urlOf(path: string): URL {
    const { url } = this.options;
    return new URL(path, url.endsWith('/') ? url : `${url}/`);
  }

  /** Those that can't be read are skipped and logged. */
  async kernelSpecs(): Promise<readonly KernelSpec[]> {
    const answer = await this.#ask({ method: 'GET', path: 'api/kernelspecs' });
    const { kernelspecs } = this.#read(SpecList, answer);
    return Object.entries(kernelspecs).flatMap(([name, model]) => this.#spec(name, model) ?? []);
  }

  /** Null when the engine has no such kernel. */
  async kernel(remoteId: string): Promise<{ readonly isDead: boolean } | null> {
    const answer = await this.#send({ method: 'GET', path: kernelPath(remoteId) });
    if (saysNoSuchKernel(answer)) return null;
    this.#refuseFailure(answer);
    return { isDead: this.#read(KernelModel, answer).execution_state === 'dead' };
  }

  /** Answers the id that the engine gives the kernel. Rejects with `launchFailed`. */
  async start(specName: string): Promise<string> {
    const timeoutMs = this.options.launchTimeoutMs;
    const answer = await this.#send({ method: 'POST', path: 'api/kernels', body: { name: specName }, timeoutMs });
    if (answer.status >= 400 && !isRefusedToken(answer)) {
      throw new KernelHostError('launchFailed', `the remote engine did not start ${specName}: ${reasonOf(answer)}`);
    }
    this.#refuseFailure(answer);
    return this.#read(KernelModel, answer).id;
  }

  async interrupt(remoteId: string): Promise<void> {
    await this.#command(remoteId, { method: 'POST', path: `${kernelPath(remoteId)}/interrupt` });
  }

  async restart(remoteId: string): Promise<void> {
    const timeoutMs = this.options.launchTimeoutMs;
    await this.#command(remoteId, { method: 'POST', path: `${kernelPath(remoteId)}/restart`, timeoutMs });
  }

  /** A kernel that is gone already is what was asked for. */
  async shutdown(remoteId: string): Promise<void> {
    const timeoutMs = this.options.launchTimeoutMs;
    const answer = await this.#send({ method: 'DELETE', path: kernelPath(remoteId), timeoutMs });
    if (!saysNoSuchKernel(answer)) this.#refuseFailure(answer);
  }

  async #command(remoteId: string, question: Question): Promise<void> {
    const answer = await this.#send(question);
    if (saysNoSuchKernel(answer)) {
      throw new KernelHostError('noSuchKernel', `the remote engine has no kernel ${remoteId} any more`);
    }
    this.#refuseFailure(answer);
  }

  async #ask(question: Question): Promise<Answer> {
    const answer = await this.#send(question);
    this.#refuseFailure(answer);
    return answer;
  }

  async #send({ method, path, body, timeoutMs = this.options.requestTimeoutMs }: Question): Promise<Answer> {
    try {
      const response = await fetch(this.urlOf(path), {
        method,
        headers: { ...this.headers, accept: 'application/json', 'content-type': 'application/json' },
        // A page to log in at is no answer, and another host must not be sent the token.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, json: jsonOf(await response.text()) };
    } catch (error) {
      throw this.#unreachable(causeOf(error, timeoutMs));
    }
  }

  #refuseFailure(answer: Answer): void {
    if (isRefusedToken(answer)) {
      throw this.#unreachable(`it refused the token (${answer.status}); see COKERNEL_GATEWAY_TOKEN`);
    }
    if (answer.status < 200 || answer.status > 299) throw this.#unreachable(reasonOf(answer));
  }

  #read<T>(schema: z.ZodType<T>, answer: Answer): T {
    const parsed = schema.safeParse(answer.json);
    if (parsed.success) return parsed.data;
    throw this.#unreachable('it does not answer as a Jupyter server does; see COKERNEL_GATEWAY_URL');
  }

  #spec(name: string, model: unknown): KernelSpec | null {
    const parsed = SpecModel.safeParse(model);
    if (!parsed.success) {
      this.options.log('warn', 'a kernelspec of the remote engine was skipped', { name, reason: parsed.error.message });
      return null;
    }
    const { argv, env, display_name, language, interrupt_mode, metadata } = parsed.data.spec;
    const displayName = display_name ?? name;
    return { name, displayName, language, argv, env, interruptMode: interrupt_mode, metadata, resourceDir: '' };
  }

  #unreachable(reason: string): KernelHostError {
    return new KernelHostError('unreachable', `the remote engine at ${this.place} can't be used: ${reason}`);
  }
}

function kernelPath(remoteId: string): string {
  return `api/kernels/${encodeURIComponent(remoteId)}`;
}

/** A proxy whose engine is down may answer 404 too, but not in Jupyter's form. */
function saysNoSuchKernel({ status, json }: Answer): boolean {
  return status === 404 && isRecord(json) && 'message' in json;
}

function isRefusedToken({ status }: Answer): boolean {
  return status === 401 || status === 403;
}

function reasonOf({ status, json }: Answer): string {
  if (status >= 300 && status < 400) return `it leads elsewhere (${status}); see COKERNEL_GATEWAY_URL`;
  const said = isRecord(json) ? [json['message'], json['reason']] : [];
  const text = said.find((part) => typeof part === 'string' && part !== '');
  return typeof text === 'string' ? `${text.slice(0, MAX_REASON_LENGTH)} (${status})` : `it answered ${status}`;
}

function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** fetch hides what happened in the error's cause. */
function causeOf(error: unknown, timeoutMs: number): string {
  if (!isNamed(error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const { cause } = error;
  return isNamed(cause) && cause.message !== '' ? cause.message : error.message;
}

/** By shape: an error of another realm is no instance of this one's Error. */
function isNamed(error: unknown): error is { name: string; message: string; cause?: unknown } {
  return isRecord(error) && typeof error['name'] === 'string' && typeof error['message'] === 'string';
}
