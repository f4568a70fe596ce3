/** Pure: where a WebSocket wants to go, by the path of its address. */

const ROOM_PATH = /^\/api\/collaboration\/room\/([^/]+)$/;
const KERNEL_PATH = /^\/api\/kernels\/([^/]+)\/channels$/;

/** The kernel whose channels are asked for; null: none. */
export function kernelIdOf(url: string): string | null {
  return named(KERNEL_PATH, url);
}

/** The room that is asked for; null: none. */
export function roomNameOf(url: string): string | null {
  return named(ROOM_PATH, url);
}

function named(path: RegExp, url: string): string | null {
  const name = path.exec(url.split('?')[0] ?? '')?.[1];
  return name === undefined ? null : decoded(name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
