/** Whether the parts of a cluster are there for others. None of these rejects. */
import { connect } from 'node:net';

/**
 * @param {number} port
 * @param {string} password
 */
export function redisAnswers(port, password) {
  return answers(connect(port, '127.0.0.1'), `AUTH ${password}\r\nPING\r\n`, (said) => said.includes('+PONG'));
}

/** @param {string} url of a hub, or of the proxy before it */
export async function isReady(url) {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}

/**
 * @param {import('node:net').Socket} socket
 * @param {string} question
 * @param {(said: string) => boolean} isGood
 * @returns {Promise<boolean>}
 */
function answers(socket, question, isGood) {
  return new Promise((resolve) => {
    let said = '';
    const judge = (/** @type {boolean} */ good) => {
      socket.destroy();
      resolve(good);
    };
    socket.setEncoding('utf8');
    socket.once('error', () => judge(false)).once('close', () => resolve(false));
    socket.once('connect', () => socket.write(question));
    socket.on('data', (/** @type {string} */ text) => {
      said += text;
      if (isGood(said)) judge(true);
      else if (said.split('\r\n').length > 2) judge(false);
    });
  });
}
