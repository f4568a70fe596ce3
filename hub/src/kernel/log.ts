/** How parts of the hub and the keeper tell what an operator may want to know; the process's main decides where it goes. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;
