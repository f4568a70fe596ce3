/**
 * What every KernelHost must do, with a real Python kernel; run over each adapter. Where adapters differ, the subject
 * says what its host promises, and the suite tests that it is so, or that what is missing is told.
 */
import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { commOpen, completeRequest, inputReply, isChildMessage, parentId } from '@cokernel/proto/jupyter';
import type { AttachedKernel, HostedKernel, KernelHost } from '../../src/kernel/kernel-host.js';
import { KernelEvents, sendCode, sender } from '../support/kernel-events.js';

export interface KernelHostSubject {
  /** Two hubs at one host, which has a kernelspec `python3`. */
  readonly host: KernelHost;
  readonly otherHost: KernelHost;
  stop(): Promise<void>;
}

/** What a host promises beyond what each must. */
export interface KernelHostPromises {
  /** What was said before is said again to who attaches from there; else the gap is told. */
  readonly keepsJournal: boolean;
  /** It knows each execute_request of the kernel's life, and not only those of this process. */
  readonly knowsAllRequests: boolean;
  /** A kernel starts in the folder that was asked for. */
  readonly startsInFolder: boolean;
  /** It attaches to a kernel that runs, by its connection file (J14). */
  readonly adoptsExisting: boolean;
}

interface Started {
  readonly kernelId: KernelId;
  readonly kernel: AttachedKernel;
  readonly hosted: HostedKernel;
  readonly events: KernelEvents;
}

export function kernelHostContract(
  name: string,
  promises: KernelHostPromises,
  open: () => Promise<KernelHostSubject>,
): void {
  describe(`KernelHost: ${name}`, () => {
    let subject: KernelHostSubject;
    const started: Started[] = [];

    beforeAll(async () => {
      subject = await open();
    });
    afterEach(async () => {
      await Promise.all(started.splice(0).map(({ kernel }) => kernel.shutdown().catch(() => undefined)));
    });
    afterAll(() => subject.stop());

    const start = async (): Promise<Started> => {
      const kernelId = KernelId.parse(randomUUID());
      const events = new KernelEvents();
      await subject.host.start({ kernelId, specName: 'python3', cwd: tmpdir(), labels: { fileId: 'f1' }, fence: 1 });
      const attached = await subject.host.attach(kernelId, { fromSeq: 0, fence: 1 }, events.listener);
      const all = { kernelId, events, ...attached };
      started.push(all);
      await events.until('ready');
      return all;
    };

    const attachOther = async (kernelId: KernelId, fromSeq: number, fence: number) => {
      const events = new KernelEvents();
      const attached = await subject.otherHost.attach(kernelId, { fromSeq, fence }, events.listener);
      return { events, ...attached };
    };

    test('a kernel is listed with its labels, and ready after kernel_info', async () => {
      const { kernelId, events } = await start();
      const [listed] = (await subject.otherHost.kernels()).filter((kernel) => kernel.kernelId === kernelId);
      expect(listed).toMatchObject({ specName: 'python3', state: 'ready', labels: { fileId: 'f1' } });
      expect(listed?.kernelInfo?.language_info.name).toBe('python');
      expect(events.ofType('ready')[0]?.kernelInfo.implementation).toBe('ipython');
    });

    test('[J5] a run gives its reply and its output, each message with a seq that only grows', async () => {
      const { kernel, events } = await start();
      const id = await sendCode(kernel, 'print("hello"); 6 * 7');
      await events.untilDone(id);
      expect(events.textOf(id)).toBe('hello\n');
      expect(events.childrenOf(id, 'execute_result')[0]?.content['data']).toEqual({ 'text/plain': '42' });
      expect(events.seqs).toEqual([...new Set(events.seqs)].sort((a, b) => a - b));
      expect(events.messages.some((message) => isChildMessage({ header: { msg_id: id } }, message))).toBe(true);
    });

    test('[J4] input() asks on stdin and gets the one answer', async () => {
      const { kernel, events } = await start();
      const id = await sendCode(kernel, 'print("hi " + input("name? "))');
      const question = await events.untilChild(id, 'input_request');
      expect(question).toMatchObject({ channel: 'stdin', content: { prompt: 'name? ', password: false } });
      await kernel.send(inputReply(sender(), question.header, 'Ann'));
      await events.untilDone(id);
      expect(events.textOf(id)).toBe('hi Ann\n');
    });

    test('[J5] completion is answered on shell', async () => {
      const { kernel, events } = await start();
      const request = completeRequest(sender(), 'impor', 5);
      await kernel.send(request);
      const reply = await events.untilChild(request.header.msg_id, 'complete_reply');
      expect(reply.content['matches']).toContain('import');
    });

    test('[J11] an interrupt ends a sleeping run', async () => {
      const { kernel, events } = await start();
      const id = await sendCode(kernel, 'import time\nprint("asleep")\ntime.sleep(600)');
      await events.untilChild(id, 'stream');
      await kernel.interrupt();
      await events.untilDone(id);
      expect(events.childrenOf(id, 'execute_reply')[0]?.content).toMatchObject({ ename: 'KeyboardInterrupt' });
    });

    test('a restart is announced, empties the memory and takes requests again', async () => {
      const { kernel, events } = await start();
      await events.untilDone(await sendCode(kernel, 'x = 1'));
      await kernel.restart();
      const id = await sendCode(kernel, 'x');
      await events.untilDone(id);
      expect(events.childrenOf(id, 'error')[0]?.content['ename']).toBe('NameError');
      expect(events.ofType('restarting')).toHaveLength(1);
      expect(events.ofType('ready')).toHaveLength(2);
    });

    if (promises.keepsJournal) {
      test('attaching again from a seq gives exactly what came after it', async () => {
        const { kernelId, kernel, events } = await start();
        const before = await sendCode(kernel, 'print("before")');
        await events.untilDone(before);
        const fromSeq = events.seqs.at(-1) ?? 0;
        kernel.detach();
        const heard = events.all.length;
        const again = await attachOther(kernelId, fromSeq, 2);
        const after = await sendCode(again.kernel, 'print("after")');
        await again.events.untilDone(after);
        const replay = await attachOther(kernelId, fromSeq, 2);
        await replay.events.untilDone(after);
        expect(again.events.childrenOf(before)).toEqual([]);
        expect(replay.events.seqs).toEqual(again.events.seqs.slice(0, replay.events.seqs.length));
        expect(again.events.seqs[0]).toBe(fromSeq + 1);
        expect(events.all).toHaveLength(heard);
      });
    } else {
      test('what was said before one attached, or while nobody was, is told as a gap up to what comes next', async () => {
        const { kernelId, kernel, events } = await start();
        const before = await sendCode(kernel, 'print("before")');
        await events.untilDone(before);
        const late = await attachOther(kernelId, 0, 2);
        const lastSeq = late.hosted.lastSeq;
        expect(late.events.all).toEqual([{ type: 'gap', fromSeq: 0, toSeq: lastSeq + 1, reason: expect.any(String) }]);
        kernel.detach();
        late.kernel.detach();
        const again = await attachOther(kernelId, lastSeq, 2);
        const after = await sendCode(again.kernel, 'print("after")');
        await again.events.untilDone(after);
        expect(again.hosted.journalId).toBe(late.hosted.journalId);
        const [gap] = again.events.ofType('gap');
        expect(gap).toMatchObject({ fromSeq: lastSeq, toSeq: again.events.seqs[0] });
        expect(again.events.childrenOf(before)).toEqual([]);
      });
    }

    test('a hub with an older fence can no longer command, and is told the highest', async () => {
      const { kernelId, kernel, events } = await start();
      const newer = await attachOther(kernelId, 0, 7);
      const refusal = { code: 'staleFence', highestFence: 7 };
      await expect(sendCode(kernel, '1')).rejects.toMatchObject(refusal);
      await expect(kernel.interrupt()).rejects.toMatchObject(refusal);
      await expect(kernel.restart()).rejects.toMatchObject(refusal);
      await expect(kernel.shutdown()).rejects.toMatchObject(refusal);
      await expect(subject.host.attach(kernelId, { fromSeq: 0, fence: 6 }, () => undefined)).rejects.toMatchObject(
        refusal,
      );
      const id = await sendCode(newer.kernel, 'print(1)');
      await newer.events.untilDone(id);
      await events.untilDone(id);
      await newer.kernel.shutdown();
    });

    test('an execute_request is sent once by its msg_id, also when another hub asks', async () => {
      const { kernelId, kernel, events } = await start();
      const id = await sendCode(kernel, 'print("once")');
      await events.untilDone(id);
      await expect(sendCode(kernel, 'print("once")', { msgId: id })).rejects.toMatchObject({ code: 'alreadySent' });
      const other = await attachOther(kernelId, 0, 1);
      await expect(sendCode(other.kernel, '', { msgId: id })).rejects.toMatchObject({ code: 'alreadySent' });
      await kernel.restart();
      await expect(sendCode(kernel, '', { msgId: id })).rejects.toMatchObject({ code: 'alreadySent' });
      expect(other.hosted.knowsAllRequests).toBe(promises.knowsAllRequests);
    });

    test('that a request was sent is told before what belongs to it', async () => {
      const { kernel, events } = await start();
      const id = await sendCode(kernel, 'print("told")');
      await events.untilDone(id);
      const kinds = events.all.flatMap((event) => {
        if (event.type === 'sent' && event.msgId === id) return ['sent'];
        return event.type === 'message' && parentId(event.message) === id ? ['message'] : [];
      });
      expect(kinds[0]).toBe('sent');
      expect(kinds.filter((kind) => kind === 'sent')).toHaveLength(1);
    });

    test('[X21] an interrupt that names a run which is over does not hit the next one', async () => {
      const { kernel, events } = await start();
      const first = await sendCode(kernel, 'print("first")');
      await events.untilDone(first);
      const second = await sendCode(kernel, 'print("asleep"); import time; time.sleep(0.5); print("awake")');
      await events.untilChild(second, 'stream');
      await kernel.interrupt(first);
      await events.untilDone(second);
      expect(events.textOf(second)).toBe('asleep\nawake\n');
      const third = await sendCode(kernel, 'print("asleep"); import time; time.sleep(600)');
      await events.untilChild(third, 'stream');
      await kernel.interrupt(third);
      await events.untilDone(third);
      expect(events.childrenOf(third, 'error')[0]?.content['ename']).toBe('KeyboardInterrupt');
    });

    test('[J12] a kernel that dies is started anew, and who is attached is told both', async () => {
      const { kernel, events } = await start();
      await sendCode(kernel, 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)');
      await events.until('restarting');
      await events.until('ready', 2);
      const id = await sendCode(kernel, 'print("alive")');
      await events.untilDone(id);
      expect(events.textOf(id)).toBe('alive\n');
    });

    test('binary buffers pass both ways as they are', async () => {
      const { kernel, events } = await start();
      const target = [
        'def opened(comm, message):',
        '    comm.send({"length": len(message["buffers"][0])}, buffers=[bytes(message["buffers"][0])[::-1]])',
        'get_ipython().kernel.comm_manager.register_target("mirror", opened)',
      ].join('\n');
      await events.untilDone(await sendCode(kernel, target));
      const request = commOpen(sender(), 'mirror', { commId: 'c1', buffers: [Uint8Array.of(0, 255, 128)] });
      await kernel.send(request);
      const answer = await events.untilChild(request.header.msg_id, 'comm_msg');
      expect(answer.content['data']).toEqual({ length: 3 });
      expect(answer.buffers.map((buffer) => [...buffer])).toEqual([[128, 255, 0]]);
    });

    if (promises.startsInFolder) {
      test('a kernel starts in the folder that was asked for', async () => {
        const { kernel, events } = await start();
        const id = await sendCode(kernel, 'import os; print(os.getcwd())');
        await events.untilDone(id);
        expect(events.textOf(id)).toBe(`${await realpath(tmpdir())}\n`);
      });
    }

    if (!promises.adoptsExisting) {
      test('[J14] a host that can’t attach by a connection file says so', async () => {
        const options = { kernelId: KernelId.parse(randomUUID()), connectionFile: '/k.json', labels: {}, fence: 1 };
        await expect(subject.host.adoptExisting(options)).rejects.toMatchObject({
          code: 'badRequest',
          message: expect.stringMatching(/connection file/),
        });
      });
    }

    test('[J10] after a shutdown the kernel is gone, and who was attached is told', async () => {
      const { kernelId, kernel, events } = await start();
      await kernel.shutdown();
      await events.until('died');
      expect((await subject.host.kernels()).map((listed) => listed.kernelId)).not.toContain(kernelId);
      await expect(kernel.interrupt()).rejects.toMatchObject({ code: 'noSuchKernel' });
    });

    test('what can not be is refused by name', async () => {
      const { kernelId } = await start();
      const options = { kernelId, specName: 'python3', cwd: tmpdir(), labels: {}, fence: 1 };
      const unknown = KernelId.parse(randomUUID());
      await expect(subject.host.start(options)).rejects.toMatchObject({ code: 'kernelExists' });
      await expect(subject.host.start({ ...options, kernelId: unknown, specName: 'cobol' })).rejects.toMatchObject({
        code: 'noSuchKernelSpec',
      });
      await expect(subject.host.attach(unknown, { fromSeq: 0, fence: 1 }, () => undefined)).rejects.toMatchObject({
        code: 'noSuchKernel',
      });
    });
  });
}
