/**
 * Pure: takes what docker/ says of many hubs to plain processes of this machine. The files there name containers and their
 * folders; here they are addresses and folders of one run.
 */

/**
 * @typedef {object} Places
 * @property {string} redis as in REDIS_URL, without its scheme
 * @property {string} data
 */

/**
 * The variables of an environment file, with the places of this run.
 * @param {string} text
 * @param {Places} places
 * @returns {Record<string, string>}
 */
export function environmentOf(text, places) {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`an environment file holds lines NAME=value, not '${line}'`);
      return [line.slice(0, at), placed(line.slice(at + 1), places)];
    }),
  );
}

/**
 * @param {string} value
 * @param {Places} places
 */
function placed(value, { redis, data }) {
  if (value === '/data') return data;
  return value.replace('redis://redis:6379', `redis://${redis}`);
}

/**
 * The proxy's configuration for these hubs.
 * @param {string} text docker/nginx/cokernel.conf
 * @param {{ readonly listen: string, readonly hubs: readonly string[] }} places addresses with their ports
 */
export function proxyConfiguration(text, { listen, hubs }) {
  const server = /^ *server hub-\w+:\d+( .*)?;\n/gm;
  const [first, ...others] = [...text.matchAll(server)];
  if (first === undefined || !/^ *listen 8080;$/m.test(text)) throw new Error('the proxy’s configuration names no hub');
  const servers = hubs.map((hub) => first[0].replace(/hub-\w+:\d+/, hub)).join('');
  const withoutOthers = others.reduce((kept, [line]) => kept.replace(line, ''), text);
  return withoutOthers.replace(first[0], servers).replace('listen 8080;', `listen ${listen};`);
}

/**
 * What stands around it where no distribution brings its own: no daemon's places, and nobody else's folders.
 * @param {{ readonly folder: string, readonly user: string | null }} options user: whose the workers are, when root starts it
 */
export function proxyMain({ folder, user }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [
    ...(user === null ? [] : [`user ${user};`]),
    'worker_processes 1;',
    'worker_rlimit_nofile 16384;',
    `pid ${folder}/nginx.pid;`,
    'error_log stderr crit;',
    'events { worker_connections 8192; }',
    'http {',
    // So that one sees which hub answered, of requests and of WebSockets.
    '  add_header X-Cokernel-Hub $upstream_addr always;',
    ...temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`),
    `  include ${folder}/cokernel.conf;`,
    '}',
    '',
  ].join('\n');
}

/**
 * Redis with the settings of the containers', for this run alone: no stranger on this machine may write into the queue.
 * @param {string} text docker/redis.conf
 * @param {{ readonly port: number, readonly folder: string, readonly password: string }} options
 */
export function redisConfiguration(text, { port, folder, password }) {
  const own = [`port ${port}`, 'bind 127.0.0.1', `dir "${folder}"`, `requirepass ${password}`];
  // Its arguments stay to be seen: by them it is known again should it outlive its cluster.
  return [text.trimEnd(), ...own, 'set-proc-title no', ''].join('\n');
}
