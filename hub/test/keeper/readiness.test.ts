/** A kernel is ready when it has answered and was heard on IOPub: either alone proves too little. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { kernelInfoReply, kernelInfoRequest, statusMessage, type KernelMessage } from '@cokernel/proto/jupyter';
import { Readiness } from '../../src/keeper/readiness.js';
import { waitUntil } from '../support/wait-until.js';

const sender = { msgId: 'x', session: 'k', username: 'k', date: '' };
let readiness: Readiness;

afterEach(() => {
  readiness.stop();
});

function newReadiness() {
  const asked: KernelMessage[] = [];
  const reached: string[] = [];
  readiness = new Readiness({
    session: 's',
    askAgainMs: 5,
    send: (request) => {
      asked.push(request);
      return Promise.resolve();
    },
  });
  const done = readiness.reached.then(({ implementation }) => reached.push(implementation));
  readiness.start();
  const parent = () => asked.at(-1)?.header ?? kernelInfoRequest(sender).header;
  const options = { implementation: 'played', implementationVersion: '1', languageInfo: { name: 'none' } };
  return {
    asked,
    reached,
    done,
    reply: () => kernelInfoReply({ ...sender, parent: parent() }, options),
    status: () => statusMessage({ ...sender, parent: parent() }, 'busy'),
  };
}

describe('Readiness', () => {
  test('[J9] an answer without an IOPub message is asked for again until one came', async () => {
    const { asked, reached, done, reply, status } = newReadiness();
    readiness.observe(reply());
    await waitUntil('it asks again', () => asked.length === 2);
    readiness.observe(reply());
    await waitUntil('and again', () => asked.length === 3);
    expect(reached).toEqual([]);
    readiness.observe(status());
    await done;
    expect(reached).toEqual(['played']);
  });

  test('[J9] an IOPub message without an answer is not enough, nor an answer to somebody else', async () => {
    const { reached, done, reply, status } = newReadiness();
    const others = kernelInfoRequest({ ...sender, msgId: 'other' }).header;
    readiness.observe(status());
    readiness.observe({ ...reply(), parent_header: others });
    await Promise.resolve();
    expect(reached).toEqual([]);
    readiness.observe(reply());
    await done;
  });

  test('with a run sent behind its question, only an answer to a question behind that run counts', async () => {
    const { asked, reached, done, reply, status } = newReadiness();
    readiness.observe(status());
    const early = reply();
    readiness.overtaken();
    expect(asked).toHaveLength(2);
    readiness.observe(early);
    await Promise.resolve();
    expect(reached).toEqual([]);
    readiness.observe(reply());
    await done;
  });
});
