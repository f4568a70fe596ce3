/** The user name of who runs this, in a browser: a page can't know it, and stock clients say none either. */
export function loginName(): string {
  return '';
}
